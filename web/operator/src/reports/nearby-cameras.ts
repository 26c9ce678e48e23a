import type { NumberedCamera } from "../cameras/use-cameras.ts";

interface Place {
  readonly lat: number;
  readonly lon: number;
}

const EARTH_M = 6_371_008.8;
const rad = (deg: number) => (deg * Math.PI) / 180;

/** Metres between two places (haversine; WGS 84 taken as a sphere, wrong by at most 0.5 %). */
export function distanceM(a: Place, b: Place): number {
  const dLat = rad(b.lat - a.lat);
  const dLon = rad(b.lon - a.lon);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

/** Direction from `a` to `b` in degrees, clockwise from north. */
export function bearingDeg(a: Place, b: Place): number {
  const dLon = rad(b.lon - a.lon);
  const y = Math.sin(dLon) * Math.cos(rad(b.lat));
  const x = Math.cos(rad(a.lat)) * Math.sin(rad(b.lat)) - Math.sin(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.cos(dLon);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

type Seeing = Pick<NumberedCamera, "place" | "view_cone">;

/** Whether a place lies in the camera's view cone; a camera without a known cone sees nothing for certain. */
export function sees(camera: Seeing, place: Place): boolean {
  const cone = camera.view_cone;
  if (cone === null || cone === undefined) return false;
  const distance = distanceM(camera.place, place);
  if (distance > cone.range_m) return false;
  if (distance < 1 || cone.angle_deg >= 360) return true;
  const off = Math.abs(((bearingDeg(camera.place, place) - cone.azimuth_deg + 540) % 360) - 180);
  return off <= cone.angle_deg / 2;
}

export interface NearbyCamera<Camera> {
  readonly camera: Camera;
  readonly distanceM: number;
  readonly sees: boolean;
}

/** Cameras that see the place, then those within `radiusM` of it, nearest first. */
export function nearbyCameras<Camera extends Seeing>(cameras: readonly Camera[], place: Place, radiusM = 400, most = 8): NearbyCamera<Camera>[] {
  return cameras
    .map((camera) => ({ camera, distanceM: distanceM(camera.place, place), sees: sees(camera, place) }))
    .filter((near) => near.sees || near.distanceM <= radiusM)
    .sort((a, b) => Number(b.sees) - Number(a.sees) || a.distanceM - b.distanceM)
    .slice(0, most);
}
