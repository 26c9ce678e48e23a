import type { Rectangle } from "../api/report-desk.ts";
import { boundsOf, type Mask } from "../masks/mask-geometry.ts";

export const MOST_BLURS = 50;

/** A rectangle of the service as the corners the editor moves. */
export function maskOf({ x, y, width, height }: Rectangle): Mask {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

const share = (value: number) => Math.round(value * 1e4) / 1e4;

/** What a mask covers as the service takes it; never beyond the picture's edge. */
export function rectangleOf(mask: Mask): Rectangle {
  const { left, top, right, bottom } = boundsOf(mask);
  return { x: share(left), y: share(top), width: share(Math.min(right, 1) - left), height: share(Math.min(bottom, 1) - top) };
}
