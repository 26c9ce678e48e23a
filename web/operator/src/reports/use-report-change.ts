import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Report, REPORTS_KEY } from "../api/town.ts";

/** Does something to a report and shows what it is afterwards; a conflict brings the present state. */
export function useReportChange<Input>(reportId: string, act: (input: Input) => Promise<Report>, onDone?: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      queryClient.setQueryData([...REPORTS_KEY, "one", reportId], changed);
      void queryClient.invalidateQueries({ queryKey: [...REPORTS_KEY, "list"] });
      onDone?.();
    },
    onError: (error) => {
      if (asProblem(error).kind === "conflict") void queryClient.invalidateQueries({ queryKey: REPORTS_KEY });
    },
  });
}
