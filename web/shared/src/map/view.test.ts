import { describe, expect, it } from "vitest";
import { circleRing, coneRing, insideBounds } from "./view.ts";

const place = { lat: 51.05, lon: 20.95 };

describe("coneRing", () => {
  it("starts and ends at the camera and reaches its range to the east", () => {
    const ring = coneRing(place, { azimuth_deg: 90, angle_deg: 60, range_m: 100 });
    expect(ring[0]).toEqual([20.95, 51.05]);
    expect(ring.at(-1)).toEqual([20.95, 51.05]);
    const [lon, lat] = ring[13]!;
    expect((lon - 20.95) * 111_320 * Math.cos((51.05 * Math.PI) / 180)).toBeCloseTo(100, 0);
    expect(lat).toBeCloseTo(51.05, 6);
  });

  it("is a circle for a camera that looks all around", () => {
    expect(coneRing(place, { azimuth_deg: 0, angle_deg: 360, range_m: 50 })).toEqual(circleRing(place, 50));
  });
});

describe("insideBounds", () => {
  it("takes the edge for inside", () => {
    expect(insideBounds(place, [20.95, 51, 21, 51.1])).toBe(true);
    expect(insideBounds(place, [20.96, 51, 21, 51.1])).toBe(false);
  });
});
