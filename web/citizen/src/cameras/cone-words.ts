import type { TFunction } from "i18next";
import { distanceWords } from "../town/distance.ts";

const SIDES = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;

interface Cone {
  readonly azimuth_deg: number;
  readonly angle_deg: number;
  readonly range_m: number;
}

/** What a camera sees, in words: for those who do not see the map. Azimuths run clockwise from north. */
export function coneWords(t: TFunction, cone: Cone): string {
  const distance = distanceWords(t, cone.range_m);
  if (cone.angle_deg >= 360) return t("cameras.seesAround", { distance });
  const side = SIDES[Math.round((((cone.azimuth_deg % 360) + 360) % 360) / 45) % 8] ?? "n";
  return t("cameras.sees", { side: t(`cameras.side.${side}`), distance, angle: Math.round(cone.angle_deg) });
}
