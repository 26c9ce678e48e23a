import { useTranslation } from "react-i18next";
import { isLanguage, type Language } from "./languages.ts";

/** The language the page is in now; the component renders again when it changes. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  const code = i18n.language.slice(0, 2);
  return isLanguage(code) ? code : "pl";
}
