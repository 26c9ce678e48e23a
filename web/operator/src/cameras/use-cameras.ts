import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Camera, CAMERAS_KEY, type CameraStatus, fetchCameras } from "../api/cameras.ts";
import { WhileAsking } from "../events/while-asking.ts";
import { cameraNumbers } from "../wall/camera-numbers.ts";

export interface NumberedCamera extends Camera {
  readonly number: number;
}

type Statuses = ReadonlyMap<string, CameraStatus>;
const heardStatuses = new WhileAsking<Statuses>();

/** All cameras in the order of their numbers; their conditions follow by events. */
export function useCameras() {
  const query = useQuery({ queryKey: CAMERAS_KEY, queryFn: () => heardStatuses.ask(fetchCameras, withStatuses), staleTime: 60_000, refetchInterval: 60_000 });
  const cameras = useMemo(() => numbered(query.data ?? []), [query.data]);
  const byId = useMemo(() => new Map(cameras.map((camera) => [camera.camera_id, camera])), [cameras]);
  return { cameras, byId, isPending: query.isPending, error: query.error, refetch: query.refetch };
}

/** Puts conditions that were heard of, by camera id, where pages look for them. */
export function applyStatuses(queryClient: QueryClient, statuses: Statuses): void {
  if (statuses.size === 0) return;
  heardStatuses.hear(statuses);
  queryClient.setQueryData<Camera[]>(CAMERAS_KEY, (cameras) => (cameras === undefined ? undefined : withStatuses(cameras, statuses)));
}

function withStatuses(cameras: Camera[], statuses: Statuses): Camera[] {
  return cameras.map((camera) => {
    const status = statuses.get(camera.camera_id);
    return status === undefined ? camera : { ...camera, status };
  });
}

function numbered(cameras: readonly Camera[]): NumberedCamera[] {
  const numbers = cameraNumbers(cameras.map((camera) => camera.camera_id));
  return cameras
    .map((camera) => ({ ...camera, number: numbers.get(camera.camera_id) ?? 0 }))
    .sort((a, b) => a.number - b.number);
}
