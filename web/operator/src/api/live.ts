import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import type { StreamName } from "../live/live-line.ts";
import { gateway } from "./client.ts";

/** What can carry a camera's live picture to this person now. */
export type LiveWays = components["schemas"]["LiveCarriers"];

export const liveWaysKey = (cameraId: string, stream: StreamName) => ["live-ways", cameraId, stream] as const;

export function fetchLiveWays(cameraId: string, stream: StreamName, signal: AbortSignal): Promise<LiveWays> {
  return answer(gateway.GET("/api/v1/cameras/{camera_id}/live", { params: { path: { camera_id: cameraId }, query: { stream } }, signal }));
}
