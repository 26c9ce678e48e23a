import type { Language } from "@hejnal/shared";
import type { Text } from "../api/town.ts";
import { DRAFT_LANGUAGES } from "./draft.ts";

export type LanguageWarning =
  /** Nothing is written: whoever reads this language gets the Polish words. */
  | "missing"
  /** The very words of the Polish text. */
  | "copied"
  /** A number of the Polish text (an hour, a date, a house) is not in this one, or the other way round. */
  | "numbers"
  /** Told what to do in Polish only. */
  | "instruction"
  /** Polish has an SMS of its own wording, this language gets title and text. */
  | "sms";

/**
 * What somebody who does not read a language can still notice in it. None of these keeps an announcement from going
 * out: an hour's delay for a translation can be worse than the Polish words.
 */
export function languageWarnings(texts: Readonly<Record<Language, Text>>, withSms: boolean): ReadonlyMap<Language, readonly LanguageWarning[]> {
  const { pl } = texts;
  const found = new Map<Language, readonly LanguageWarning[]>();
  for (const language of DRAFT_LANGUAGES) {
    if (language === "pl" || isEmpty(pl)) continue;
    const warnings = isEmpty(texts[language]) ? (["missing"] as const) : compare(pl, texts[language], withSms);
    if (warnings.length > 0) found.set(language, warnings);
  }
  return found;
}

function compare(polish: Text, other: Text, withSms: boolean): LanguageWarning[] {
  const warnings: LanguageWarning[] = [];
  const copied = (["title", "body", "instruction"] as const).some((part) => same(polish[part], other[part]));
  if (copied) warnings.push("copied");
  if (!copied && numbers(polish) !== numbers(other)) warnings.push("numbers");
  if (polish.instruction.trim() !== "" && other.instruction.trim() === "") warnings.push("instruction");
  if (withSms && polish.sms.trim() !== "" && other.sms.trim() === "") warnings.push("sms");
  return warnings;
}

function isEmpty(text: Text): boolean {
  return text.title.trim() === "" && text.body.trim() === "";
}

/** A proper name alone may stay as it is; a sentence may not. */
function same(polish: string, other: string): boolean {
  const text = polish.trim();
  return text !== "" && /\s/.test(text) && text === other.trim();
}

/** The numbers in title and body, in order of size: `16:00`, `16.00` and `4 pm` are told apart on purpose. */
function numbers(text: Text): string {
  const found = `${text.title} ${text.body}`.match(/\d+/g) ?? [];
  return found.map((number) => number.replace(/^0+(?=\d)/, "")).sort().join(" ");
}
