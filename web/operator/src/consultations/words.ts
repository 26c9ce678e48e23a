import type { Language } from "@hejnal/shared";
import type { TFunction } from "i18next";
import type { ConsultationOption } from "../api/consultations.ts";

/** The words in the reader's language, else the Polish ones, which every consultation has. */
export function inLanguage<Words>(texts: Readonly<Partial<Record<string, Words>>>, language: Language): Words | undefined {
  return texts[language] ?? texts.pl;
}

/** Where an option would be and what a camera would see from there, as the map shows it; empty for an option without a place. */
export function siteWords(t: TFunction, { place, view_cone: cone }: Pick<ConsultationOption, "place" | "view_cone">): string {
  if (place === null || place === undefined) return "";
  const at = t("consultations.at", { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5) });
  if (cone === null || cone === undefined) return at;
  return `${at} ${t("consultations.sees", { azimuth: Math.round(cone.azimuth_deg), angle: Math.round(cone.angle_deg), range: Math.round(cone.range_m) })}`;
}
