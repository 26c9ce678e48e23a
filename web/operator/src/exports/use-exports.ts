import { useQuery } from "@tanstack/react-query";
import { fetchExports } from "../api/exports.ts";

export const EXPORTS_KEY = ["exports"] as const;

/** Exports, asked for again every two seconds while one is on its way. */
export function useExports() {
  return useQuery({
    queryKey: EXPORTS_KEY,
    queryFn: fetchExports,
    refetchInterval: ({ state }) => (state.data?.some((each) => each.state === "queued" || each.state === "running") ? 2_000 : 30_000),
  });
}
