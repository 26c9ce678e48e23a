import { bearingDeg, distanceM } from "../reports/nearby-cameras.ts";
import { type Cone, MOST_RANGE_M } from "./camera-form.ts";

interface Place {
  readonly lat: number;
  readonly lon: number;
}

const METRES_PER_DEGREE = 111_320;

/** The place `distance` metres from `from` in direction `bearing`; flat-earth maths, right to a metre at town size. */
export function placeAt(from: Place, bearing: number, distance: number): Place {
  const angle = (bearing * Math.PI) / 180;
  const dLat = (distance * Math.cos(angle)) / METRES_PER_DEGREE;
  const dLon = (distance * Math.sin(angle)) / (METRES_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180));
  return { lat: from.lat + dLat, lon: from.lon + dLon };
}

export const turned = (degrees: number): number => ((Math.round(degrees) % 360) + 360) % 360;
const bounded = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** Where the two handles of a cone stand: at the end of its axis, and on its right edge. */
export function handlesOf(place: Place, cone: Cone): { readonly aim: Place; readonly edge: Place } {
  return { aim: placeAt(place, cone.azimuthDeg, cone.rangeM), edge: placeAt(place, cone.azimuthDeg + Math.min(cone.angleDeg, 359) / 2, cone.rangeM * 0.75) };
}

/** The cone after its aim was dragged to `to`: direction and range follow. */
export function aimed(place: Place, cone: Cone, to: Place): Cone {
  return { ...cone, azimuthDeg: turned(bearingDeg(place, to)), rangeM: Math.round(bounded(distanceM(place, to), 5, MOST_RANGE_M)) };
}

/** The cone after its edge was dragged to `to`: twice the angle off the axis. */
export function widened(place: Place, cone: Cone, to: Place): Cone {
  const off = (bearingDeg(place, to) - cone.azimuthDeg + 360) % 360;
  return { ...cone, angleDeg: bounded(Math.round(off * 2), 5, 360) };
}

/** What an arrow key does to the aim: left and right turn it, up and down move it; null for other keys. */
export function aimKey(cone: Cone, key: string, big: boolean): Cone | null {
  const degrees = big ? 15 : 1;
  const metres = big ? 25 : 5;
  if (key === "ArrowLeft") return { ...cone, azimuthDeg: turned(cone.azimuthDeg - degrees) };
  if (key === "ArrowRight") return { ...cone, azimuthDeg: turned(cone.azimuthDeg + degrees) };
  if (key === "ArrowUp") return { ...cone, rangeM: bounded(cone.rangeM + metres, 5, MOST_RANGE_M) };
  if (key === "ArrowDown") return { ...cone, rangeM: bounded(cone.rangeM - metres, 5, MOST_RANGE_M) };
  return null;
}

export function edgeKey(cone: Cone, key: string, big: boolean): Cone | null {
  const degrees = big ? 15 : 1;
  if (key === "ArrowLeft" || key === "ArrowDown") return { ...cone, angleDeg: bounded(cone.angleDeg - degrees, 5, 360) };
  if (key === "ArrowRight" || key === "ArrowUp") return { ...cone, angleDeg: bounded(cone.angleDeg + degrees, 5, 360) };
  return null;
}
