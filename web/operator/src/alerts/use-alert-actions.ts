import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { acknowledgeAlert, type Alert, alertKey, type AlertOutcome, assignAlert, fetchAlert, resolveAlert } from "../api/alerts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { applyAlert } from "./use-alerts.ts";

export type AlertAct =
  | { readonly act: "acknowledge"; readonly alert: Alert }
  | { readonly act: "assign"; readonly alert: Alert; readonly to: string }
  | { readonly act: "resolve"; readonly alert: Alert; readonly outcome: AlertOutcome; readonly note: string };

/** One act on one alert. */
export function perform(wish: AlertAct): Promise<Alert> {
  const { alert_id: id, version } = wish.alert;
  if (wish.act === "acknowledge") return acknowledgeAlert(id);
  if (wish.act === "assign") return assignAlert(id, version, wish.to);
  return resolveAlert(id, version, wish.outcome, wish.note);
}

/** Taking, giving and ending alerts. When somebody else was faster, their state is fetched and shown: `conflict` tells it from other failures. */
export function useAlertActions() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const announce = useAnnounce();
  const mutation = useMutation({
    mutationFn: perform,
    onSuccess: (alert, wish) => {
      applyAlert(queryClient, alert);
      announce(t(`alerts.done.${wish.act}`, { summary: alert.summary }));
    },
    onError: async (error, wish) => {
      if (asProblem(error).kind !== "conflict") return;
      try {
        const now = await fetchAlert(wish.alert.alert_id);
        applyAlert(queryClient, now);
        queryClient.setQueryData(alertKey(now.alert_id), now);
      } catch {
        // The list follows by events; what failed is shown beside the action.
      }
    },
  });
  const conflict = mutation.isError && asProblem(mutation.error).kind === "conflict";
  return { run: mutation.mutate, pending: mutation.isPending, about: mutation.variables?.alert.alert_id ?? null, error: conflict ? null : mutation.error, conflict, reset: mutation.reset };
}
