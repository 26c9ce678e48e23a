/** Stretches of buffered media time, in seconds and in order. */
export type Ranges = readonly (readonly [fromS: number, toS: number])[];

export type EdgeMove =
  | { readonly kind: "stay" }
  /** Play at this rate until the edge is near again. */
  | { readonly kind: "rate"; readonly rate: number }
  | { readonly kind: "jump"; readonly toS: number };

/** Behind the newest picture by more than this a jump is better than haste. */
export const MOST_BEHIND_S = 1.5;
const HASTE_FROM_S = 0.7;
const HASTE_RATE = 1.15;
const CALM_FROM_S = 0.35;
/** A jump lands so far before the newest picture that playing on does not starve at once. */
const CUSHION_S = 0.2;

/** What keeps a player at the live edge: nothing, a little haste, or a jump over what nobody needs to see late. */
export function atLiveEdge(ranges: Ranges, currentS: number, rate: number): EdgeMove {
  const last = ranges.at(-1);
  if (last === undefined) return { kind: "stay" };
  const [fromS, toS] = last;
  const behindS = toS - currentS;
  // Before the newest stretch there is a hole that playing would never cross.
  if (currentS < fromS || behindS > MOST_BEHIND_S || behindS < 0) return { kind: "jump", toS: Math.max(fromS, toS - CUSHION_S) };
  if (behindS > HASTE_FROM_S && rate === 1) return { kind: "rate", rate: HASTE_RATE };
  if (behindS < CALM_FROM_S && rate !== 1) return { kind: "rate", rate: 1 };
  return { kind: "stay" };
}
