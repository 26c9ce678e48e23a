import { useMutation } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { testConnection } from "../api/discovery.ts";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import type { CredentialsDraft } from "./CameraFields.tsx";

/** Whether the registered address opens, with the account that is typed or the stored one. */
export function ConnectionCheck({ cameraId, credentials }: { readonly cameraId: string; readonly credentials: CredentialsDraft }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const typed = credentials.username.trim() === "" ? null : { username: credentials.username.trim(), password: credentials.password };
  const test = useMutation({ mutationFn: () => testConnection(cameraId, { stream: "main", credentials: typed }) });
  const result = test.data;
  return (
    <div className="form-actions" aria-live="polite">
      <Button className="button" isPending={test.isPending} onPress={() => test.mutate()}>
        {test.isPending ? t("registry.testing") : t("registry.test")}
      </Button>
      <span className="field-help">{t("registry.testHelp")}</span>
      {result === undefined ? null : result.ok ? (
        <p>
          {t("registry.testOk", { codec: result.codec, width: String(result.width), height: String(result.height), seconds: number.format(result.opened_s ?? 0) })}
          {result.audio ? ` ${t("registry.testAudio")}` : null}
        </p>
      ) : (
        <p className="attention">
          {t("registry.testFailed", { cause: causeWords(t, result.cause ?? null) })} {result.detail}
        </p>
      )}
      <ProblemLine error={test.error} act="keepCameras" />
    </div>
  );
}
