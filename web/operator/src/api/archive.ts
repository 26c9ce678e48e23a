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

export function playlistUrl(cameraId: string, fromMs: number, toMs: number): string {
  const query = new URLSearchParams({ from: iso(fromMs), to: iso(toMs) });
  return `/api/v1/archive/cameras/${encodeURIComponent(cameraId)}/playlist.m3u8?${query.toString()}`;
}
