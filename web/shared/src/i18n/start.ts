import i18next, { type BackendModule, type i18n } from "i18next";
import ICU from "i18next-icu";
import { initReactI18next } from "react-i18next";
import { isLanguage, type Language, preferredLanguage } from "./languages.ts";
import type {} from "./resources.ts";

type Catalogue = Record<string, unknown>;
/** Loads one language's messages; a dynamic import, so that a reader fetches only their own. */
export type CatalogueLoader = () => Promise<{ default: Catalogue }>;

const SHARED: Record<Language, CatalogueLoader> = {
  pl: () => import("./pl.json"),
  en: () => import("./en.json"),
  uk: () => import("./uk.json"),
};

const STORED_CHOICE = "hejnal.language";

function storedLanguage(): Language | undefined {
  try {
    const stored = localStorage.getItem(STORED_CHOICE);
    return isLanguage(stored) ? stored : undefined;
  } catch {
    return undefined; // storage is blocked: the browser's own language is good enough
  }
}

/**
 * Starts translation with ICU messages. Namespace `app` (default) holds the front end's own messages, `shared`
 * those of this package. Resolves when the reader's language is there; `<html lang>` follows each change.
 */
export async function startI18n(app: Record<Language, CatalogueLoader>, fixed?: Language): Promise<i18n> {
  const backend: BackendModule = {
    type: "backend",
    init: () => undefined,
    read: (language, namespace, done) => {
      const loader = isLanguage(language) ? (namespace === "shared" ? SHARED : app)[language] : undefined;
      if (!loader) {
        done(new Error(`no catalogue for ${language}`), false);
        return;
      }
      loader().then(
        (module) => done(null, module.default),
        (cause: unknown) => done(cause instanceof Error ? cause : new Error(String(cause)), true),
      );
    },
  };
  const markDocument = (language: string) => {
    document.documentElement.lang = language;
  };
  i18next.off("languageChanged");
  i18next.on("languageChanged", markDocument);
  await i18next
    .use(backend)
    .use(ICU)
    .use(initReactI18next)
    .init({
      lng: fixed ?? storedLanguage() ?? preferredLanguage(navigator.languages),
      fallbackLng: "pl",
      supportedLngs: ["pl", "en", "uk"],
      load: "languageOnly",
      ns: ["app", "shared"],
      defaultNS: "app",
      // ICU messages carry their own plurals: an underscore in a key is only an underscore.
      pluralSeparator: "\u0000",
      contextSeparator: "\u0000",
      interpolation: { escapeValue: false },
      react: { useSuspense: false },
    });
  markDocument(i18next.language);
  return i18next;
}

/** Changes the language now and for the next visits on this device. */
export async function changeLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(STORED_CHOICE, language);
  } catch {
    // storage is blocked: the choice lasts for this visit
  }
  await i18next.changeLanguage(language);
}
