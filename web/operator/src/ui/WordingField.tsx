import { type Language, LANGUAGE_NAMES, LANGUAGES } from "@hejnal/shared";
import type { AriaAttributes, ChangeEvent } from "react";
import { useTranslation } from "react-i18next";

export type Wording = Readonly<Record<Language, string>>;

export const NO_WORDING: Wording = { pl: "", en: "", uk: "" };

interface WordingFieldProps {
  readonly label: string;
  readonly value: Wording;
  readonly isInvalid?: boolean;
  readonly help?: string;
  readonly maxLength?: number;
  /** Longer words: a box of so many rows. */
  readonly rows?: number;
  /** Which languages must have words; all of them unless told. */
  readonly required?: readonly Language[];
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
export function WordingField({ label, value, isInvalid = false, help, maxLength = 200, rows, required = LANGUAGES, onChange }: WordingFieldProps) {
  const { t } = useTranslation();
  const missing = isInvalid ? missingIn(value).filter((language) => required.includes(language)) : [];
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <div className="wordings">
        {LANGUAGES.map((language) => (
          <label key={language} className="field">
            <span className="soft" lang={language}>
              {LANGUAGE_NAMES[language]}
            </span>
            <Words
              lang={language}
              aria-label={`${label}: ${LANGUAGE_NAMES[language]}`}
              value={value[language]}
              maxLength={maxLength}
              aria-invalid={missing.includes(language)}
              rows={rows}
              onChange={(event) => onChange({ ...value, [language]: event.target.value })}
            />
          </label>
        ))}
      </div>
      {help === undefined ? null : <p className="field-help">{help}</p>}
      {missing.length > 0 ? <p className="field-error">{t("wording.missing", { languages: missing.map((language) => LANGUAGE_NAMES[language]).join(", ") })}</p> : null}
    </fieldset>
  );
}

interface WordsProps extends AriaAttributes {
  readonly lang: Language;
  readonly value: string;
  readonly maxLength: number;
  readonly rows: number | undefined;
  readonly onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => void;
}

function Words({ rows, ...rest }: WordsProps) {
  return rows === undefined ? <input className="input" {...rest} /> : <textarea className="input" rows={rows} {...rest} />;
}
