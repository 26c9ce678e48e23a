import type { TFunction } from "i18next";
import type { LatLon, Language } from "@hejnal/shared";
import type { AnnouncementSummary, Area } from "../api.ts";
import { distanceWords } from "../town/distance.ts";

type Texts = AnnouncementSummary["texts"];

/** The wording in the reader's language, else Polish (which every announcement has). */
export function wording(texts: Texts, language: Language): { text: Texts[string]; language: Language } {
  const own = texts[language];
  if (own) return { text: own, language };
  return { text: texts.pl ?? Object.values(texts)[0] ?? { title: "", body: "", instruction: "", sms: "" }, language: "pl" };
}

/** Where an announcement applies, in words. */
export function areaWords(t: TFunction, area: Area, mostStreets = 3): string {
  switch (area.kind) {
    case "town":
      return t("announcement.wholeTown");
    case "circle":
      return t("announcement.circle", { distance: distanceWords(t, area.radius_m) });
    case "polygon":
      return t("announcement.polygon");
    case "streets": {
      const shown = area.streets.slice(0, mostStreets).join(", ");
      const more = area.streets.length - mostStreets;
      const names = more > 0 ? t("announcement.streetsMore", { names: shown, more }) : shown;
      return t("announcement.streets", { count: area.streets.length, names });
    }
  }
}

/** A point inside the announcement's area, if it has one. */
export function centerOf({ center }: Pick<AnnouncementSummary, "center">): LatLon | undefined {
  const [lon, lat] = center ?? [];
  return lon === undefined || lat === undefined ? undefined : { lat, lon };
}
