import { useQuery } from "@tanstack/react-query";
import { answer } from "@hejnal/shared";
import { api } from "../api.ts";

/** The public register of the town's cameras. */
export function useCameras() {
  return useQuery({ queryKey: ["cameras"], queryFn: () => answer(api.GET("/api/v1/cameras")), staleTime: 60_000 });
}
