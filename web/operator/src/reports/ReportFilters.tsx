import { useMemo } from "react";
import { Input, Label, SearchField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Check } from "../ui/Field.tsx";
import { type ReportFilter, STATE_ORDER } from "./report-filter.ts";
import { useTown } from "./use-town.ts";

interface ReportFiltersProps {
  readonly filter: ReportFilter;
  readonly onChange: (part: Partial<ReportFilter>) => void;
}

/** What of the queue is shown: by state, words, category, unit and urgency. */
export function ReportFilters({ filter, onChange }: ReportFiltersProps) {
  const { t } = useTranslation();
  const { town, reportCategory } = useTown();
  const categories = useMemo(() => town?.report_categories ?? [], [town]);
  const units = useMemo(() => [...new Set(categories.map((category) => category.unit).filter((unit) => unit !== ""))].sort((a, b) => a.localeCompare(b, "pl")), [categories]);
  return (
    <div className="report-filters" role="search" aria-label={t("reports.filter")}>
      <ToggleButtonGroup
        className="segmented"
        aria-label={t("reports.newStatus")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[filter.state]}
        onSelectionChange={(keys) => {
          const next = STATE_ORDER.find((each) => keys.has(each));
          if (next !== undefined) onChange({ state: next });
        }}
      >
        {STATE_ORDER.map((each) => (
          <ToggleButton key={each} id={each} className="segment">
            {t(`reports.filters.${each}`)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <SearchField className="field" value={filter.words} onChange={(words) => onChange({ words })}>
        <Label className="visually-hidden">{t("reports.search")}</Label>
        <Input className="input" placeholder={t("reports.search")} maxLength={120} />
      </SearchField>
      <div className="report-filters-row">
        <select className="input" aria-label={t("reports.category")} value={filter.category} onChange={(event) => onChange({ category: event.target.value })}>
          <option value="">{t("reports.anyCategory")}</option>
          {categories.map(({ code }) => (
            <option key={code} value={code}>
              {reportCategory(code)}
            </option>
          ))}
        </select>
        <select className="input" aria-label={t("reports.unit")} value={filter.unit} onChange={(event) => onChange({ unit: event.target.value })}>
          <option value="">{t("reports.anyUnit")}</option>
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </div>
      <Check checked={filter.urgent} label={t("reports.onlyUrgent")} onChange={(urgent) => onChange({ urgent })} />
    </div>
  );
}
