import { describe, expect, it } from "vitest";
import type { Filter } from "../api.ts";
import { categoriesOn, filtersOf, firstWish, toggled, wishFrom, withChannel } from "./wish.ts";

const filter: Filter = { categories: ["water", "power"], min_severity: "warning", area: null, channels: ["email"], label: "" };

describe("wishFrom and filtersOf", () => {
  it("joins topics with equal channels into one filter", () => {
    const wish = wishFrom({
      filters: [filter, { ...filter, categories: ["power"], channels: ["sms"], min_severity: "notice" }],
      quiet_hours: { starts: "22:00:00", ends: "06:30:00" },
      language: "uk",
    });
    expect(wish).toMatchObject({ minSeverity: "notice", quiet: { starts: "22:00", ends: "06:30" }, language: "uk" });
    expect(filtersOf(wish)).toEqual([
      { categories: ["water"], channels: ["email"], min_severity: "notice", area: null, label: "" },
      { categories: ["power"], channels: ["email", "sms"], min_severity: "notice", area: null, label: "" },
    ]);
  });

  it("starts from everything when nothing was ever chosen", () => {
    expect(wishFrom({ filters: [], quiet_hours: null, language: "pl" })).toMatchObject({ minSeverity: "info", area: null, topics: {} });
  });

  it("keeps a place with its name", () => {
    const area = { kind: "circle" as const, center: { lat: 51, lon: 21 }, radius_m: 500 };
    const wish = wishFrom({ filters: [{ ...filter, area, label: "Dom" }], quiet_hours: null, language: "pl" });
    expect(filtersOf(wish)[0]).toMatchObject({ area, label: "Dom" });
  });
});

describe("changing a wish", () => {
  it("switches one topic on one channel", () => {
    const wish = toggled(firstWish(["water", "power"], "pl"), "water", "push");
    expect(categoriesOn(wish, "push")).toEqual(["power"]);
    expect(categoriesOn(toggled(wish, "water", "push"), "push")).toEqual(["water", "power"]);
  });

  it("switches a whole channel and leaves the others", () => {
    const wish = withChannel(firstWish(["water", "power"], "pl"), ["water", "power"], "sms", true);
    expect(filtersOf(withChannel(wish, ["water", "power"], "push", false))).toEqual([
      { categories: ["water", "power"], channels: ["sms"], min_severity: "info", area: null, label: "" },
    ]);
  });
});
