import { describe, expect, it } from "vitest";
import { isSimple, outlineAreas } from "./outline.ts";

const at = (lat: number, lon: number) => ({ lat, lon });
const SQUARE = [at(0, 0), at(0, 1), at(1, 1), at(1, 0)];

describe("an outline", () => {
  it("shows its corners at once, its line from two on, its area from three on", () => {
    const kinds = (count: number) => outlineAreas(SQUARE.slice(0, count), {}).features.map(({ geometry }) => geometry.type);
    expect(kinds(1)).toEqual(["Polygon"]);
    expect(kinds(2)).toEqual(["Polygon", "Polygon", "LineString"]);
    expect(kinds(3)).toEqual(["Polygon", "Polygon", "Polygon", "LineString", "Polygon"]);
  });

  it("is simple while no two of its sides meet", () => {
    expect(isSimple(SQUARE)).toBe(true);
    expect(isSimple(SQUARE.slice(0, 3))).toBe(true);
    expect(isSimple([at(0, 0), at(1, 1), at(0, 1), at(1, 0)]), "a bow tie").toBe(false);
    expect(isSimple([at(0, 0), at(0, 2), at(1, 1), at(0, 1), at(1, 0)]), "a corner on another side").toBe(false);
  });
});
