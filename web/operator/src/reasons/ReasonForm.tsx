import { useId, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { LONGEST_REASON, reasonOf, SHORTEST_REASON } from "./reason-store.ts";
import "./reasons.css";

const READY = ["call", "event", "request", "check"] as const;

interface ReasonFormProps {
  /** What the person is about to look at. */
  readonly cameras: readonly string[];
  /** How many more cameras on the screen ask for a reason too. */
  readonly others: number;
  readonly onReason: (reason: string, others: boolean) => void;
}

/** Why somebody looks at a camera that asks: a ready reason, own words, or both. */
export function ReasonForm({ cameras, others, onReason }: ReasonFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const [ready, setReady] = useState<string | null>(null);
  const [words, setWords] = useState("");
  const [forOthers, setForOthers] = useState(true);
  const [checked, setChecked] = useState(false);
  const reason = reasonOf(ready, words);
  const wrong = checked && reason === null;
  return (
    <form
      className="reason-form"
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (reason !== null) onReason(reason, others > 0 && forOthers);
      }}
    >
      <p>{t("reason.why", { cameras: cameras.join(", ") })}</p>
      <fieldset className="reason-ready">
        <legend>{t("reason.ready")}</legend>
        {READY.map((each) => {
          const text = t(`reason.readies.${each}`);
          return (
            <label key={each} className="reason-choice">
              <input type="radio" name={`${id}-ready`} checked={ready === text} onChange={() => setReady(text)} />
              {text}
            </label>
          );
        })}
        <label className="reason-choice">
          <input type="radio" name={`${id}-ready`} checked={ready === null} onChange={() => setReady(null)} />
          {t("reason.other")}
        </label>
      </fieldset>
      <label className="field">
        <span>{ready === null ? t("reason.words") : t("reason.more")}</span>
        <input
          className="input"
          value={words}
          maxLength={LONGEST_REASON - 60}
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onChange={(event) => setWords(event.target.value)}
        />
      </label>
      {wrong ? (
        <p id={`${id}-wrong`} className="field-error" role="alert">
          {t("reason.short", { count: SHORTEST_REASON })}
        </p>
      ) : null}
      {others > 0 ? (
        <label className="reason-choice">
          <input type="checkbox" checked={forOthers} onChange={(event) => setForOthers(event.target.checked)} />
          {t("reason.others", { count: others })}
        </label>
      ) : null}
      <Button type="submit" className="button button-primary">
        {t("reason.watch")}
      </Button>
    </form>
  );
}
