import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

export type Camera = components["schemas"]["Camera"];
export type CameraStatus = components["schemas"]["CameraStatus"];
export type Condition = CameraStatus["condition"];

export const CAMERAS_KEY = ["cameras"] as const;

export async function fetchCameras(): Promise<Camera[]> {
  return (await answer(gateway.GET("/api/v1/cameras"))).items;
}
