import { useTranslation } from "react-i18next";
import { categoryIcon, Icon, useLanguage } from "@hejnal/shared";
import { useTown } from "../town/use-town.ts";

interface CategoryFilterProps {
  readonly chosen: readonly string[];
  readonly onChange: (categories: string[]) => void;
}

/** Topics to look at; none chosen means all. Folded away, for most people want all. */
export function CategoryFilter({ chosen, onChange }: CategoryFilterProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data: town } = useTown();
  if (!town) return null;
  return (
    <details className="category-filter">
      <summary>
        {t("home.filters")}
        {chosen.length ? <span className="count">{t("home.filtersOn", { count: chosen.length })}</span> : null}
      </summary>
      <div className="chips">
        {town.announcement_categories.map(({ code, names }) => (
          <button
            key={code}
            type="button"
            className="chip"
            aria-pressed={chosen.includes(code)}
            onClick={() => onChange(chosen.includes(code) ? chosen.filter((other) => other !== code) : [...chosen, code])}
          >
            <Icon name={categoryIcon(code)} />
            {names[language]}
          </button>
        ))}
      </div>
      {chosen.length ? (
        <button type="button" className="link-button" onClick={() => onChange([])}>
          {t("home.filtersClear")}
        </button>
      ) : null}
    </details>
  );
}
