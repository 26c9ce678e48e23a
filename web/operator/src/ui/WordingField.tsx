import { type Language, LANGUAGE_NAMES, LANGUAGES } from "@hejnal/shared";
import { useTranslation } from "react-i18next";

export type Wording = Readonly<Record<Language, string>>;

export const NO_WORDING: Wording = { pl: "", en: "", uk: "" };

interface WordingFieldProps {
  readonly label: string;
  readonly value: Wording;
  readonly isInvalid?: boolean;
  readonly help?: string;
  readonly maxLength?: number;
  readonly onChange: (value: Wording) => void;
}

/** Languages in which somebody's words are still missing. */
export function missingIn(wording: Wording): Language[] {
  return LANGUAGES.filter((language) => wording[language].trim() === "");
}

export function trimmedWording(wording: Wording): { pl: string; en: string; uk: string } {
  return { pl: wording.pl.trim(), en: wording.en.trim(), uk: wording.uk.trim() };
}

/** The same few words in each language, side by side. */
export function WordingField({ label, value, isInvalid = false, help, maxLength = 200, onChange }: WordingFieldProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <div className="wordings">
        {LANGUAGES.map((language) => (
          <label key={language} className="field">
            <span className="soft" lang={language}>
              {LANGUAGE_NAMES[language]}
            </span>
            <input
              className="input"
              lang={language}
              aria-label={`${label}: ${LANGUAGE_NAMES[language]}`}
              value={value[language]}
              maxLength={maxLength}
              aria-invalid={isInvalid && value[language].trim() === ""}
              onChange={(event) => onChange({ ...value, [language]: event.target.value })}
            />
          </label>
        ))}
      </div>
      {help === undefined ? null : <p className="field-help">{help}</p>}
      {isInvalid && missingIn(value).length > 0 ? <p className="field-error">{t("wording.missing", { languages: missingIn(value).map((language) => LANGUAGE_NAMES[language]).join(", ") })}</p> : null}
    </fieldset>
  );
}
