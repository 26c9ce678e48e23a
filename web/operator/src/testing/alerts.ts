import type { Alert, AlertWithLog } from "../api/alerts.ts";

export function alert(change: Partial<Alert> = {}): Alert {
  return {
    alert_id: "al-1",
    version: 1,
    state: "raised",
    kind: "tamper",
    severity: "warning",
    summary: "Zasłonięty obraz: Rynek 1",
    reason: "tamper:covered",
    place: { lat: 51.051, lon: 20.95 },
    address: "Rynek 1",
    camera_ids: ["cam-001"],
    source: "cam-001",
    rule_id: null,
    count: 1,
    raised_at: "2026-11-22T10:00:00Z",
    raised_by: null,
    last_at: "2026-11-22T10:00:00Z",
    cleared_at: null,
    level: 0,
    told: [],
    escalate_at: null,
    acknowledged_by: null,
    acknowledged_at: null,
    assigned_to: null,
    assigned_by: null,
    assigned_at: null,
    outcome: null,
    resolution_note: "",
    resolved_by: null,
    resolved_at: null,
    incident_id: null,
    changed_at: "2026-11-22T10:00:00Z",
    ...change,
  };
}

export function alertWithLog(base: Alert = alert()): AlertWithLog {
  return { ...base, entries: [{ entry_id: `${base.alert_id}-e1`, kind: "raised", by: null, text: "", at: base.raised_at }] };
}
