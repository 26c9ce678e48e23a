import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";
import type { Camera } from "./cameras.ts";

type Schemas = components["schemas"];
export type RegisteredCamera = Omit<Camera, "status">;
export type NewCamera = Schemas["NewCamera"];
export type ChangedCamera = Schemas["ChangedCamera"];
export type CameraVersion = Schemas["CameraVersion"];
export type CameraCredentials = Schemas["CameraCredentials"];

const path = (cameraId: string) => ({ path: { camera_id: cameraId } });

export const addCamera = (body: NewCamera): Promise<Camera> => answer(gateway.POST("/api/v1/cameras", { body }));

export const changeCamera = (cameraId: string, body: ChangedCamera): Promise<Camera> => answer(gateway.PUT("/api/v1/cameras/{camera_id}", { params: path(cameraId), body }));

export async function removeCamera(cameraId: string, version: number): Promise<void> {
  await answer(gateway.DELETE("/api/v1/cameras/{camera_id}", { params: { ...path(cameraId), query: { version } } }));
}

/** Null forgets the account: the camera is opened without one. */
export async function setCredentials(cameraId: string, credentials: CameraCredentials | null): Promise<void> {
  const call =
    credentials === null
      ? gateway.DELETE("/api/v1/cameras/{camera_id}/credentials", { params: path(cameraId) })
      : gateway.PUT("/api/v1/cameras/{camera_id}/credentials", { params: path(cameraId), body: credentials });
  await answer<unknown>(call);
}

/** Every version of a camera's registration, newest first. */
export async function fetchVersions(cameraId: string): Promise<CameraVersion[]> {
  return (await answer(gateway.GET("/api/v1/cameras/{camera_id}/versions", { params: path(cameraId) }))).items;
}
