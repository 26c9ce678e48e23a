import type { Alert } from "../api/alerts.ts";
import { isWaiting } from "./alert-list.ts";

/** Cameras that went dark together: one cause, most likely, and handled as one. */
export interface AlertGroup {
  /** Of its first alert: it stays the same while the group grows. */
  readonly id: string;
  readonly waiting: boolean;
  /** The one that was raised first comes first. */
  readonly alerts: readonly Alert[];
}

export type AlertItem = { readonly alert: Alert } | { readonly group: AlertGroup };

/** So many make a group; fewer are read one by one. */
const LEAST = 5;
/** What follows within this time belongs together: a switch takes its cameras along within a minute or two. */
const GAP_MS = 90_000;

/** The list with outages of many cameras as one item each, in the place of the first of them. */
export function grouped(alerts: readonly Alert[]): readonly AlertItem[] {
  const groups = [true, false].flatMap((waiting) => outages(alerts.filter((alert) => alert.kind === "camera_fault" && isWaiting(alert) === waiting)).map((members) => groupOf(members, waiting)));
  const groupById = new Map(groups.flatMap((group) => group.alerts.map((alert) => [alert.alert_id, group] as const)));
  const shown = new Set<AlertGroup>();
  return alerts.flatMap((alert): AlertItem[] => {
    const group = groupById.get(alert.alert_id);
    if (group === undefined) return [{ alert }];
    if (shown.has(group)) return [];
    shown.add(group);
    return [{ group }];
  });
}

function groupOf(alerts: readonly Alert[], waiting: boolean): AlertGroup {
  return { id: `${waiting ? "waiting" : "taken"} ${alerts[0]?.alert_id ?? ""}`, waiting, alerts };
}

function outages(faults: readonly Alert[]): readonly (readonly Alert[])[] {
  const inTime = [...faults].sort((a, b) => Date.parse(a.raised_at) - Date.parse(b.raised_at) || a.alert_id.localeCompare(b.alert_id));
  const runs: Alert[][] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const alert of inTime) {
    const atMs = Date.parse(alert.raised_at);
    if (atMs - lastMs > GAP_MS) runs.push([]);
    runs.at(-1)?.push(alert);
    lastMs = atMs;
  }
  return runs.filter((run) => run.length >= LEAST);
}
