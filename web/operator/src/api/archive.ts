import { answer } from "@hejnal/shared";
import { parseTimeline, type Timeline } from "../playback/timeline.ts";
import { archive } from "./client.ts";

const iso = (ms: number) => new Date(ms).toISOString();

export async function fetchTimeline(cameraId: string, fromMs: number, toMs: number, signal: AbortSignal): Promise<Timeline> {
  const query = { from: iso(fromMs), to: iso(toMs) };
  const body = await answer(
    archive.GET("/api/v1/archive/cameras/{camera_id}/timeline", { params: { path: { camera_id: cameraId }, query }, signal }),
  );
  return parseTimeline(body);
}

/** Why a restricted camera is looked at: the gateway's own parameter, which it keeps for the audit log. */
const why = (reason: string) => (reason === "" ? {} : { reason });

export function playlistUrl(cameraId: string, fromMs: number, toMs: number, keyFramesOnly: boolean, reason: string): string {
  const query = new URLSearchParams({ from: iso(fromMs), to: iso(toMs), ...(keyFramesOnly ? { keyframes: "1" } : {}), ...why(reason) });
  return `/api/v1/archive/cameras/${encodeURIComponent(cameraId)}/playlist.m3u8?${query.toString()}`;
}

export function thumbnailUrl(cameraId: string, atMs: number, reason: string): string {
  const query = new URLSearchParams({ at: iso(atMs), ...why(reason) });
  return `/api/v1/archive/cameras/${encodeURIComponent(cameraId)}/thumbnail?${query.toString()}`;
}

/** Times of key frames, spread evenly over the interval. */
export async function fetchKeyFrames(cameraId: string, fromMs: number, toMs: number, most: number, signal: AbortSignal): Promise<readonly number[]> {
  const body = await answer(
    archive.GET("/api/v1/archive/cameras/{camera_id}/keyframes", { params: { path: { camera_id: cameraId }, query: { from: iso(fromMs), to: iso(toMs), most } }, signal }),
  );
  return body.items.map((one) => Date.parse(one.at));
}

/** Address of the frame of a moment, for showing. */
export function snapshotUrl(cameraId: string, atMs: number, reason: string): string {
  const query = new URLSearchParams({ at: iso(atMs), ...why(reason) });
  return `/api/v1/archive/cameras/${encodeURIComponent(cameraId)}/snapshot?${query.toString()}`;
}

export interface Snapshot {
  readonly picture: Blob;
  /** When the picture was taken. */
  readonly atMs: number;
}

/** The frame of `atMs` as a file, with every pixel as it was decoded. */
export async function fetchSnapshot(cameraId: string, atMs: number, reason: string): Promise<Snapshot> {
  const path = { camera_id: cameraId };
  const call = archive.GET("/api/v1/archive/cameras/{camera_id}/snapshot", { params: { path, query: { at: iso(atMs), format: "png" as const, ...why(reason) } }, parseAs: "blob" });
  const [picture, { response }] = await Promise.all([answer(call), call]);
  const takenAt = Date.parse(response.headers.get("X-Hejnal-Frame-Time") ?? "");
  return { picture: picture, atMs: Number.isNaN(takenAt) ? atMs : takenAt };
}
