import { describe, expect, it } from "vitest";
import { clusterPoints } from "./clusters.ts";

describe("clusterPoints", () => {
  it("joins near points and keeps far ones apart", () => {
    const clusters = clusterPoints(
      [
        { item: "a", x: 0, y: 0 },
        { item: "b", x: 10, y: 0 },
        { item: "c", x: 200, y: 0 },
      ],
      44,
    );
    expect(clusters).toEqual([
      { items: ["a", "b"], x: 5, y: 0 },
      { items: ["c"], x: 200, y: 0 },
    ]);
  });

  it("has nothing to join in an empty view", () => {
    expect(clusterPoints([], 44)).toEqual([]);
  });
});
