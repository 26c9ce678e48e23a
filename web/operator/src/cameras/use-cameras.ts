import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Camera, CAMERAS_KEY, fetchCameras } from "../api/cameras.ts";
import { cameraNumbers } from "../wall/camera-numbers.ts";

export interface NumberedCamera extends Camera {
  readonly number: number;
}

/** All cameras in the order of their numbers; their conditions follow by events. */
export function useCameras() {
  const query = useQuery({ queryKey: CAMERAS_KEY, queryFn: fetchCameras, staleTime: 60_000, refetchInterval: 60_000 });
  const cameras = useMemo(() => numbered(query.data ?? []), [query.data]);
  const byId = useMemo(() => new Map(cameras.map((camera) => [camera.camera_id, camera])), [cameras]);
  return { cameras, byId, isPending: query.isPending, error: query.error, refetch: query.refetch };
}

function numbered(cameras: readonly Camera[]): NumberedCamera[] {
  const numbers = cameraNumbers(cameras.map((camera) => camera.camera_id));
  return cameras
    .map((camera) => ({ ...camera, number: numbers.get(camera.camera_id) ?? 0 }))
    .sort((a, b) => a.number - b.number);
}
