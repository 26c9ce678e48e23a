import type { LatLon } from "@hejnal/shared";
import type { TFunction } from "i18next";

const METRES_PER_DEGREE = 111_320;

/** Metres between two places, flat-earth maths: right to a metre at town size. */
export function distanceM(one: LatLon, other: LatLon): number {
  const north = (one.lat - other.lat) * METRES_PER_DEGREE;
  const east = (one.lon - other.lon) * METRES_PER_DEGREE * Math.cos((one.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

/** "300 m", "1,5 km": as people say it. */
export function distanceWords(t: TFunction, metres: number): string {
  return metres < 1000
    ? t("distance.m", { value: Math.round(metres) })
    : t("distance.km", { value: Math.round(metres / 100) / 10 });
}
