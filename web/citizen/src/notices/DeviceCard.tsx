import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, Icon, useLanguage } from "@hejnal/shared";
import { useProblemSentence } from "../app/problem.ts";
import { type DeviceState, showTestNotification } from "./push.ts";
import { PushError } from "./push-key.ts";

interface DeviceCardProps {
  readonly state: DeviceState | undefined;
  readonly onEnable: () => Promise<void>;
  readonly onDisable: () => Promise<void>;
}

const HELP = { unsupported: "unsupportedHelp", ios: "iosHelp", off: "offHelp", blocked: "blockedHelp", on: "onHelp" } as const;

/** Notifications on this device: what is true now, one button that changes it, and a test. */
export function DeviceCard({ state, onEnable, onDisable }: DeviceCardProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const sentence = useProblemSentence();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [news, setNews] = useState("");

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setFailure("");
    setNews("");
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof PushError)) setFailure(sentence(asProblem(cause)));
      else if (cause.reason === "failed") setFailure(t("notices.deviceState.failed"));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className={`card device-card device-${state ?? "checking"}`} aria-labelledby="device-heading">
      <h2 id="device-heading">{t("notices.device")}</h2>
      <p role="status" className="device-state">
        <Icon name={state === "on" ? "check" : "bell"} />
        <strong>{t(`notices.deviceState.${state ?? "checking"}`)}</strong>
      </p>
      {state && state !== "town" ? <p>{t(`notices.deviceState.${HELP[state]}`)}</p> : null}
      <div className="actions">
        {state === "off" ? (
          <button type="button" className="button-primary" aria-disabled={busy} onClick={() => void attempt(onEnable)}>
            {t("notices.turnOn")}
          </button>
        ) : null}
        {state === "on" ? (
          <>
            <button
              type="button"
              className="button"
              aria-disabled={busy}
              onClick={() =>
                void attempt(async () => {
                  await showTestNotification(t("notices.testTitle"), t("notices.testBody"), language);
                  setNews(t("notices.testShown"));
                })
              }
            >
              {t("notices.test")}
            </button>
            <button type="button" className="button" aria-disabled={busy} onClick={() => void attempt(onDisable)}>
              {t("notices.turnOff")}
            </button>
          </>
        ) : null}
      </div>
      <p role="status" className="hint">
        {busy ? t("notices.deviceState.checking") : news}
      </p>
      {failure ? (
        <p className="field-error" role="alert">
          {failure}
        </p>
      ) : null}
    </section>
  );
}
