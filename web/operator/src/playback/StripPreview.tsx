import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { fetchKeyFrames, thumbnailUrl } from "../api/archive.ts";
import type { BarWindow } from "./time-bar-geometry.ts";

interface StripPreviewProps {
  readonly cameraId: string;
  readonly window: BarWindow;
  readonly atMs: number;
  /** Why a restricted camera is looked at. */
  readonly reason: string;
  /** There is a gap where somebody points. */
  readonly hidden: boolean;
}

/** As many pictures as can be told apart on a bar; so few are asked for that scrubbing costs the recorder little. */
const MOST = 120;
/** Whoever runs along the bar wants to see where it stops. */
const REST_MS = 120;

/** The key frame before `atMs`, in small. Where none can be had there is nothing: the bar works without. */
export function StripPreview({ cameraId, window: shown, atMs, reason, hidden }: StripPreviewProps) {
  const query = useQuery({
    queryKey: ["key-frames", cameraId, shown.fromMs, shown.spanMs],
    queryFn: ({ signal }) => fetchKeyFrames(cameraId, shown.fromMs, Math.min(shown.fromMs + shown.spanMs, Date.now()), MOST, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  const frameMs = hidden ? null : keyFrameBefore(query.data ?? [], atMs);
  const [restingMs, setResting] = useState<number | null>(null);
  const [failedMs, setFailed] = useState<number | null>(null);
  useEffect(() => {
    const handle = setTimeout(() => setResting(frameMs), REST_MS);
    return () => clearTimeout(handle);
  }, [frameMs]);
  if (restingMs === null || hidden || failedMs === restingMs) return null;
  return <img src={thumbnailUrl(cameraId, restingMs, reason)} alt="" width={160} onError={() => setFailed(restingMs)} />;
}

/** The last of the ordered `frames` not after `atMs`; null before the first. */
export function keyFrameBefore(frames: readonly number[], atMs: number): number | null {
  return frames.findLast((frame) => frame <= atMs) ?? null;
}
