import { describe, expect, it } from "vitest";
import { emptyRequest, faultsOf, formOf } from "./footage-form.ts";

const NOW = new Date("2026-11-22T12:00:00+01:00");
const WHOLE = {
  ...emptyRequest(),
  place: "Rynek, przed ratuszem",
  day: "2026-11-21",
  from: "14:00",
  to: "14:30",
  description: "Czerwona kurtka, niebieski plecak",
  name: "Anna Nowak",
  contact: "anna@example.pl",
};

describe("a request for one's own footage", () => {
  it("names each field that is missing", () => {
    expect(Object.keys(faultsOf(emptyRequest(), NOW))).toEqual(["place", "day", "from", "to", "description", "name", "contact"]);
    expect(faultsOf(WHOLE, NOW)).toEqual({});
  });

  it("knows times that cannot be", () => {
    expect(faultsOf({ ...WHOLE, day: "2026-11-23" }, NOW)).toEqual({ day: "future" });
    expect(faultsOf({ ...WHOLE, to: "13:00" }, NOW)).toEqual({ to: "order" });
    expect(faultsOf({ ...WHOLE, to: "21:00" }, NOW)).toEqual({ to: "span" });
    expect(faultsOf({ ...WHOLE, description: "kurtka" }, NOW)).toEqual({ description: "short" });
  });

  it("runs over midnight, and is sent with its instant", () => {
    const night = { ...WHOLE, from: "23:30", to: "00:30" };
    expect(faultsOf(night, NOW)).toEqual({});
    expect(formOf(night, "pl")).toMatchObject({ from: "2026-11-21T22:30:00.000Z", to: "2026-11-21T23:30:00.000Z", camera_id: null });
  });
});
