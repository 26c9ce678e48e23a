const MINUTE_MS = 60_000;

/** The moment a playback address asks for: `?at=` an instant, `?ago=` seconds before now; a minute ago when it says nothing. */
export function startTime(search: string, nowMs: number): number {
  const query = new URLSearchParams(search);
  const at = Date.parse(query.get("at") ?? "");
  if (!Number.isNaN(at)) return Math.min(at, nowMs);
  const ago = Number(query.get("ago") ?? "");
  return nowMs - (ago > 0 ? ago * 1_000 : MINUTE_MS);
}

export function playbackPath(cameraId: string, atMs: number): string {
  return `/playback/${encodeURIComponent(cameraId)}?at=${new Date(Math.floor(atMs / 1_000) * 1_000).toISOString()}`;
}
