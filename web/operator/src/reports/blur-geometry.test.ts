import { describe, expect, it } from "vitest";
import { withCorner } from "../masks/mask-geometry.ts";
import { maskOf, rectangleOf } from "./blur-geometry.ts";

describe("rectangles that are blurred", () => {
  it("come back as they were given", () => {
    const rectangle = { x: 0.1, y: 0.25, width: 0.3, height: 0.125 };
    expect(rectangleOf(maskOf(rectangle))).toEqual(rectangle);
  });

  it("end at the picture's edge", () => {
    const moved = withCorner(maskOf({ x: 0.7, y: 0.7, width: 0.2, height: 0.2 }), 2, { x: 1.4, y: 0.95 }, "rectangle");
    const { x, width, y, height } = rectangleOf(moved);
    expect(x + width).toBeLessThanOrEqual(1);
    expect(y + height).toBeCloseTo(0.95, 4);
  });
});
