import { useQuery } from "@tanstack/react-query";
import { fetchLiveWays, type LiveWays, liveWaysKey } from "../api/live.ts";
import type { StreamName } from "./live-line.ts";

/** What can carry a stream, asked beside the first connection and never before it: the picture does not wait for it. */
export function useLiveWays(cameraId: string, stream: StreamName): LiveWays | null {
  const { data } = useQuery({
    queryKey: liveWaysKey(cameraId, stream),
    queryFn: ({ signal }) => fetchLiveWays(cameraId, stream, signal),
    staleTime: 5 * 60_000,
    retry: false,
  });
  return data ?? null;
}
