import { describe, expect, it } from "vitest";
import { alert } from "../testing/alerts.ts";
import { byUrgency, called, fitsFilter, neighbour, newlyCalling, withAlert } from "./alert-list.ts";

describe("open alerts", () => {
  it("are kept by version: news replaces, an echo changes nothing, the end takes away", () => {
    const open = [alert({ version: 2 })];
    expect(withAlert(open, alert({ version: 2, count: 9 }))).toBe(open);
    expect(withAlert(open, alert({ version: 1, state: "resolved" }))).toBe(open);
    expect(withAlert(open, alert({ version: 3, state: "acknowledged" }))).toEqual([alert({ version: 3, state: "acknowledged" })]);
    expect(withAlert(open, alert({ version: 3, state: "resolved" }))).toEqual([]);
    expect(withAlert([], alert({ state: "resolved" }))).toEqual([]);
  });

  it("stand in the order in which they ask for a person", () => {
    const taken = alert({ alert_id: "taken", severity: "emergency", state: "assigned" });
    const light = alert({ alert_id: "light", severity: "notice" });
    const grave = alert({ alert_id: "grave", severity: "emergency" });
    const older = alert({ alert_id: "older", severity: "emergency", state: "escalated", raised_at: "2026-11-22T09:00:00Z" });
    expect([taken, light, grave, older].sort(byUrgency).map((each) => each.alert_id)).toEqual(["older", "grave", "light", "taken"]);
  });

  it("call out once, and again when they go a level up", () => {
    const first = alert();
    expect(newlyCalling(new Map(), [first])).toEqual([first]);
    const known = called([first]);
    expect(newlyCalling(known, [alert({ version: 2, count: 2 })])).toEqual([]);
    expect(newlyCalling(known, [alert({ version: 3, state: "escalated", level: 1 })])).toHaveLength(1);
    expect(newlyCalling(known, [alert({ version: 4, state: "acknowledged", level: 1 })])).toEqual([]);
  });

  it("are filtered by kind and by weight", () => {
    expect(fitsFilter(alert({ severity: "notice" }), { kind: "", least: "warning" })).toBe(false);
    expect(fitsFilter(alert({ severity: "emergency", kind: "report" }), { kind: "report", least: "warning" })).toBe(true);
    expect(fitsFilter(alert({ kind: "tamper" }), { kind: "report", least: "info" })).toBe(false);
  });

  it("are walked with J and K", () => {
    expect(neighbour(["a", "b"], null, 1)).toBe("a");
    expect(neighbour(["a", "b"], "a", 1)).toBe("b");
    expect(neighbour(["a", "b"], "b", 1)).toBeNull();
    expect(neighbour(["a", "b"], "b", -1)).toBe("a");
    expect(neighbour([], null, 1)).toBeNull();
  });
});
