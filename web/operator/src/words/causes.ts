import type { TFunction } from "i18next";

/** Every cause that a service or the console itself can give; the catalogue has a sentence for each. */
const CAUSES = [
  // Why a camera gives no picture (contract FaultCause)
  "no_route",
  "refused",
  "unauthorized",
  "not_rtsp",
  "not_found",
  "no_video",
  "unsupported",
  "no_keyframe",
  "stalled",
  "closed",
  "protocol",
  "disk_full",
  "operator_off",
  "gateway_away",
  "ingest_away",
  // Why there is no footage (contract GapCause)
  "link_down",
  "camera_reboot",
  "ingest_lost",
  "ingest_failover",
  "clock_step",
  "retention",
  "backfilled",
  "link_thin",
  // What the console finds out by itself
  "forbidden",
  "gateway_unavailable",
  "line_lost",
  "no_frames",
  "no_word",
  "not_live",
  "reason_required",
  "refused_offer",
  "too_many_viewers",
  "unknown_camera",
  "not_recorded",
  "unknown",
] as const;

export type Cause = (typeof CAUSES)[number];

export function causeWords(t: TFunction, cause: string | null): string {
  const known = CAUSES.find((candidate) => candidate === cause) ?? "unknown";
  return t(`cause.${known}`);
}
