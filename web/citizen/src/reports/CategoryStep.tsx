import { useState } from "react";
import { useTranslation } from "react-i18next";
import { categoryIcon, Icon, useLanguage } from "@hejnal/shared";
import type { Town } from "../api.ts";

interface CategoryStepProps {
  readonly categories: Town["report_categories"];
  readonly chosen: string;
  readonly onChoose: (code: string) => void;
  readonly onNext: () => void;
}

/** What it is about: radio buttons that look like tiles. */
export function CategoryStep({ categories, chosen, onChoose, onNext }: CategoryStepProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [missing, setMissing] = useState(false);
  const urgent = categories.find(({ code }) => code === chosen)?.urgent ?? false;

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen) onNext();
        else setMissing(true);
      }}
    >
      <fieldset className="tiles" aria-describedby={missing ? "category-missing" : undefined}>
        <legend className="visually-hidden">{t("report.category.title")}</legend>
        {categories.map(({ code, names, urgent: pressing }) => (
          <label key={code} className="tile">
            <input
              type="radio"
              name="category"
              value={code}
              checked={chosen === code}
              onChange={() => {
                setMissing(false);
                onChoose(code);
              }}
            />
            <Icon name={categoryIcon(code)} size="1.75rem" />
            <span>
              {names[language]}
              {pressing ? <small className="tile-urgent">{t("report.category.urgent")}</small> : null}
            </span>
          </label>
        ))}
      </fieldset>
      <p role="status" className="notice-urgent-slot">
        {urgent ? (
          <span className="notice-urgent">
            <Icon name="emergency" />
            {t("report.category.urgentHelp")}
          </span>
        ) : null}
      </p>
      {missing ? (
        <p id="category-missing" className="field-error" role="alert">
          {t("report.category.missing")}
        </p>
      ) : null}
      <div className="actions flow-actions">
        <button type="submit" className="button-primary">
          {t("report.next")}
        </button>
      </div>
    </form>
  );
}
