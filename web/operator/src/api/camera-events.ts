import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

export type CameraEvent = components["schemas"]["CameraEvent"];
export type CameraCard = components["schemas"]["CameraProbed"];
export type ProbeLine = components["schemas"]["ProbeLine"];
export type Probe = components["schemas"]["Probe"];

export const cameraEventsKey = (cameraId: string) => ["camera-events", cameraId] as const;

export async function fetchCameraEvents(cameraId: string): Promise<CameraEvent[]> {
  const params = { path: { camera_id: cameraId }, query: { limit: 50 } };
  return (await answer(gateway.GET("/api/v1/cameras/{camera_id}/events", { params }))).items;
}

/** The newest card, however long ago the camera was probed. */
export async function fetchCard(cameraId: string): Promise<CameraCard | null> {
  const params = { path: { camera_id: cameraId }, query: { kind: ["probed" as const], limit: 1 } };
  const [event] = (await answer(gateway.GET("/api/v1/cameras/{camera_id}/events", { params }))).items;
  return event === undefined ? null : (event.fact as CameraCard);
}

export async function startProbe(cameraId: string): Promise<Probe> {
  return answer(gateway.POST("/api/v1/cameras/{camera_id}/probes", { params: { path: { camera_id: cameraId } } }));
}

export async function fetchProbe(cameraId: string, probeId: string): Promise<Probe> {
  return answer(gateway.GET("/api/v1/cameras/{camera_id}/probes/{probe_id}", { params: { path: { camera_id: cameraId, probe_id: probeId } } }));
}
