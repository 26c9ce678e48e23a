import { LANGUAGE_NAMES, SEVERITIES, SeverityBadge, useLanguage } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Town } from "../api/town.ts";
import { RadioChoice } from "../ui/Choice.tsx";
import { blanksOf, type Draft, type Fault, withSeverity } from "./draft.ts";

interface SubjectFieldsProps {
  readonly draft: Draft;
  readonly wrong: readonly Fault[];
  readonly town: Town;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** What it is about and how grave it is. */
export function SubjectFields({ draft, wrong, town, onChange }: SubjectFieldsProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const choose = (code: string) => {
    const usual = town.announcement_categories.find((category) => category.code === code)?.default_severity ?? null;
    // A category proposes how grave it usually is, as long as nobody has said anything about that.
    const untouched = draft.category === "" && draft.severity === "notice";
    onChange({ ...(usual !== null && untouched ? withSeverity(draft, usual) : {}), category: code });
  };
  return (
    <>
      <div className="editor-row">
        <label className="field">
          <span>{t("editor.category")}</span>
          <select className="input" value={draft.category} aria-invalid={wrong.includes("category")} onChange={(event) => choose(event.target.value)}>
            <option value="">{t("editor.chooseCategory")}</option>
            {town.announcement_categories.map((category) => (
              <option key={category.code} value={category.code}>
                {category.names[language]}
              </option>
            ))}
          </select>
        </label>
        <RadioChoice
          legend={t("editor.severity")}
          options={SEVERITIES.map((severity) => ({ value: severity, label: <SeverityBadge severity={severity} /> }))}
          value={draft.severity}
          onChange={(severity) => onChange(withSeverity(draft, severity))}
        />
      </div>
      <p className="field-help">{t(`editor.severityHelp.${draft.severity}`)}</p>
    </>
  );
}

/** What keeps it from going out, as a list that takes the focus. */
export function FaultList({ draft, wrong, summary }: { readonly draft: Draft; readonly wrong: readonly Fault[]; readonly summary: React.RefObject<HTMLDivElement | null> }) {
  const { t } = useTranslation();
  const where = blanksOf(draft)
    .map(({ language, part, words }) => `${words} (${LANGUAGE_NAMES[language]}: ${t(`editor.blankIn.${part}`)})`)
    .join(", ");
  if (wrong.length === 0) return null;
  return (
    <div className="faults" role="alert" tabIndex={-1} ref={summary}>
      <p>{t("editor.toFix", { count: wrong.length })}</p>
      <ul>
        {wrong.map((fault) => (
          <li key={fault}>
            {t(`editor.fault.${fault}`)}
            {fault === "braces" && where !== "" ? <span className="cell-line">{where}</span> : null}
          </li>
        ))}
      </ul>
    </div>
  );
}
