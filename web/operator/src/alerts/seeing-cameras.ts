import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { nearbyCameras, type NearbyCamera } from "../reports/nearby-cameras.ts";

interface Place {
  readonly lat: number;
  readonly lon: number;
}

export const MOST_TILES = 4;

export interface SeeingCamera {
  readonly camera: NumberedCamera;
  /** Null when the alert names the camera itself. */
  readonly near: NearbyCamera<NumberedCamera> | null;
}

/** The cameras an alert names, then those that see its place, then those close by; each once. */
export function seeingCameras(cameras: readonly NumberedCamera[], named: readonly string[], place: Place | null): readonly SeeingCamera[] {
  const own = named.flatMap((id): SeeingCamera[] => {
    const camera = cameras.find((each) => each.camera_id === id);
    return camera === undefined ? [] : [{ camera, near: null }];
  });
  const others = place === null ? [] : nearbyCameras(cameras, place).filter(({ camera }) => !named.includes(camera.camera_id));
  return [...own, ...others.map((near) => ({ camera: near.camera, near }))];
}
