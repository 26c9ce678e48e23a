import { describe, expect, it } from "vitest";
import { coordinatesFrom, outlinePlace } from "./outline.ts";

describe("coordinates", () => {
  it.each([
    ["51.0512, 20.9481", { lat: 51.0512, lon: 20.9481 }],
    ["51,0512 20,9481", { lat: 51.0512, lon: 20.9481 }],
    ["51,0512; 20,9481", { lat: 51.0512, lon: 20.9481 }],
    ["51 20", { lat: 51, lon: 20 }],
    ["Rynek 2", null],
    ["95 20", null],
    ["51.05", null],
  ])("%s", (text, place) => {
    expect(coordinatesFrom(text)).toEqual(place);
  });
});

describe("a place that was drawn", () => {
  it("is closed as the API has it", () => {
    const corners = [
      { lat: 51, lon: 21 },
      { lat: 51, lon: 22 },
      { lat: 52, lon: 21 },
    ];
    expect(outlinePlace(corners, "Działka")).toEqual({ area: { kind: "polygon", ring: [...corners, corners[0]] }, label: "Działka" });
  });
});
