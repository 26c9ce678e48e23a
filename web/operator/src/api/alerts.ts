import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type Alert = Schemas["Alert"];
export type AlertState = Alert["state"];
export type AlertKind = Alert["kind"];
export type AlertSeverity = Alert["severity"];
export type AlertOutcome = NonNullable<Alert["outcome"]>;
export type AlertEntry = Schemas["AlertEntry"];
export type AlertWithLog = Schemas["AlertWithLog"];
export type AlertPage = Schemas["AlertPage"];
export type NewAlert = Schemas["NewAlert"];

export const ALERTS_KEY = ["alerts"] as const;
export const OPEN_ALERTS_KEY = ["alerts", "open"] as const;

export function fetchAlerts(state: readonly AlertState[], cursor: string | null): Promise<AlertPage> {
  return answer(gateway.GET("/api/v1/alerts", { params: { query: { state: [...state], ...(cursor === null ? {} : { cursor }) } } }));
}

export const alertKey = (alertId: string) => ["alerts", "one", alertId] as const;

const path = (alertId: string) => ({ path: { alert_id: alertId } });
/** Decided on this version: a newer one is not overwritten. */
const ifMatch = (version: number) => ({ header: { "if-match": `"${version}"` } });

export const fetchAlert = (alertId: string): Promise<AlertWithLog> => answer(gateway.GET("/api/v1/alerts/{alert_id}", { params: path(alertId) }));
export const acknowledgeAlert = (alertId: string): Promise<Alert> => answer(gateway.POST("/api/v1/alerts/{alert_id}/acknowledgement", { params: path(alertId) }));
export const assignAlert = (alertId: string, version: number, to: string): Promise<Alert> =>
  answer(gateway.POST("/api/v1/alerts/{alert_id}/assignment", { params: { ...path(alertId), ...ifMatch(version) }, body: { to } }));
export const resolveAlert = (alertId: string, version: number, outcome: AlertOutcome, note: string): Promise<Alert> =>
  answer(gateway.POST("/api/v1/alerts/{alert_id}/resolution", { params: { ...path(alertId), ...ifMatch(version) }, body: { outcome, note } }));
export const noteOnAlert = (alertId: string, noteId: string, text: string): Promise<Alert> =>
  answer(gateway.POST("/api/v1/alerts/{alert_id}/notes", { params: path(alertId), body: { note_id: noteId, text } }));
export const raiseAlert = (body: NewAlert): Promise<Alert> => answer(gateway.POST("/api/v1/alerts", { body }));

const OPEN: readonly AlertState[] = ["raised", "escalated", "acknowledged", "assigned"];
const MOST_PAGES = 20;

/** All that are not resolved; a town in trouble has some hundred. */
export async function fetchOpenAlerts(): Promise<readonly Alert[]> {
  const found: Alert[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const next: AlertPage = await fetchAlerts(OPEN, cursor);
    found.push(...next.items);
    if (next.next_cursor === null) break;
    cursor = next.next_cursor;
  }
  return found;
}
