import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import { useLocation } from "wouter";
import { dequeue, saveDraft, waitingReports, type WaitingReport } from "./draft-store.ts";
import { sendWaiting } from "./outbox.ts";

/** Reports that wait on this device; tries to send them when the page opens and when the connection comes back. */
export function OutboxNotice() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [waiting, setWaiting] = useState<readonly WaitingReport[]>([]);

  const refresh = useCallback(async () => setWaiting(await waitingReports()), []);
  const send = useCallback(async () => {
    await sendWaiting();
    await refresh();
  }, [refresh]);

  useEffect(() => {
    const again = () => void send();
    again();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [send]);

  const mend = async ({ draft }: WaitingReport) => {
    await saveDraft({ ...draft, key: crypto.randomUUID() });
    await dequeue(draft.key);
    navigate("/zglos/opis");
  };

  if (!waiting.length) return null;
  const patient = waiting.filter(({ refused }) => !refused).length;
  return (
    <div className="notice-box" role="status">
      {patient ? (
        <p>
          <Icon name="clock" /> {t("report.queued.waiting", { count: patient })}{" "}
          <button type="button" className="link-button" onClick={() => void send()}>
            {t("report.queued.sendNow")}
          </button>
        </p>
      ) : null}
      {waiting
        .filter(({ refused }) => refused)
        .map((report) => (
          <p key={report.draft.key}>
            <Icon name="warning" /> {t("report.queued.failed")}: {report.draft.text.slice(0, 80)}{" "}
            <button type="button" className="link-button" onClick={() => void mend(report)}>
              {t("report.queued.edit")}
            </button>{" "}
            <button type="button" className="link-button" onClick={() => void dequeue(report.draft.key).then(refresh)}>
              {t("report.queued.delete")}
            </button>
          </p>
        ))}
    </div>
  );
}
