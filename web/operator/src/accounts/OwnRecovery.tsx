import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { renewRecoveryCodes } from "../api/own-account.ts";
import { RecoveryCodes } from "../session/RecoveryCodes.tsx";
import { SESSION_KEY } from "../session/session.tsx";
import { PasswordProof } from "./PasswordProof.tsx";

const FEW = 3;

/** Codes for the day the phone is lost: how many are left, and fresh ones. */
export function OwnRecovery({ left }: { readonly left: number }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const renew = useMutation({
    mutationFn: renewRecoveryCodes,
    onSuccess: () => {
      setAsking(false);
      void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
    },
  });
  return (
    <section className="fieldset" aria-labelledby="own-recovery">
      <h2 id="own-recovery">{t("own.recovery")}</h2>
      {renew.data === undefined ? (
        <>
          <p className={left <= FEW ? "attention" : "soft"}>{t("own.codesLeft", { count: left })}</p>
          {asking ? (
            <PasswordProof submit={t("own.codesNew")} pending={renew.isPending} error={renew.error} onPassword={(password) => renew.mutate(password)} onCancel={() => setAsking(false)}>
              <p>{t("own.codesReplace")}</p>
            </PasswordProof>
          ) : (
            <div className="form-actions">
              <Button className="button" onPress={() => setAsking(true)}>
                {t("own.codesNew")}
              </Button>
            </div>
          )}
        </>
      ) : (
        <>
          <RecoveryCodes codes={renew.data} level="h3" />
          <div className="form-actions">
            <Button className="button button-primary" onPress={() => renew.reset()}>
              {t("own.codesKept")}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
