import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { EscalationLevel } from "../api/rules.ts";
import { CheckChoice } from "../ui/Choice.tsx";
import { NumberField } from "../ui/Field.tsx";

/** Roles that have alerts on their console. */
const TOLD = ["operator", "dispatcher", "admin"] as const;
const FIRST: EscalationLevel = { after_s: 120, tell: ["dispatcher"] };

interface EscalationFieldProps {
  readonly levels: readonly EscalationLevel[];
  readonly isInvalid: boolean;
  readonly onChange: (levels: readonly EscalationLevel[]) => void;
}

/** Who is told, level by level, when nobody takes an alert in time. */
export function EscalationField({ levels, isInvalid, onChange }: EscalationFieldProps) {
  const { t } = useTranslation();
  return (
    <fieldset className={isInvalid ? "fieldset choice-invalid" : "fieldset"}>
      <legend>{t("rules.escalation")}</legend>
      <p className="field-help">{t("rules.escalationHelp")}</p>
      {levels.map((level, index) => (
        <div key={index} className="field-row">
          <NumberField label={t("rules.afterSeconds", { level: index + 1 })} value={level.after_s} min={5} max={86_400} onChange={(after_s) => onChange(levels.with(index, { ...level, after_s }))} />
          <CheckChoice legend={t("rules.tell")} options={TOLD.map((value) => ({ value, label: t(`role.${value}`) }))} values={TOLD.filter((role) => level.tell.includes(role))} onChange={(tell) => onChange(levels.with(index, { ...level, tell: [...tell] }))} />
          <Button className="button" onPress={() => onChange(levels.toSpliced(index, 1))}>
            {t("cameras.remove")}
          </Button>
        </div>
      ))}
      <div className="form-actions">
        <Button className="button" isDisabled={levels.length >= 5} onPress={() => onChange([...levels, FIRST])}>
          {t("rules.addLevel")}
        </Button>
      </div>
    </fieldset>
  );
}
