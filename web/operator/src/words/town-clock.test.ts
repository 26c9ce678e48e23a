import { describe, expect, it } from "vitest";
import { clock, clockWithSeconds, dayDistance, fromLocalInput, toLocalInput, townDay, zoneOffsetMs } from "./town-clock.ts";

const at = (iso: string) => Date.parse(iso);

describe("the town's clock", () => {
  it("shows Warsaw time in winter and in summer", () => {
    expect(clock(at("2026-11-22T11:03:07Z"))).toBe("12:03");
    expect(clockWithSeconds(at("2026-07-01T11:03:07.9Z"))).toBe("13:03:07");
    expect(zoneOffsetMs(at("2026-07-01T00:00:00.500Z"))).toBe(7_200_000);
    expect(townDay(at("2026-12-31T23:30:00Z"))).toBe("2027-01-01");
  });

  it("reads back what it wrote, through both changes of the clock", () => {
    for (const iso of ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z", "2026-11-22T11:03:00Z"]) {
      expect(fromLocalInput(toLocalInput(at(iso)))).toBe(at(iso));
    }
  });

  it("takes the earlier of the two hours that have one name", () => {
    expect(fromLocalInput("2026-10-25T02:30")).toBe(at("2026-10-25T00:30:00Z"));
    expect(fromLocalInput("soon")).toBeNull();
  });

  it("counts calendar days, not spans of 24 hours", () => {
    const now = at("2026-11-22T23:30:00+01:00");
    expect(dayDistance(at("2026-11-23T00:10:00+01:00"), now)).toBe(1);
    expect(dayDistance(at("2026-11-22T00:10:00+01:00"), now)).toBe(0);
    expect(dayDistance(at("2026-11-21T23:59:00+01:00"), now)).toBe(-1);
  });
});
