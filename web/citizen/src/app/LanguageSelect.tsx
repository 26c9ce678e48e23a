import { useTranslation } from "react-i18next";
import { changeLanguage, isLanguage, LANGUAGE_NAMES, LANGUAGES, useLanguage } from "@hejnal/shared";

/** The browser's own select: each system opens it in the way its readers know. */
export function LanguageSelect() {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <label className="language-select">
      <span className="visually-hidden">{t("shell.language")}</span>
      <select
        value={language}
        onChange={({ target }) => {
          if (isLanguage(target.value)) void changeLanguage(target.value);
        }}
      >
        {LANGUAGES.map((code) => (
          <option key={code} value={code} lang={code}>
            {LANGUAGE_NAMES[code]}
          </option>
        ))}
      </select>
    </label>
  );
}
