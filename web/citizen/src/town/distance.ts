import type { TFunction } from "i18next";

/** "300 m", "1,5 km": as people say it. */
export function distanceWords(t: TFunction, metres: number): string {
  return metres < 1000
    ? t("distance.m", { value: Math.round(metres) })
    : t("distance.km", { value: Math.round(metres / 100) / 10 });
}
