import { describe, expect, it } from "vitest";
import { costOf, DecodeBudget, type TileCost, tileCost, type TileMeasure } from "./decode-budget.ts";

const FIGURES = { width: 640, height: 360, fps: 25, gop_s: 1 };
const wall = (count: number): TileCost[] => Array.from({ length: count }, (_, index) => tileCost(`cam-${index + 1}`, FIGURES, index === 0));
const measured = (tiles: readonly TileCost[], share: number): TileMeasure[] => tiles.map(({ id }) => ({ id, received: 50, drawn: 50 * share }));

/** A machine that draws so many pixels a second and no more, watched for a while. */
function watch(budget: DecodeBudget, tiles: readonly TileCost[], capacity: number, seconds: number, fromS = 0): number[] {
  const thinned: number[] = [];
  for (let second = fromS; second < fromS + seconds; second += 2) {
    const asked = costOf(tiles, budget.thinned(tiles));
    budget.take(measured(tiles, Math.min(1, (capacity / asked) ** 2)), asked, second * 1_000);
    thinned.push(budget.thinned(tiles).size);
  }
  return thinned;
}

describe("DecodeBudget", () => {
  it("leaves a wall alone that is drawn", () => {
    expect(watch(new DecodeBudget(), wall(40), Number.POSITIVE_INFINITY, 600).every((count) => count === 0)).toBe(true);
  });

  it("finds what the machine can, keeps what somebody works with, and stays there", () => {
    const tiles = wall(40);
    const capacity = costOf(tiles, new Set()) * 0.4;
    const budget = new DecodeBudget();
    const thinned = watch(budget, tiles, capacity, 240);
    const settled = thinned.slice(-20);
    expect(new Set(settled).size, "no to and fro").toBe(1);
    expect(costOf(tiles, budget.thinned(tiles))).toBeLessThanOrEqual(capacity * 1.3);
    expect(costOf(tiles, budget.thinned(tiles))).toBeGreaterThan(capacity * 0.5);
    expect(budget.thinned(tiles).has("cam-1")).toBe(false);
    expect([...budget.thinned(tiles)]).toContain("cam-40");
  });

  it("gives all pictures back once the machine has room again", () => {
    const tiles = wall(16);
    const budget = new DecodeBudget();
    watch(budget, tiles, costOf(tiles, new Set()) * 0.3, 60);
    expect(budget.thinned(tiles).size).toBeGreaterThan(0);
    expect(watch(budget, tiles, Number.POSITIVE_INFINITY, 1_200, 60).at(-1)).toBe(0);
  });

  it("makes nothing of a few pictures, and nothing of pictures of before", () => {
    const budget = new DecodeBudget();
    expect(budget.take([{ id: "cam-1", received: 3, drawn: 0 }], 1e6, 0)).toBe(false);
    budget.take(
      [
        { id: "cam-1", received: 30, drawn: 300 },
        { id: "cam-2", received: 30, drawn: 0 },
      ],
      1e6,
      0,
    );
    expect(budget.limit).toBe(Number.POSITIVE_INFINITY); // one measurement alone
    budget.take(
      [
        { id: "cam-1", received: 30, drawn: 300 },
        { id: "cam-2", received: 30, drawn: 0 },
      ],
      1e6,
      0,
    );
    expect(budget.limit).toBeLessThan(1e6);
  });

  it("thins no camera whose key frames are too seldom to watch by, or of which nothing is known", () => {
    expect(tileCost("cam-1", { ...FIGURES, gop_s: 10 }, false).keyFrames).toBeNull();
    expect(tileCost("cam-1", null, false).keyFrames).toBeNull();
    expect(tileCost("cam-1", FIGURES, false).keyFrames).toBe(640 * 360);
  });
});
