import { seekTarget, type Span } from "./timeline.ts";

export const MOST_TOGETHER = 4;
/** Whoever takes longer to get its footage is not waited for any more. */
const PATIENCE_MS = 8_000;
/** A stray this far is put right by a jump, less by playing a little faster or slower. */
const JUMP_MS = 1_000;
/** Key frames stand seconds apart: what is on the screen is older than the clock by that. */
const KEY_FRAMES_APART_MS = 6_000;
const MOST_ADJUSTED = 0.25;

export function togetherPath(cameraIds: readonly string[], atMs: number): string {
  const at = new Date(Math.floor(atMs / 1_000) * 1_000).toISOString();
  return `/playback/${encodeURIComponent(cameraIds[0] ?? "")}?at=${at}&cameras=${cameraIds.map(encodeURIComponent).join(",")}`;
}

/** The cameras an address asks for, each once, at most four; none when it asks for a single one. */
export function togetherIds(search: string): readonly string[] {
  const ids = [...new Set((new URLSearchParams(search).get("cameras") ?? "").split(",").filter((id) => id !== ""))].slice(0, MOST_TOGETHER);
  return ids.length < 2 ? [] : ids;
}

/** The one clock of several cameras: wall-clock time that runs at the chosen rate, and stands while one of them is not ready. */
export class TogetherClock {
  readonly #monotonicMs: () => number;
  readonly #waiting = new Map<string, number>();
  readonly #givenUp = new Set<string>();
  #baseMs: number;
  #sinceMs: number;
  #rate = 1;
  #running = true;

  constructor(atMs: number, monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#baseMs = atMs;
    this.#sinceMs = monotonicMs();
  }

  get running(): boolean {
    return this.#running;
  }

  /** False while it is stopped or waits for somebody. */
  get moving(): boolean {
    return this.#running && this.#waiting.size === 0;
  }

  atMs(): number {
    return this.moving ? this.#baseMs + (this.#monotonicMs() - this.#sinceMs) * this.#rate : this.#baseMs;
  }

  moveTo(atMs: number): void {
    this.#baseMs = atMs;
    this.#sinceMs = this.#monotonicMs();
    this.#waiting.clear();
    this.#givenUp.clear();
  }

  setRate(rate: number): void {
    this.#settle();
    this.#rate = rate;
  }

  setRunning(running: boolean): void {
    this.#settle();
    this.#running = running;
  }

  /** A camera is not ready to show the clock's moment, or is again. */
  setReady(id: string, ready: boolean): void {
    const nowMs = this.#monotonicMs();
    this.#settle();
    if (ready) {
      this.#waiting.delete(id);
      this.#givenUp.delete(id);
      return;
    }
    if (this.#givenUp.has(id)) return;
    const since = this.#waiting.get(id) ?? nowMs;
    if (nowMs - since > PATIENCE_MS) {
      this.#waiting.delete(id);
      this.#givenUp.add(id);
    } else {
      this.#waiting.set(id, since);
    }
  }

  /** A camera is gone. */
  forget(id: string): void {
    this.#settle();
    this.#waiting.delete(id);
    this.#givenUp.delete(id);
  }

  #settle(): void {
    this.#baseMs = this.atMs();
    this.#sinceMs = this.#monotonicMs();
  }
}

export interface Follower {
  readonly clockMs: number;
  readonly moving: boolean;
  readonly rate: number;
  readonly keyFramesOnly: boolean;
  /** The clock stands in a gap of this camera. */
  readonly inGap: boolean;
  /** Time of the frame on the screen. */
  readonly shownMs: number | null;
  readonly frameMs: number;
}

export type Move =
  | { readonly kind: "rest" }
  | { readonly kind: "jump"; readonly toMs: number }
  | { readonly kind: "hold" }
  | { readonly kind: "play"; readonly factor: number };

/** What one camera has to do to be in step with the clock to a frame. */
export function nextMove({ clockMs, moving, rate, keyFramesOnly, inGap, shownMs, frameMs }: Follower): Move {
  if (inGap) return { kind: "rest" };
  if (shownMs === null) return { kind: "jump", toMs: clockMs };
  // The frame on the screen began up to a frame ago: its middle is what is compared.
  const strayMs = shownMs + frameMs / 2 - clockMs;
  const far = keyFramesOnly ? KEY_FRAMES_APART_MS : moving ? JUMP_MS * Math.max(1, rate) : frameMs;
  if (Math.abs(strayMs) > far) return { kind: "jump", toMs: clockMs };
  if (!moving) return { kind: "hold" };
  if (keyFramesOnly || Math.abs(strayMs) <= frameMs / 2) return { kind: "play", factor: 1 };
  return { kind: "play", factor: 1 - Math.min(MOST_ADJUSTED, Math.max(-MOST_ADJUSTED, strayMs / (JUMP_MS * rate))) };
}

/** Where the first of several cameras has footage again when none has any at `atMs`; `atMs` itself when one has; null when none follows. */
export function firstFootage(lanes: readonly (readonly Span[])[], atMs: number): number | null {
  const next = lanes.map((spans) => seekTarget(spans, atMs).atMs).filter((at) => at !== null);
  return next.length === 0 ? null : Math.min(...next);
}
