import { asProblem, problemFrom } from "@hejnal/shared";

/** What can carry a camera's live picture now. */
export interface LiveWays {
  readonly codec: string | null;
  /** It has sound, and this camera's policy lets it be heard. */
  readonly audio: boolean;
  readonly whep: boolean;
  readonly mse: boolean;
  readonly transcode: boolean;
}

export const liveWaysKey = (cameraId: string) => ["live-ways", cameraId] as const;

export async function fetchLiveWays(cameraId: string, signal: AbortSignal): Promise<LiveWays> {
  const response = await fetch(`/api/v1/cameras/${encodeURIComponent(cameraId)}/live`, { signal }).catch((cause: unknown) => {
    throw asProblem(cause);
  });
  if (!response.ok) throw problemFrom(response.status, response.headers, undefined);
  return (await response.json()) as LiveWays;
}
