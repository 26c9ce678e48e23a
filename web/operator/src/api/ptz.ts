import { answer, asProblem } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import type { Velocity } from "../ptz/ptz-drive.ts";
import { gateway } from "./client.ts";

export type PtzLease = components["schemas"]["PtzLease"];
export type PtzPreset = components["schemas"]["PtzPreset"];

const of = (cameraId: string) => ({ path: { camera_id: cameraId } });

/** The joystick for this session: taken, or renewed when one has it. */
export function takeLease(cameraId: string, takeOver: boolean, reason: string): Promise<PtzLease> {
  return answer(gateway.POST("/api/v1/cameras/{camera_id}/ptz/lease", { params: of(cameraId), body: { take_over: takeOver, reason } }));
}

/** Gives the joystick back; asked for even when the page is being closed. */
export async function giveLeaseBack(cameraId: string): Promise<void> {
  await answer(gateway.DELETE("/api/v1/cameras/{camera_id}/ptz/lease", { params: of(cameraId), keepalive: true }));
}

export async function moveCamera(cameraId: string, body: Velocity): Promise<void> {
  await answer(gateway.PUT("/api/v1/cameras/{camera_id}/ptz/move", { params: of(cameraId), body }));
}

export async function stopCamera(cameraId: string): Promise<void> {
  await answer(gateway.POST("/api/v1/cameras/{camera_id}/ptz/stop", { params: of(cameraId), keepalive: true }));
}

/** Who has the joystick. */
export function fetchPtz(cameraId: string): Promise<components["schemas"]["PtzState"]> {
  return answer(gateway.GET("/api/v1/cameras/{camera_id}/ptz", { params: of(cameraId) }));
}

export async function fetchPresets(cameraId: string): Promise<readonly PtzPreset[]> {
  return (await answer(gateway.GET("/api/v1/cameras/{camera_id}/ptz/presets", { params: of(cameraId) }))).items;
}

export async function goToPreset(cameraId: string, token: string): Promise<void> {
  await answer(gateway.POST("/api/v1/cameras/{camera_id}/ptz/presets/{token}/goto", { params: { path: { camera_id: cameraId, token } } }));
}

export type Patrol = components["schemas"]["Patrol"];
export type PatrolStep = components["schemas"]["PatrolStep"];

export const patrolKey = (cameraId: string) => ["ptz-patrol", cameraId] as const;

/** The camera's round; null when it has none. */
export async function fetchPatrol(cameraId: string): Promise<Patrol | null> {
  try {
    return await answer(gateway.GET("/api/v1/cameras/{camera_id}/ptz/patrol", { params: of(cameraId) }));
  } catch (error) {
    if (asProblem(error).status === 404) return null;
    throw error;
  }
}

/** `version`: the one that was looked at, 0 for none. */
export function setPatrol(cameraId: string, version: number, enabled: boolean, steps: readonly PatrolStep[]): Promise<Patrol> {
  return answer(gateway.PUT("/api/v1/cameras/{camera_id}/ptz/patrol", { params: of(cameraId), body: { version, enabled, steps: [...steps] } }));
}
