import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchTimeline } from "../api/archive.ts";
import type { BarWindow } from "./time-bar-geometry.ts";
import { joinSpans, type Span, type Timeline } from "./timeline.ts";

/**
 * What is recorded around the bar's window. Asked for in steps of half a window, so that panning a little asks nothing;
 * while the window touches the present it is asked again every ten seconds.
 */
export function useTimeline(cameraId: string, window: BarWindow, nowMs: number): { timeline: Timeline | null; spans: readonly Span[]; error: unknown } {
  const step = window.spanMs / 2;
  const fromMs = Math.floor(window.fromMs / step) * step - step;
  const toMs = Math.ceil((window.fromMs + window.spanMs) / step) * step + step;
  const live = toMs >= nowMs;
  const query = useQuery({
    queryKey: ["timeline", cameraId, fromMs, toMs],
    queryFn: ({ signal }) => fetchTimeline(cameraId, fromMs, Math.min(toMs, Date.now()), signal),
    placeholderData: keepPreviousData,
    staleTime: live ? 5_000 : 5 * 60_000,
    refetchInterval: live ? 10_000 : false,
  });
  const timeline = query.data ?? null;
  const spans = useMemo(() => joinSpans(timeline?.spans ?? []), [timeline]);
  return { timeline, spans, error: query.error };
}
