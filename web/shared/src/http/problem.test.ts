import { describe, expect, it } from "vitest";
import { asProblem, Problem, problemFrom, retryAfter } from "./problem.ts";

describe("problemFrom", () => {
  it("reads a problem body with its fields, trace and wait", () => {
    const problem = problemFrom(422, new Headers({ "Retry-After": "30" }), {
      type: "urn:hejnal:problem:place-outside-town",
      title: "Unprocessable",
      detail: "Pinezka leży poza miastem.",
      trace_id: "abc",
      errors: [{ pointer: "/body/place/lat", detail: "outside", code: "range" }],
    });
    expect(problem).toMatchObject({
      kind: "invalid",
      slug: "place-outside-town",
      detail: "Pinezka leży poza miastem.",
      retryAfterS: 30,
      traceId: "abc",
      errors: [{ field: "place/lat", message: "outside", code: "range" }],
    });
  });

  it.each([
    [503, "unavailable"],
    [401, "unauthenticated"],
    [429, "rateLimited"],
    [418, "unexpected"],
  ] as const)("knows the kind of status %i without a body", (status, kind) => {
    expect(problemFrom(status, new Headers(), undefined).kind).toBe(kind);
  });
});

describe("asProblem", () => {
  it("takes a failed fetch for no connection", () => {
    expect(asProblem(new TypeError("Failed to fetch"))).toMatchObject({ kind: "offline", passing: true });
  });

  it("keeps a problem as it is", () => {
    const problem = new Problem(409, "busy", "");
    expect(asProblem(problem)).toBe(problem);
  });
});

describe("retryAfter", () => {
  it("reads seconds and dates", () => {
    expect(retryAfter("12")).toBe(12);
    expect(retryAfter("Sun, 22 Nov 2026 10:01:00 GMT", new Date("2026-11-22T10:00:00Z"))).toBe(60);
    expect(retryAfter("soon")).toBeUndefined();
    expect(retryAfter(null)).toBeUndefined();
  });
});
