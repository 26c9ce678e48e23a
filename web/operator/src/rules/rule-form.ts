import type { AlertRule, AlertRuleDraft } from "../api/rules.ts";

export const TRIGGERS = ["tamper", "camera_offline", "stream_fault", "report", "request", "manual"] as const;

export const NEW_RULE: AlertRuleDraft = {
  name: "",
  trigger: "tamper",
  position: 100,
  enabled: true,
  raises: true,
  severity: null,
  camera_ids: [],
  camera_groups: [],
  tamper_kinds: [],
  min_confidence: 0,
  causes: [],
  categories: [],
  urgent_only: true,
  sources: [],
  offline_after_s: 120,
  window_s: 900,
  quiet_hours: [],
  escalation: [],
};

/** What the service keeps of a rule beside its text. */
const KEPT: ReadonlySet<string> = new Set(["rule_id", "version", "changed_by", "changed_at"]);

/** A rule as its form has it. */
export function draftOf(rule: AlertRule): AlertRuleDraft {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => !KEPT.has(key))) as unknown as AlertRuleDraft;
}

export type RuleFault = "name" | "position" | "offline" | "window" | "quiet" | "escalation";

/** What keeps a rule from being saved. */
export function faultsOfRule(rule: AlertRuleDraft): readonly RuleFault[] {
  const within = (value: number, least: number, most: number) => Number.isInteger(value) && value >= least && value <= most;
  const faults: RuleFault[] = [];
  if (rule.name.trim() === "") faults.push("name");
  if (!within(rule.position, 0, 10_000)) faults.push("position");
  if (rule.trigger === "camera_offline" && !within(rule.offline_after_s, 5, 86_400)) faults.push("offline");
  if (!within(rule.window_s, 0, 86_400)) faults.push("window");
  if (rule.quiet_hours.some((hours) => hours.days.length === 0 || !/^\d\d:\d\d/.test(hours.starts) || !/^\d\d:\d\d/.test(hours.ends))) faults.push("quiet");
  if (rule.escalation.some((level) => level.tell.length === 0 || !within(level.after_s, 5, 86_400))) faults.push("escalation");
  return faults;
}
