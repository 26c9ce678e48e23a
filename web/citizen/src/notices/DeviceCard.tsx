import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, Icon } from "@hejnal/shared";
import { useProblemSentence } from "../app/problem.ts";
import { useInstallOffer } from "../offline/install.ts";
import { IosGuide } from "./IosGuide.tsx";
import { type DeviceState, testPush, type TestOutcome } from "./push.ts";
import { PushError } from "./push-key.ts";

interface DeviceCardProps {
  readonly state: DeviceState | undefined;
  readonly onEnable: () => Promise<void>;
  readonly onDisable: () => Promise<void>;
}

const HELP = {
  unsupported: "unsupportedHelp",
  ios: "iosHelp",
  iosOld: "iosOldHelp",
  off: "offHelp",
  lost: "lostHelp",
  blocked: "blockedHelp",
  on: "onHelp",
} as const;

/** Notifications on this device: what is true now, one button that changes it, and a test that goes the whole way. */
export function DeviceCard({ state, onEnable, onDisable }: DeviceCardProps) {
  const { t } = useTranslation();
  const sentence = useProblemSentence();
  const install = useInstallOffer();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [test, setTest] = useState<TestOutcome | "waiting" | null>(null);

  const attempt = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setFailure("");
    setTest(null);
    try {
      await work();
    } catch (cause) {
      setTest(null);
      if (!(cause instanceof PushError)) setFailure(sentence(asProblem(cause)));
      else if (cause.reason === "failed") setFailure(t("notices.deviceState.failed"));
    } finally {
      setBusy(false);
    }
  };
  const tryOut = async () => {
    setTest("waiting");
    setTest(await testPush());
  };

  return (
    <section className={`card device-card device-${state ?? "checking"}`} aria-labelledby="device-heading">
      <h2 id="device-heading">{t("notices.device")}</h2>
      <p role="status" className="device-state">
        <Icon name={state === "on" ? "check" : state === "lost" ? "warning" : "bell"} />
        <strong>{t(`notices.deviceState.${state ?? "checking"}`)}</strong>
      </p>
      {state && state !== "town" ? <p>{t(`notices.deviceState.${HELP[state]}`)}</p> : null}
      {state === "ios" ? <IosGuide /> : null}
      <div className="actions">
        {state === "off" || state === "lost" ? (
          <button type="button" className="button-primary" aria-disabled={busy} onClick={() => void attempt(onEnable)}>
            {state === "lost" ? t("notices.turnOnAgain") : t("notices.turnOn")}
          </button>
        ) : null}
        {state === "on" ? (
          <button type="button" className="button" aria-disabled={busy} onClick={() => void attempt(tryOut)}>
            {t("notices.test")}
          </button>
        ) : null}
        {state === "on" || state === "lost" ? (
          <button type="button" className="button" aria-disabled={busy} onClick={() => void attempt(onDisable)}>
            {t("notices.turnOff")}
          </button>
        ) : null}
        {install && (state === "off" || state === "on") ? (
          <button type="button" className="link-button" onClick={install}>
            {t("notices.install")}
          </button>
        ) : null}
      </div>
      <p role="status" className={test === "arrived" ? "test-arrived" : "hint"}>
        {test ? t(`notices.testState.${test}`) : busy ? t("notices.deviceState.checking") : ""}
      </p>
      {failure ? (
        <p className="field-error" role="alert">
          {failure}
        </p>
      ) : null}
    </section>
  );
}
