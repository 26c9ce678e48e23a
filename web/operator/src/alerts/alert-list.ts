import type { Alert, AlertSeverity } from "../api/alerts.ts";

/** Nobody has taken it yet: it asks for a person. */
export function isWaiting(alert: Pick<Alert, "state">): boolean {
  return alert.state === "raised" || alert.state === "escalated";
}

export const isOpen = (alert: Pick<Alert, "state">): boolean => alert.state !== "resolved";

const WEIGHT: Readonly<Record<AlertSeverity, number>> = { emergency: 3, warning: 2, notice: 1, info: 0 };

/** Waiting before taken, grave before light, and among equals the one that has waited longest. */
export function byUrgency(a: Alert, b: Alert): number {
  return Number(isWaiting(b)) - Number(isWaiting(a)) || WEIGHT[b.severity] - WEIGHT[a.severity] || Date.parse(a.raised_at) - Date.parse(b.raised_at) || a.alert_id.localeCompare(b.alert_id);
}

/** The open alerts after one was heard of: a higher version replaces, a resolved one leaves, an old one changes nothing. */
export function withAlert(open: readonly Alert[], heard: Alert): readonly Alert[] {
  const known = open.find((alert) => alert.alert_id === heard.alert_id);
  if (known !== undefined && known.version >= heard.version) return open;
  const others = open.filter((alert) => alert.alert_id !== heard.alert_id);
  return isOpen(heard) ? [...others, heard] : others;
}

/** Alerts that began to wait, or went a level up, since the last look: what calls out. */
export function newlyCalling(before: ReadonlyMap<string, number>, alerts: readonly Alert[]): readonly Alert[] {
  return alerts.filter((alert) => isWaiting(alert) && (before.get(alert.alert_id) ?? -1) < alert.level);
}

/** What was called out already: the level at which each waiting alert stood. */
export function called(alerts: readonly Alert[]): ReadonlyMap<string, number> {
  return new Map(alerts.filter(isWaiting).map((alert) => [alert.alert_id, alert.level]));
}

export interface AlertFilter {
  readonly kind: Alert["kind"] | "";
  readonly least: AlertSeverity;
}

export const ANY_ALERT: AlertFilter = { kind: "", least: "info" };

export function fitsFilter(alert: Alert, { kind, least }: AlertFilter): boolean {
  return (kind === "" || alert.kind === kind) && WEIGHT[alert.severity] >= WEIGHT[least];
}

/** The next or the previous id in a list; the first one when none is open. */
export function neighbour(ids: readonly string[], open: string | null, step: 1 | -1): string | null {
  const at = open === null ? -1 : ids.indexOf(open);
  if (at < 0) return ids[step === 1 ? 0 : ids.length - 1] ?? null;
  return ids[at + step] ?? null;
}
