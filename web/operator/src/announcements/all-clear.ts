import type { Language } from "@hejnal/shared";
import type { AnnouncementDetail, Text } from "../api/town.ts";
import { DRAFT_LANGUAGES } from "./draft.ts";

/** Words of an all-clear in each language the announcement was made in; the editor says why and may change the rest. */
export type AllClear = Readonly<Partial<Record<Language, { readonly title: string; readonly body: string }>>>;

const TITLE_MOST = 120;
const OPENING: Readonly<Record<Language, string>> = { pl: "Odwołane: ", en: "Cancelled: ", uk: "Скасовано: " };

/** A start: the title people already know, marked as over, and an empty reason. */
export function startAllClear(announcement: Pick<AnnouncementDetail, "texts">): AllClear {
  const started: Partial<Record<Language, { title: string; body: string }>> = {};
  for (const language of DRAFT_LANGUAGES) {
    const text = announcement.texts[language];
    if (text !== undefined) started[language] = { title: `${OPENING[language]}${text.title}`.slice(0, TITLE_MOST), body: "" };
  }
  return started;
}

/** Languages whose words are not complete yet. Polish is always needed; others are left out when wholly empty. */
export function missingWords(words: AllClear): Language[] {
  return DRAFT_LANGUAGES.filter((language) => {
    const text = words[language];
    if (text === undefined) return language === "pl";
    if (language !== "pl" && text.body.trim() === "") return false;
    return text.title.trim() === "" || text.body.trim() === "";
  });
}

export function allClearTexts(words: AllClear): Record<string, Text> {
  const texts: Record<string, Text> = {};
  for (const language of DRAFT_LANGUAGES) {
    const text = words[language];
    if (text !== undefined && text.title.trim() !== "" && text.body.trim() !== "") {
      texts[language] = { title: text.title.trim(), body: text.body.trim(), instruction: "", sms: "" };
    }
  }
  return texts;
}
