import { describe, expect, it } from "vitest";
import type { Filter } from "../api.ts";
import { categoriesOn, filtersOf, firstWish, pushWishOf, toggled, wishFrom, wishOfBrowser, withChannel } from "./wish.ts";

const filter: Filter = { categories: ["water", "power"], min_severity: "warning", places: [], channels: ["email"], label: "" };

describe("wishFrom and filtersOf", () => {
  it("joins topics with equal channels into one filter", () => {
    const wish = wishFrom({
      filters: [filter, { ...filter, categories: ["power"], channels: ["sms"], min_severity: "notice" }],
      quiet_hours: { starts: "22:00:00", ends: "06:30:00" },
      language: "uk",
    });
    expect(wish).toMatchObject({ minSeverity: "notice", quiet: { starts: "22:00", ends: "06:30" }, language: "uk" });
    expect(filtersOf(wish)).toEqual([
      { categories: ["water"], channels: ["email"], min_severity: "notice", places: [], label: "" },
      { categories: ["power"], channels: ["email", "sms"], min_severity: "notice", places: [], label: "" },
    ]);
  });

  it("starts from everything when nothing was ever chosen", () => {
    expect(wishFrom({ filters: [], quiet_hours: null, language: "pl" })).toMatchObject({ minSeverity: "info", places: [], topics: {} });
  });

  it("keeps several places with their names, each once", () => {
    const home = { area: { kind: "circle" as const, center: { lat: 51, lon: 21 }, radius_m: 500 }, label: "Dom" };
    const school = { area: { kind: "streets" as const, streets: ["Szkolna"] }, label: "Szkoła" };
    const wish = wishFrom({
      filters: [
        { ...filter, places: [home, school] },
        { ...filter, channels: ["sms"], places: [home] },
      ],
      quiet_hours: null,
      language: "pl",
    });
    expect(wish.places).toEqual([home, school]);
    expect(filtersOf(wish)[0]).toMatchObject({ places: [home, school] });
    expect(pushWishOf(wish).places).toEqual([home, school]);
  });

  it("takes the whole town where one of the filters has no place", () => {
    const home = { area: { kind: "circle" as const, center: { lat: 51, lon: 21 }, radius_m: 500 }, label: "Dom" };
    const filters = [{ ...filter, places: [home] }, filter];
    expect(wishFrom({ filters, quiet_hours: null, language: "pl" }).places).toEqual([]);
  });

  it("is the same for a browser without an account, there and back", () => {
    const wish = { ...firstWish(["water", "power"], "uk"), places: [{ area: { kind: "circle" as const, center: { lat: 51, lon: 21 }, radius_m: 300 }, label: "Dom" }] };
    expect(wishOfBrowser(pushWishOf(wish))).toEqual(wish);
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
      { categories: ["water", "power"], channels: ["sms"], min_severity: "info", places: [], label: "" },
    ]);
  });
});
