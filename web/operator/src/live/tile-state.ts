import type { CameraStatus } from "../api/cameras.ts";
import type { LineFailure, LineState } from "./live-line.ts";

/** The part of the gateway's word on a camera that a tile goes by. */
export type KnownStatus = Pick<CameraStatus, "condition" | "cause" | "detail" | "since" | "retry_at"> & Partial<Pick<CameraStatus, "streams">>;

export interface TileInput {
  /** Null: nothing is known of the camera yet. */
  readonly status: KnownStatus | null;
  readonly line: LineState;
  /** When the last frame was drawn, or null before the first one; same clock as `nowMs`. */
  readonly lastFrameAtMs: number | null;
  /** How old that frame was when it was drawn. */
  readonly lastFrameAgeMs: number;
  /** When the tile was given this camera, or the page was shown again. */
  readonly watchingSinceMs: number;
  readonly nowMs: number;
  /** How seldom pictures are sent on purpose; null: as the camera makes them. */
  readonly everyMs: number | null;
}

/**
 * What a tile says. A picture is never shown as live when what it shows is more than 1.5 s ago, be it that no frame comes or
 * that frames come late: `live` and `late` carry the age of the picture, `gone` the cause and since when. `paced` is a picture
 * that comes as often as it was asked for, on a wall with more pictures than the machine can draw.
 */
export type TileState =
  | { readonly kind: "connecting"; readonly sinceMs: number }
  | { readonly kind: "live"; readonly ageMs: number }
  | { readonly kind: "paced"; readonly everyMs: number }
  | { readonly kind: "late"; readonly ageMs: number }
  | { readonly kind: "gone"; readonly cause: string; readonly sinceMs: number; readonly detail: string; readonly retryAtMs: number | null };

export const STALE_MS = 1_500;
/** A late picture older than this is no picture: the tile hides it and says why. */
export const GONE_MS = 10_000;
const FIRST_PICTURE_MS = 5_000;

export function tileState(input: TileInput): TileState {
  const { status, line, lastFrameAtMs, lastFrameAgeMs, watchingSinceMs, nowMs, everyMs } = input;
  const reference = lastFrameAtMs === null ? null : Math.max(lastFrameAtMs, watchingSinceMs);
  const silentMs = reference === null ? null : nowMs - reference;
  const ageMs = silentMs === null ? 0 : silentMs + lastFrameAgeMs;
  if (everyMs !== null && silentMs !== null && ageMs <= everyMs + STALE_MS) return { kind: "paced", everyMs };
  if (silentMs !== null && silentMs <= STALE_MS) return { kind: ageMs <= STALE_MS ? "live" : "late", ageMs };
  if (status?.condition === "retrying" || status?.condition === "off") {
    return {
      kind: "gone",
      cause: status.cause ?? (status.condition === "off" ? "operator_off" : "unknown"),
      sinceMs: instant(status.since) ?? watchingSinceMs,
      detail: status.detail,
      retryAtMs: instant(status.retry_at),
    };
  }
  if (line.kind === "refused") {
    return { kind: "gone", cause: refusalCause(line.reason), sinceMs: reference ?? watchingSinceMs, detail: line.reason.detail, retryAtMs: null };
  }
  if (silentMs !== null && silentMs < GONE_MS) return { kind: "late", ageMs };
  const waitedMs = nowMs - watchingSinceMs;
  if (reference === null && waitedMs < FIRST_PICTURE_MS) return { kind: "connecting", sinceMs: watchingSinceMs };
  const waiting = line.kind === "waiting" ? line : null;
  const nobodyReports = status?.condition === "unknown" && waiting?.reason.status !== 0;
  return {
    kind: "gone",
    cause: nobodyReports ? "no_word" : waiting === null ? "no_frames" : failureCause(waiting.reason.status),
    sinceMs: (nobodyReports ? instant(status.since) : null) ?? reference ?? watchingSinceMs,
    detail: waiting?.reason.detail ?? "",
    retryAtMs: waiting?.retryAtMs ?? null,
  };
}

function instant(text: string | null | undefined): number | null {
  return typeof text === "string" ? Date.parse(text) : null;
}

function refusalCause(reason: LineFailure): string {
  if (reason.slug === "reason-required") return "reason_required";
  if (reason.status === 403) return "forbidden";
  if (reason.status === 404) return "unknown_camera";
  return "refused_offer";
}

function failureCause(status: number): string {
  if (status === 0) return "line_lost";
  if (status === 409) return "not_live";
  if (status === 429) return "too_many_viewers";
  return "gateway_unavailable";
}
