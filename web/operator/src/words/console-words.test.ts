import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { duration, exact, momentWithSeconds, since } from "./console-words.ts";

const t = ((key: string, values: Record<string, unknown>) => `${key} ${Object.values(values).join(" ")}`) as unknown as TFunction;
const at = (iso: string) => Date.parse(iso);
const NOW = at("2026-11-22T12:00:00+01:00");

describe("words for time", () => {
  it.each([
    [-5, "duration.seconds 0"],
    [1_499, "duration.seconds 1"],
    [89_000, "duration.seconds 89"],
    [90_000, "duration.minutes 2"],
    [59 * 60_000, "duration.minutes 59"],
    [3_600_000, "duration.hours 1 00"],
    [47.9 * 3_600_000, "duration.hours 47 54"],
    [48 * 3_600_000, "duration.days 2"],
  ])("%d ms is %s", (ms, words) => {
    expect(duration(t, ms)).toBe(words);
  });

  it("says since when, as short as it is clear", () => {
    expect(since(t, at("2026-11-22T08:03:00+01:00"), NOW)).toBe("08:03");
    expect(since(t, at("2026-11-21T23:40:00+01:00"), NOW)).toBe("moment.yesterday 23:40");
    expect(since(t, at("2026-11-18T12:03:00+01:00"), NOW)).toBe("18.11 12:03");
  });

  it("names the day where it is not today", () => {
    expect(momentWithSeconds(at("2026-11-22T08:03:07+01:00"), NOW)).toBe("08:03:07");
    expect(momentWithSeconds(at("2026-11-21T08:03:07+01:00"), NOW)).toBe("21.11 08:03:07");
    expect(exact(at("2026-11-21T08:03:07+01:00"))).toBe("21.11.2026 08:03:07");
  });
});
