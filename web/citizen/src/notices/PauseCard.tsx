import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, Icon, useDateWords } from "@hejnal/shared";
import { useProblemSentence } from "../app/problem.ts";

interface PauseCardProps {
  /** End of the pause that is on, as the API has it. */
  readonly until: string | null;
  /** @throws Problem */
  readonly onPause: (until: Date | null) => Promise<void>;
}

const CHOICES_DAYS = [1, 7, 14, 30] as const;
const DAY_MS = 24 * 3_600_000;

/** Nothing but emergencies for a while: a holiday, a rest. Takes effect at once. */
export function PauseCard({ until, onPause }: PauseCardProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const sentence = useProblemSentence();
  const [days, setDays] = useState<number>(CHOICES_DAYS[1]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const end = until ? new Date(until) : null;
  const paused = end !== null && end > new Date();

  const set = async (next: Date | null) => {
    if (busy) return;
    setBusy(true);
    setFailure("");
    try {
      await onPause(next);
    } catch (cause) {
      setFailure(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="card" aria-labelledby="pause-heading">
      <h2 id="pause-heading">{t("notices.pause")}</h2>
      <p role="status" className="device-state">
        <Icon name={paused ? "clock" : "bell"} />
        <strong>{paused ? t("notices.pausedUntil", { until: dates.until(end) }) : t("notices.pauseOff")}</strong>
      </p>
      <p className="hint">{t("notices.pauseHelp")}</p>
      <div className="actions pause-actions">
        {paused ? (
          <button type="button" className="button" aria-disabled={busy} onClick={() => void set(null)}>
            {t("notices.pauseEnd")}
          </button>
        ) : (
          <>
            <label className="select-field">
              <span>{t("notices.pauseHowLong")}</span>
              <select value={days} onChange={({ target }) => setDays(Number(target.value))}>
                {CHOICES_DAYS.map((choice) => (
                  <option key={choice} value={choice}>
                    {t("notices.pauseDays", { days: choice })}
                  </option>
                ))}
              </select>
            </label>
            <button type="button" className="button" aria-disabled={busy} onClick={() => void set(new Date(Date.now() + days * DAY_MS))}>
              {t("notices.pauseStart")}
            </button>
          </>
        )}
      </div>
      {failure ? (
        <p className="field-error" role="alert">
          {failure}
        </p>
      ) : null}
    </section>
  );
}
