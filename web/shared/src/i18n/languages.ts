/** Languages of the product, the resident's default first. */
export const LANGUAGES = ["pl", "en", "uk"] as const;
export type Language = (typeof LANGUAGES)[number];

/** How each language calls itself; never translated. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  pl: "Polski",
  en: "English",
  uk: "Українська",
};

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && (LANGUAGES as readonly string[]).includes(value);
}

/** The first of the reader's wishes (browser order) that we speak, else Polish. */
export function preferredLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const code = wish.slice(0, 2).toLowerCase();
    if (isLanguage(code)) return code;
  }
  return "pl";
}
