import { circleRing, coneRing } from "@hejnal/shared/map";
import type { Camera } from "../api/cameras.ts";

/** What cameras see, to scale, and where each stands; GeoJSON for the map. */
export function viewCones(cameras: readonly Pick<Camera, "place" | "view_cone">[]): GeoJSON.FeatureCollection {
  const features = cameras.flatMap(({ place, view_cone: cone }): GeoJSON.Feature[] => {
    const area = (ring: [number, number][]): GeoJSON.Feature => ({
      type: "Feature",
      properties: { severity: "info" },
      geometry: { type: "Polygon", coordinates: [ring] },
    });
    const mast = area(circleRing(place, 3));
    return cone === null || cone === undefined ? [mast] : [mast, area(coneRing(place, cone))];
  });
  return { type: "FeatureCollection", features };
}
