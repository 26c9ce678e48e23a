import { useQuery } from "@tanstack/react-query";
import { answer } from "@hejnal/shared";
import { api } from "../api.ts";

/** A report as its author sees it: by its secret, else by the session. */
export function useReport(id: string, token: string | undefined) {
  return useQuery({
    queryKey: ["report", id, token],
    queryFn: () =>
      answer(api.GET("/api/v1/reports/{report_id}", { params: { path: { report_id: id }, query: token ? { token } : {} } })),
    refetchInterval: 60_000,
  });
}
