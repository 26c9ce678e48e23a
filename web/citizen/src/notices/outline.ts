import type { LatLon } from "@hejnal/shared";
import type { Place } from "../api.ts";

/** The API takes 500 points, the first one twice; nobody draws that many by hand. */
export const MOST_CORNERS = 100;

/** "51,0512 20,9481", "51.0512, 20.9481": latitude and longitude in degrees; null for anything else. */
export function coordinatesFrom(text: string): LatLon | null {
  const match = /^\s*(-?\d{1,2}(?:[.,]\d+)?)\s*[;,\s]\s*(-?\d{1,3}(?:[.,]\d+)?)\s*$/.exec(text);
  if (match === null) return null;
  const [lat, lon] = match.slice(1).map((part) => Number(part.replace(",", ".")));
  return lat === undefined || lon === undefined || Math.abs(lat) > 90 || Math.abs(lon) > 180 ? null : { lat, lon };
}

/** A place of a wish out of its corners, closed as the API has it. */
export function outlinePlace(corners: readonly LatLon[], label: string): Place {
  const [first] = corners;
  return { area: { kind: "polygon", ring: first === undefined ? [] : [...corners, first] }, label };
}
