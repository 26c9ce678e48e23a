/** A place on Earth, WGS 84 degrees. */
export interface LatLon {
  readonly lat: number;
  readonly lon: number;
}

/** West, south, east, north in degrees. */
export type Bounds = readonly [number, number, number, number];

/** The address of the town's vector tiles when the service does not name another. */
export const TOWN_TILES = "/map/town.pmtiles";

export function insideBounds(place: LatLon, [west, south, east, north]: Bounds): boolean {
  return place.lon >= west && place.lon <= east && place.lat >= south && place.lat <= north;
}

const METRES_PER_DEGREE = 111_320;

/** A ring of 48 points around a place, as GeoJSON coordinates; flat-earth maths, right to a metre at town size. */
export function circleRing(center: LatLon, radiusM: number): [number, number][] {
  const dLat = radiusM / METRES_PER_DEGREE;
  const dLon = dLat / Math.cos((center.lat * Math.PI) / 180);
  return Array.from({ length: 49 }, (_, step) => {
    const angle = (step % 48) * ((2 * Math.PI) / 48);
    return [center.lon + dLon * Math.sin(angle), center.lat + dLat * Math.cos(angle)];
  });
}

/** The ground a camera sees, as a closed GeoJSON ring: to scale, clockwise from north. */
export function coneRing(place: LatLon, cone: { azimuth_deg: number; angle_deg: number; range_m: number }): [number, number][] {
  if (cone.angle_deg >= 360) return circleRing(place, cone.range_m);
  const dLat = cone.range_m / METRES_PER_DEGREE;
  const dLon = dLat / Math.cos((place.lat * Math.PI) / 180);
  const arc = Array.from({ length: 25 }, (_, step): [number, number] => {
    const degrees = cone.azimuth_deg - cone.angle_deg / 2 + (cone.angle_deg * step) / 24;
    const angle = (degrees * Math.PI) / 180;
    return [place.lon + dLon * Math.sin(angle), place.lat + dLat * Math.cos(angle)];
  });
  return [[place.lon, place.lat], ...arc, [place.lon, place.lat]];
}
