import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNowSeconds } from "../words/ticker.ts";
import { toLocalInput } from "../words/town-clock.ts";
import { type Draft, type Fault, quickEnds } from "./draft.ts";

interface ValidityFieldProps {
  readonly draft: Draft;
  readonly wrong: readonly Fault[];
  readonly onChange: (part: Partial<Draft>) => void;
}

/** From when until when; nothing is sent to anybody after the end. */
export function ValidityField({ draft, wrong, onChange }: ValidityFieldProps) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const [later, setLater] = useState(draft.from !== "");
  return (
    <fieldset className="fieldset">
      <legend>{t("editor.validity")}</legend>
      <div className="editor-row">
        <div className="field">
          <label className="check">
            <input
              type="checkbox"
              checked={!later}
              onChange={(event) => {
                setLater(!event.target.checked);
                onChange({ from: event.target.checked ? "" : toLocalInput(nowMs) });
              }}
            />
            {t("editor.fromNow")}
          </label>
          {later ? (
            <label className="field">
              <span>{t("editor.from")}</span>
              <input className="input" type="datetime-local" value={draft.from} aria-invalid={wrong.includes("from")} onChange={(event) => onChange({ from: event.target.value })} />
            </label>
          ) : null}
        </div>
        <label className="field">
          <span>{t("editor.until")}</span>
          <input
            className="input"
            type="datetime-local"
            value={draft.until}
            min={toLocalInput(nowMs)}
            aria-invalid={wrong.some((fault) => fault.startsWith("until"))}
            onChange={(event) => onChange({ until: event.target.value })}
          />
        </label>
        <div className="quick" role="group" aria-label={t("editor.quick")}>
          {quickEnds(nowMs).map(({ key, until }) => (
            <Button key={key} className="button" onPress={() => onChange({ until })}>
              {t(`editor.ends.${key}`)}
            </Button>
          ))}
        </div>
      </div>
    </fieldset>
  );
}
