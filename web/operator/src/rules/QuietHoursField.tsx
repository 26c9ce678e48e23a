import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { QuietHours } from "../api/rules.ts";
import { CheckChoice } from "../ui/Choice.tsx";
import { HourField } from "../ui/DayField.tsx";

const DAYS = ["1", "2", "3", "4", "5", "6", "7"] as const;
const NIGHT: QuietHours = { days: [1, 2, 3, 4, 5, 6, 7], starts: "22:00:00", ends: "06:00:00" };

interface QuietHoursFieldProps {
  readonly hours: readonly QuietHours[];
  readonly isInvalid: boolean;
  readonly onChange: (hours: readonly QuietHours[]) => void;
}

/** Times of the week in which a rule waits; emergencies come through. */
export function QuietHoursField({ hours, isInvalid, onChange }: QuietHoursFieldProps) {
  const { t, i18n } = useTranslation();
  const weekday = new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" });
  // 5 January 2026 is a Monday.
  const dayName = (day: string) => weekday.format(new Date(Date.UTC(2026, 0, 4 + Number(day))));
  return (
    <fieldset className={isInvalid ? "fieldset choice-invalid" : "fieldset"}>
      <legend>{t("rules.quiet")}</legend>
      <p className="field-help">{t("rules.quietHelp")}</p>
      {hours.map((each, index) => (
        <div key={index} className="form">
          <CheckChoice legend={t("rules.days")} options={DAYS.map((value) => ({ value, label: dayName(value) }))} values={DAYS.filter((day) => each.days.includes(Number(day)))} onChange={(days) => onChange(hours.with(index, { ...each, days: days.map(Number) }))} />
          <div className="field-row">
            <HourField label={t("rules.starts")} value={each.starts} onChange={(starts) => onChange(hours.with(index, { ...each, starts }))} />
            <HourField label={t("rules.ends")} value={each.ends} onChange={(ends) => onChange(hours.with(index, { ...each, ends }))} />
            <Button className="button" onPress={() => onChange(hours.toSpliced(index, 1))}>
              {t("cameras.remove")}
            </Button>
          </div>
        </div>
      ))}
      <div className="form-actions">
        <Button className="button" isDisabled={hours.length >= 14} onPress={() => onChange([...hours, NIGHT])}>
          {t("rules.addQuiet")}
        </Button>
      </div>
    </fieldset>
  );
}
