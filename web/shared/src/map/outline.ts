import type { Feature, FeatureCollection, GeoJsonProperties } from "geojson";
import { circleRing, type LatLon } from "./view.ts";

const CORNER_M = 8;

/** What is drawn of an outline: its corners, so that the first two can be seen, its line, and from three corners on its area. */
export function outlineAreas(corners: readonly LatLon[], properties: GeoJsonProperties): FeatureCollection {
  const line = corners.map(({ lat, lon }): [number, number] => [lon, lat]);
  const polygon = (ring: [number, number][]): Feature => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } });
  const features = corners.map((corner) => polygon(circleRing(corner, CORNER_M)));
  if (line.length > 1) features.push({ type: "Feature", properties, geometry: { type: "LineString", coordinates: line } });
  if (line.length > 2 && line[0] !== undefined) features.push(polygon([...line, line[0]]));
  return { type: "FeatureCollection", features };
}

/** Whether no two sides of the outline cross: only such an outline has an inside. */
export function isSimple(corners: readonly LatLon[]): boolean {
  const sides = corners.map((from, index): readonly [LatLon, LatLon] => [from, corners[(index + 1) % corners.length] ?? from]);
  return sides.every((side, one) => sides.every((other, two) => two <= one + 1 || (one === 0 && two === sides.length - 1) || !cross(side, other)));
}

function turn(a: LatLon, b: LatLon, c: LatLon): number {
  return Math.sign((b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon));
}

function cross([a, b]: readonly [LatLon, LatLon], [c, d]: readonly [LatLon, LatLon]): boolean {
  const within = (from: LatLon, to: LatLon, point: LatLon) =>
    turn(from, to, point) === 0 &&
    point.lon >= Math.min(from.lon, to.lon) &&
    point.lon <= Math.max(from.lon, to.lon) &&
    point.lat >= Math.min(from.lat, to.lat) &&
    point.lat <= Math.max(from.lat, to.lat);
  if (turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b)) return true;
  return within(a, b, c) || within(a, b, d) || within(c, d, a) || within(c, d, b);
}
