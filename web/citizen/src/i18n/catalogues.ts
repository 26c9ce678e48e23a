import type { CatalogueLoader, Language } from "@hejnal/shared";

/** The app's messages; each language is its own file in the output. */
export const CATALOGUES: Record<Language, CatalogueLoader> = {
  pl: () => import("./pl.json"),
  en: () => import("./en.json"),
  uk: () => import("./uk.json"),
};
