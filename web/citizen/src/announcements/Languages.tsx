import { useTranslation } from "react-i18next";
import { Icon, type Language, LANGUAGE_NAMES, LANGUAGES } from "@hejnal/shared";
import type { AnnouncementDetail } from "../api.ts";

interface LanguagesProps {
  /** The language of the words on the page. */
  readonly shown: Language;
  readonly reader: Language;
  readonly texts: AnnouncementDetail["texts"];
  readonly origins: AnnouncementDetail["origins"];
  readonly onChoose: (language: Language) => void;
}

/** In which languages the town has said it, and whether a machine has translated what is shown. */
export function Languages({ shown, reader, texts, origins, onChoose }: LanguagesProps) {
  const { t } = useTranslation();
  const present = LANGUAGES.filter((language) => texts[language]);
  const origin = origins[shown] ?? "written";
  return (
    <>
      {texts[reader] ? null : <p className="hint">{t("announcement.otherLanguage", { language: LANGUAGE_NAMES[shown] })}</p>}
      {origin === "written" ? null : (
        <p className="notice-box">
          <Icon name="info" /> {t(`announcement.origin.${origin}`)}
        </p>
      )}
      {present.length > 1 ? (
        <div className="segments" role="group" aria-label={t("announcement.languages")}>
          {present.map((language) => (
            <button key={language} type="button" lang={language} aria-pressed={language === shown} onClick={() => onChoose(language)}>
              {LANGUAGE_NAMES[language]}
            </button>
          ))}
        </div>
      ) : null}
    </>
  );
}
