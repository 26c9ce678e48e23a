/** What every way of carrying a live picture has in common: its states, and what it takes to watch. */

import type { LineStats } from "./line-stats.ts";

export type StreamName = "main" | "sub";
/** What of a stream is sent: every picture, or only those that can be decoded by themselves. */
export type Pictures = "all" | "key-frames";

/** How one live connection stands. `refused` does not come back by itself; all other failures are tried again. */
export type LineState =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "connected" }
  | { readonly kind: "waiting"; readonly attempt: number; readonly retryAtMs: number; readonly reason: LineFailure }
  | { readonly kind: "refused"; readonly reason: LineFailure };

export interface LineFailure {
  /** HTTP status of the refusal, or 0 when the connection itself failed. */
  readonly status: number;
  /** Last part of the problem's type, e.g. `reason-required`. */
  readonly slug: string;
  /** The problem body's `detail`. */
  readonly detail: string;
}

/** A connection that shows one camera and keeps trying until it is closed. */
export interface LiveLine {
  start(): void;
  /** Skips the pause, e.g. when the camera is said to be live again. Does nothing while connected. */
  retryNow(): void;
  /** Begins anew although the connection stands: no picture comes out of it any more. */
  restart(): void;
  /** Goes over to the camera's other stream, or other pictures of it, without a black one; false where only a second connection can. */
  switchTo(stream: StreamName, pictures: Pictures): Promise<boolean>;
  /** What is counted of what comes; null where nothing is, or nothing has come yet. */
  stats(): Promise<LineStats | null>;
  close(): void;
}

/** Statuses that no second try will change. */
export const FINAL_STATUSES: readonly number[] = [400, 403, 404, 406, 415, 422];
