import { describe, expect, it } from "vitest";
import { boundsOf, crossesItself, type Mask, movedBy, newMask, withCorner, withMoreCorners, withoutCorner } from "./mask-geometry.ts";

const SQUARE: Mask = [
  { x: 0.2, y: 0.2 },
  { x: 0.6, y: 0.2 },
  { x: 0.6, y: 0.6 },
  { x: 0.2, y: 0.6 },
];

describe("masks", () => {
  it("begin inside the picture, one beside the other", () => {
    for (let before = 0; before < 12; before += 1) {
      const { left, top, right, bottom } = boundsOf(newMask(before));
      expect(Math.min(left, top)).toBeGreaterThan(0);
      expect(Math.max(right, bottom)).toBeLessThan(1);
    }
    expect(newMask(0)).not.toEqual(newMask(1));
  });

  it("stay rectangles where only those are possible, whichever corner is moved", () => {
    for (let index = 0; index < 4; index += 1) {
      const moved = withCorner(SQUARE, index, { x: 0.45, y: 0.35 }, "rectangle");
      expect(new Set(moved.map(({ x }) => x)).size).toBe(2);
      expect(new Set(moved.map(({ y }) => y)).size).toBe(2);
      expect(moved[index]).toEqual({ x: 0.45, y: 0.35 });
      expect(moved[(index + 2) % 4]).toEqual(SQUARE[(index + 2) % 4]);
    }
    expect(withCorner(SQUARE, 0, { x: 0.6, y: 0.1 }, "rectangle")).toBe(SQUARE);
  });

  it("take any shape that does not cross itself", () => {
    expect(withCorner(SQUARE, 0, { x: 0.1, y: 0.05 }, "polygon")[0]).toEqual({ x: 0.1, y: 0.05 });
    expect(withCorner(SQUARE, 0, { x: 0.9, y: 0.4 }, "polygon")).toBe(SQUARE);
    expect(crossesItself(SQUARE)).toBe(false);
  });

  it("do not leave the picture", () => {
    expect(boundsOf(movedBy(SQUARE, 0.9, -0.9))).toEqual({ left: 0.6, top: 0, right: 1, bottom: 0.4 });
    expect(withCorner(SQUARE, 2, { x: 7, y: 0.7 }, "polygon")[2]).toEqual({ x: 1, y: 0.7 });
  });

  it("gain a corner on their longest side, and lose none of the last three", () => {
    const five = withMoreCorners(withCorner(SQUARE, 1, { x: 0.9, y: 0.2 }, "polygon"));
    expect(five).toHaveLength(5);
    expect(five[1]).toEqual({ x: 0.55, y: 0.2 });
    const three = withoutCorner(withoutCorner(five, 1), 0);
    expect(three).toHaveLength(3);
    expect(withoutCorner(three, 0)).toBe(three);
  });
});
