import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "../i18n/language.ts";
import { DateWords } from "./date-words.ts";

/** Date wording in the reader's language. */
export function useDateWords(): DateWords {
  const { t } = useTranslation("shared");
  const language = useLanguage();
  return useMemo(() => new DateWords(t, language), [t, language]);
}
