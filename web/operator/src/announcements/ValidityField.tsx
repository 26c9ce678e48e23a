import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { MomentField } from "../ui/MomentField.tsx";
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
            <MomentField label={t("editor.from")} value={draft.from} isInvalid={wrong.includes("from")} onChange={(from) => onChange({ from })} />
          ) : null}
        </div>
        <MomentField label={t("editor.until")} value={draft.until} isInvalid={wrong.some((fault) => fault.startsWith("until"))} onChange={(until) => onChange({ until })} />
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
