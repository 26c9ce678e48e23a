import { type QueryClient, skipToken, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Alert, alertKey, ALERTS_KEY, type AlertWithLog, fetchAlert, fetchOpenAlerts, OPEN_ALERTS_KEY } from "../api/alerts.ts";
import { WhileAsking } from "../events/while-asking.ts";
import { useSession } from "../session/session.tsx";
import { byUrgency, isWaiting, withAlert } from "./alert-list.ts";

const NONE: readonly Alert[] = [];
const heardAlerts = new WhileAsking<Alert>();

/** The open alerts, the most urgent first; they follow by events. Empty for whoever does not handle alerts. */
export function useOpenAlerts() {
  const { may } = useSession();
  const query = useQuery({ queryKey: OPEN_ALERTS_KEY, queryFn: () => heardAlerts.ask(fetchOpenAlerts, withAlert), enabled: may("readAlerts"), staleTime: 60_000, refetchInterval: 60_000 });
  const alerts = useMemo(() => [...(query.data ?? NONE)].sort(byUrgency), [query.data]);
  const waiting = useMemo(() => alerts.filter(isWaiting), [alerts]);
  return { alerts, waiting, isPending: query.isPending, error: query.error, refetch: query.refetch, known: query.data !== undefined };
}

/** One alert with its log; nothing while none is chosen. */
export function useAlert(alertId: string | null) {
  return useQuery({ queryKey: alertKey(alertId ?? ""), queryFn: alertId === null ? skipToken : () => fetchAlert(alertId) });
}

/** Puts an alert that was heard of, or that an action gave back, where pages look for it. */
export function applyAlert(queryClient: QueryClient, heard: Alert): void {
  heardAlerts.hear(heard);
  queryClient.setQueryData<readonly Alert[]>(OPEN_ALERTS_KEY, (open) => (open === undefined ? open : withAlert(open, heard)));
  queryClient.setQueryData<AlertWithLog>(alertKey(heard.alert_id), (known) => (known === undefined || known.version >= heard.version ? known : { ...known, ...heard }));
  void queryClient.invalidateQueries({ queryKey: alertKey(heard.alert_id) });
  void queryClient.invalidateQueries({ queryKey: [...ALERTS_KEY, "list"] });
}
