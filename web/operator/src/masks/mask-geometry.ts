/** A corner, in shares of the picture's width and height from its upper left. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A covered part of a picture: corners of a polygon that does not cross itself, in order, not closed. */
export type Mask = readonly Corner[];

/** What a mask may be: any polygon, or only what has four sides along the picture's. */
export type MaskShape = "polygon" | "rectangle";

export const LEAST_CORNERS = 3;
export const MOST_CORNERS = 32;
const LEAST_SIDE = 0.01;

const within = (value: number) => Math.max(0, Math.min(1, Math.round(value * 1_000) / 1_000));

/** A new mask: a fifth of the picture, a little beside those that were put there before. */
export function newMask(before: number): Mask {
  const shift = (before % 5) * 0.06;
  return [
    { x: 0.3 + shift, y: 0.3 + shift },
    { x: 0.5 + shift, y: 0.3 + shift },
    { x: 0.5 + shift, y: 0.5 + shift },
    { x: 0.3 + shift, y: 0.5 + shift },
  ].map(({ x, y }) => ({ x: within(x), y: within(y) }));
}

/** The mask with one corner elsewhere; a rectangle stays one. A place that would make the polygon cross itself is not taken. */
export function withCorner(mask: Mask, index: number, to: Corner, shape: MaskShape): Mask {
  const corner = { x: within(to.x), y: within(to.y) };
  if (shape === "polygon") {
    const moved = mask.with(index, corner);
    return crossesItself(moved) ? mask : moved;
  }
  const opposite = mask[(index + 2) % 4];
  if (opposite === undefined || Math.abs(corner.x - opposite.x) < LEAST_SIDE || Math.abs(corner.y - opposite.y) < LEAST_SIDE) return mask;
  const moved = [...mask];
  moved[index] = corner;
  // Corners run around: of the two neighbours one shares the height, the other the width.
  const [before, after] = [(index + 3) % 4, (index + 1) % 4];
  const even = index % 2 === 0;
  moved[before] = even ? { x: corner.x, y: opposite.y } : { x: opposite.x, y: corner.y };
  moved[after] = even ? { x: opposite.x, y: corner.y } : { x: corner.x, y: opposite.y };
  return moved;
}

/** The whole mask moved, as far as the picture goes. */
export function movedBy(mask: Mask, dx: number, dy: number): Mask {
  const { left, top, right, bottom } = boundsOf(mask);
  const x = Math.max(-left, Math.min(1 - right, dx));
  const y = Math.max(-top, Math.min(1 - bottom, dy));
  return mask.map((corner) => ({ x: within(corner.x + x), y: within(corner.y + y) }));
}

/** One corner more, in the middle of the longest side. */
export function withMoreCorners(mask: Mask): Mask {
  if (mask.length >= MOST_CORNERS) return mask;
  const lengths = mask.map((corner, index) => distance(corner, next(mask, index)));
  const longest = lengths.indexOf(Math.max(...lengths));
  const [from, to] = [mask[longest], next(mask, longest)];
  if (from === undefined) return mask;
  return mask.toSpliced(longest + 1, 0, { x: within((from.x + to.x) / 2), y: within((from.y + to.y) / 2) });
}

export function withoutCorner(mask: Mask, index: number): Mask {
  const left = mask.toSpliced(index, 1);
  return left.length < LEAST_CORNERS || crossesItself(left) ? mask : left;
}

export function boundsOf(mask: Mask): { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number } {
  const xs = mask.map(({ x }) => x);
  const ys = mask.map(({ y }) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** Where the mask is taken hold of as a whole. */
export function middleOf(mask: Mask): Corner {
  const { left, top, right, bottom } = boundsOf(mask);
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

export function crossesItself(mask: Mask): boolean {
  for (let one = 0; one < mask.length; one += 1) {
    for (let other = one + 2; other < mask.length; other += 1) {
      if (one === 0 && other === mask.length - 1) continue;
      const [a, b, c, d] = [mask[one], next(mask, one), mask[other], next(mask, other)];
      if (a !== undefined && c !== undefined && cross(a, b, c, d)) return true;
    }
  }
  return false;
}

function next(mask: Mask, index: number): Corner {
  return mask[(index + 1) % mask.length] ?? { x: 0, y: 0 };
}

function distance(one: Corner, other: Corner): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function side(a: Corner, b: Corner, c: Corner): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

function cross(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}
