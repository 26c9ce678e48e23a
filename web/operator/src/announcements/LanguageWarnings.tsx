import { Icon, LANGUAGE_NAMES } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Draft } from "./draft.ts";
import { languageWarnings } from "./language-warnings.ts";

/** What to look at in the other languages before they go out; it does not hold anything up. */
export function LanguageWarnings({ draft }: { readonly draft: Pick<Draft, "texts" | "channels"> }) {
  const { t } = useTranslation();
  const found = languageWarnings(draft.texts, draft.channels.includes("sms"));
  if (found.size === 0) return null;
  return (
    <ul className="language-warnings" aria-label={t("editor.languageWarnings")}>
      {[...found].flatMap(([language, warnings]) =>
        warnings.map((warning) => (
          <li key={`${language} ${warning}`} className="warning-line">
            <Icon name="warning" />
            <span>
              <span lang={language}>{LANGUAGE_NAMES[language]}</span>: {t(`editor.languageWarning.${warning}`)}
            </span>
          </li>
        )),
      )}
    </ul>
  );
}
