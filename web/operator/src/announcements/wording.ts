import type { Language } from "@hejnal/shared";
import type { Text } from "../api/town.ts";

/** The words in the reader's language, else in Polish, which is always there. */
export function wording(texts: Readonly<Record<string, Text>>, language: Language): Text {
  return texts[language] ?? texts.pl ?? { title: "", body: "", instruction: "", sms: "" };
}
