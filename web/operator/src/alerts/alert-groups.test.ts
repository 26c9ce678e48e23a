import { describe, expect, it } from "vitest";
import type { Alert } from "../api/alerts.ts";
import { alert as alertOf } from "../testing/alerts.ts";
import { grouped } from "./alert-groups.ts";

const alert = (number: number, change: Partial<Alert>) => alertOf({ alert_id: `al-${number}`, ...change });
const START = Date.parse("2026-11-22T15:00:00Z");
const fault = (number: number, atS: number, change: Partial<Alert> = {}) => alert(number, { kind: "camera_fault", raised_at: new Date(START + atS * 1_000).toISOString(), ...change });

const shape = (alerts: readonly Alert[]) => grouped(alerts).map((item) => ("alert" in item ? item.alert.alert_id : item.group.alerts.length));

describe("grouped", () => {
  it("makes one item of cameras that went dark together, in the place of the first", () => {
    const dark = Array.from({ length: 40 }, (_, index) => fault(index + 1, index * 3));
    const tamper = alert(99, { kind: "tamper" });
    expect(shape([tamper, ...dark])).toEqual([tamper.alert_id, 40]);
  });

  it("leaves a few, those of another time, and other kinds alone", () => {
    const few = Array.from({ length: 4 }, (_, index) => fault(index + 1, index));
    const later = Array.from({ length: 5 }, (_, index) => fault(index + 11, 3_600 + index));
    expect(shape([...few, ...later])).toEqual([...few.map((one) => one.alert_id), 5]);
    expect(shape(Array.from({ length: 9 }, (_, index) => alert(index, { kind: "report" })))).toHaveLength(9);
  });

  it("keeps what waits apart from what is taken", () => {
    const waiting = Array.from({ length: 6 }, (_, index) => fault(index + 1, index));
    const taken = Array.from({ length: 7 }, (_, index) => fault(index + 21, index, { state: "acknowledged" }));
    expect(shape([...waiting, ...taken])).toEqual([6, 7]);
  });
});
