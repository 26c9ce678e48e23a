/** What one tile received and drew since the last measurement. */
export interface TileMeasure {
  readonly id: string;
  /** Pictures that came over the network, and those that were drawn on the screen. */
  readonly received: number;
  readonly drawn: number;
}

/** What showing a tile costs, in decoded pixels per second. */
export interface TileCost {
  readonly id: string;
  /** With every picture. */
  readonly all: number;
  /** With key frames only; null where that is no picture to watch by (too seldom), or cannot be had. */
  readonly keyFrames: number | null;
  /** The operator looks at, hears or steers this one: it is spared last. */
  readonly pinned: boolean;
}

/** Key frames that come less often than this are no picture to watch by. */
const SELDOM_S = 4;
const LIKELY: StreamFigures = { width: 640, height: 360, fps: 25, gop_s: 1 };

interface StreamFigures {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly gop_s: number;
}

/** What a tile costs, by what ingest measures of its stream; before it has, what streams of walls usually do. */
export function tileCost(id: string, figures: StreamFigures | null, pinned: boolean): TileCost {
  const { width, height, fps, gop_s: gopS } = figures ?? LIKELY;
  const pixels = width * height;
  const thins = figures !== null && gopS > 0 && gopS <= SELDOM_S && gopS * fps > 1;
  return { id, all: pixels * fps, keyFrames: thins ? pixels / gopS : null, pinned };
}

/** Below this share of received pictures that are drawn the machine does not keep up; above the other one there is room. */
const OVERLOADED = 0.6;
const AT_EASE = 0.85;
/** After a cut the limit rises again step by step, up to this share of what was too much; that is tried again only after a while. */
const RISE = 1.25;
const RISE_EVERY_MS = 6_000;
const BELOW_CEILING = 0.8;
const CEILING_FOR_MS = 2 * 60_000;
const CEILING_MOST_MS = 30 * 60_000;
/** So many measurements in a row must say so: one alone may be a switch, a join or the machine's own hiccup. */
const IN_A_ROW = 2;
/** So many pictures must have come for a share of them to mean anything. */
const LEAST_PICTURES = 20;

/**
 * How much this machine can decode and draw, found out by trying (cut soon, rise in steps, stay below what was
 * too much): too many pictures are received and not drawn, so fewer are asked for, evenly, instead of some stalling by chance.
 */
export class DecodeBudget {
  #limit = Number.POSITIVE_INFINITY;
  /** What was too much, until when it is taken for that, and for how long the last time. */
  #ceiling = Number.POSITIVE_INFINITY;
  #ceilingUntilMs = 0;
  #ceilingForMs = CEILING_FOR_MS / 2;
  #nextRiseAtMs = 0;
  #overloaded = 0;

  /** Pixels per second; infinite while the machine has kept up. */
  get limit(): number {
    return this.#limit;
  }

  /** Takes what was measured while `spent` pixels per second were asked for; true when the limit has changed. */
  take(measures: readonly TileMeasure[], spent: number, nowMs: number): boolean {
    const received = sum(measures.map((one) => one.received));
    if (received < LEAST_PICTURES) return false;
    // Whoever drew more than came (pictures of before) does not make up for another that drew nothing.
    const share = sum(measures.map((one) => Math.min(one.drawn, one.received))) / received;
    this.#overloaded = share < OVERLOADED ? this.#overloaded + 1 : 0;
    if (this.#overloaded >= IN_A_ROW) {
      this.#overloaded = 0;
      this.#ceiling = Math.min(spent, this.#limit);
      this.#ceilingForMs = Math.min(CEILING_MOST_MS, this.#ceilingForMs * 2);
      this.#ceilingUntilMs = nowMs + this.#ceilingForMs;
      this.#limit = this.#ceiling * Math.max(0.1, share * 0.9);
      this.#nextRiseAtMs = nowMs + RISE_EVERY_MS;
      return true;
    }
    if (share >= AT_EASE && this.#limit !== Number.POSITIVE_INFINITY && nowMs >= this.#nextRiseAtMs) {
      const bound = nowMs < this.#ceilingUntilMs ? this.#ceiling * BELOW_CEILING : Number.POSITIVE_INFINITY;
      const before = this.#limit;
      this.#limit = Math.max(before, Math.min(before * RISE, bound));
      this.#nextRiseAtMs = nowMs + RISE_EVERY_MS;
      return this.#limit !== before;
    }
    return false;
  }

  /** Which tiles get key frames only: none while the limit allows all; pinned ones last, then from the end of the wall. */
  thinned(tiles: readonly TileCost[]): ReadonlySet<string> {
    const found = new Set<string>();
    let cost = sum(tiles.map((tile) => tile.all));
    for (const tile of [...tiles.filter((one) => one.pinned), ...tiles.filter((one) => !one.pinned)].reverse()) {
      if (cost <= this.#limit) break;
      if (tile.keyFrames === null || tile.pinned) continue;
      found.add(tile.id);
      cost -= tile.all - tile.keyFrames;
    }
    return found;
  }
}

/** What is asked for with these tiles thinned. */
export function costOf(tiles: readonly TileCost[], thinned: ReadonlySet<string>): number {
  return sum(tiles.map((tile) => (thinned.has(tile.id) && tile.keyFrames !== null ? tile.keyFrames : tile.all)));
}

function sum(values: readonly number[]): number {
  return values.reduce((before, value) => before + value, 0);
}
