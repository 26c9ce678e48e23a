import { describe, expect, it } from "vitest";
import { type KnownStatus, type TileInput, tileState } from "./tile-state.ts";

const NOW = 100_000;
const LIVE: KnownStatus = { condition: "live", cause: null, detail: "", since: new Date(0).toISOString(), retry_at: null };
const GONE: KnownStatus = {
  condition: "retrying",
  cause: "no_route",
  detail: "10.0.0.7",
  since: new Date(40_000).toISOString(),
  retry_at: new Date(NOW + 3_000).toISOString(),
};
const input = (change: Partial<TileInput>): TileInput => ({
  status: LIVE,
  line: { kind: "connected" },
  lastFrameAtMs: NOW - 40,
  lastFrameAgeMs: 0,
  watchingSinceMs: 0,
  nowMs: NOW,
  everyMs: null,
  ...change,
});

describe("tileState", () => {
  it("is live only with a frame in the last 1.5 s", () => {
    expect(tileState(input({}))).toEqual({ kind: "live", ageMs: 40 });
    expect(tileState(input({ lastFrameAtMs: NOW - 1_500 })).kind).toBe("live");
    expect(tileState(input({ lastFrameAtMs: NOW - 1_501 }))).toEqual({ kind: "late", ageMs: 1_501 });
  });

  it("calls a picture late that moves but shows what was long ago", () => {
    expect(tileState(input({ lastFrameAgeMs: 300 }))).toEqual({ kind: "live", ageMs: 340 });
    expect(tileState(input({ lastFrameAgeMs: 2_400 }))).toEqual({ kind: "late", ageMs: 2_440 });
    expect(tileState(input({ lastFrameAgeMs: 20_000 }))).toEqual({ kind: "late", ageMs: 20_040 });
  });

  it("calls no picture live that is sent seldom, and late only when the next one is", () => {
    expect(tileState(input({ everyMs: 2_000 }))).toEqual({ kind: "paced", everyMs: 2_000 });
    expect(tileState(input({ everyMs: 2_000, lastFrameAtMs: NOW - 3_400 }))).toEqual({ kind: "paced", everyMs: 2_000 });
    expect(tileState(input({ everyMs: 2_000, lastFrameAtMs: NOW - 3_600 }))).toEqual({ kind: "late", ageMs: 3_600 });
  });

  it("never says live from the gateway's word alone", () => {
    expect(tileState(input({ lastFrameAtMs: null, watchingSinceMs: NOW - 1_000 })).kind).toBe("connecting");
    expect(tileState(input({ lastFrameAtMs: null, watchingSinceMs: NOW - 6_000 }))).toMatchObject({ kind: "gone", cause: "no_frames" });
  });

  it("gives the camera's own cause and since when it is gone", () => {
    expect(tileState(input({ status: GONE, lastFrameAtMs: NOW - 3_000 }))).toEqual({
      kind: "gone",
      cause: "no_route",
      sinceMs: 40_000,
      detail: "10.0.0.7",
      retryAtMs: NOW + 3_000,
    });
  });

  it("believes the frames it sees over an older word that the camera is gone", () => {
    expect(tileState(input({ status: GONE })).kind).toBe("live");
  });

  it("calls a picture gone after ten seconds without a frame", () => {
    expect(tileState(input({ lastFrameAtMs: NOW - 9_999 })).kind).toBe("late");
    expect(tileState(input({ lastFrameAtMs: NOW - 10_000 }))).toMatchObject({ kind: "gone", cause: "no_frames", sinceMs: NOW - 10_000 });
  });

  it("tells the operator's own line from the camera's", () => {
    const waiting = { kind: "waiting", attempt: 3, retryAtMs: NOW + 900, reason: { status: 0, slug: "", detail: "" } } as const;
    expect(tileState(input({ line: waiting, lastFrameAtMs: NOW - 20_000 }))).toMatchObject({ kind: "gone", cause: "line_lost", retryAtMs: NOW + 900 });
    const busy = { ...waiting, reason: { status: 503, slug: "viewers-full", detail: "full" } };
    expect(tileState(input({ line: busy, lastFrameAtMs: null, watchingSinceMs: 0 }))).toMatchObject({ cause: "gateway_unavailable", detail: "full" });
  });

  it("does not count the time in which the page was hidden", () => {
    expect(tileState(input({ lastFrameAtMs: NOW - 60_000, watchingSinceMs: NOW - 200 })).kind).toBe("live");
    expect(tileState(input({ lastFrameAtMs: NOW - 60_000, watchingSinceMs: NOW - 2_000 }))).toEqual({ kind: "late", ageMs: 2_000 });
  });

  it("says that nobody reports on the camera, and since when", () => {
    const unknown: KnownStatus = { ...LIVE, condition: "unknown", since: new Date(70_000).toISOString() };
    const input_ = input({ status: unknown, lastFrameAtMs: null, watchingSinceMs: 0 });
    expect(tileState(input_)).toMatchObject({ kind: "gone", cause: "no_word", sinceMs: 70_000 });
  });

  it("asks for a reason where a camera needs one", () => {
    const refused = { kind: "refused", reason: { status: 422, slug: "reason-required", detail: "" } } as const;
    expect(tileState(input({ line: refused, lastFrameAtMs: null }))).toMatchObject({ kind: "gone", cause: "reason_required" });
  });

  it("says who refused", () => {
    const refused = { kind: "refused", reason: { status: 403, slug: "role-not-allowed", detail: "Tylko operator" } } as const;
    expect(tileState(input({ line: refused, lastFrameAtMs: null }))).toMatchObject({ kind: "gone", cause: "forbidden", detail: "Tylko operator" });
  });
});
