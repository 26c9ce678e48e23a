import { describe, expect, it } from "vitest";
import { ANY_REPORT, boundsOfReports, isNarrowed, reportQuery } from "./report-filter.ts";

describe("which reports are asked for", () => {
  it("names only what narrows the queue", () => {
    expect(reportQuery(ANY_REPORT)).toEqual({ status: ["received", "in_progress", "planned"] });
    expect(reportQuery({ ...ANY_REPORT, state: "all" })).toEqual({});
    expect(reportQuery({ state: "fresh", words: " Lipowa ", category: "roads", unit: "Zarząd Dróg", urgent: true })).toEqual({
      status: ["received"],
      q: "Lipowa",
      category: ["roads"],
      unit: "Zarząd Dróg",
      urgent: true,
    });
  });

  it("does not ask for a single letter", () => {
    expect(reportQuery({ ...ANY_REPORT, words: "L " })).not.toHaveProperty("q");
    expect(isNarrowed({ ...ANY_REPORT, words: "L" })).toBe(false);
    expect(isNarrowed({ ...ANY_REPORT, urgent: true })).toBe(true);
  });

  it("shows all their places", () => {
    expect(boundsOfReports([])).toBeNull();
    const bounds = boundsOfReports([{ place: { lat: 51, lon: 21 } }, { place: { lat: 51.5, lon: 20 } }]);
    expect(bounds?.map((edge) => Number(edge.toFixed(3)))).toEqual([19.999, 50.999, 21.001, 51.501]);
  });
});
