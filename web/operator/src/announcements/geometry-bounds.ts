import type { Bounds } from "@hejnal/shared/map";

/** West, south, east, north of a GeoJSON geometry; null for one without coordinates. */
export function boundsOf(geometry: unknown): Bounds | null {
  const box = [Infinity, Infinity, -Infinity, -Infinity] as [number, number, number, number];
  const visit = (value: unknown) => {
    if (!Array.isArray(value)) return;
    const [lon, lat] = value as unknown[];
    if (typeof lon === "number" && typeof lat === "number") {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    } else {
      value.forEach(visit);
    }
  };
  if (typeof geometry === "object" && geometry !== null && "coordinates" in geometry) visit(geometry.coordinates);
  return Number.isFinite(box[0]) ? box : null;
}
