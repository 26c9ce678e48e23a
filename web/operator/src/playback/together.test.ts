import { describe, expect, it } from "vitest";
import type { Span } from "./timeline.ts";
import { firstFootage, nextMove, TogetherClock, togetherIds, togetherPath } from "./together.ts";

const T0 = Date.parse("2026-11-22T11:00:00Z");
const FRAME_MS = 40;
const footage = (fromS: number, toS: number): Span => ({ kind: "footage", fromMs: T0 + fromS * 1000, toMs: T0 + toS * 1000, cause: null, detail: "" });
const gap = (fromS: number, toS: number): Span => ({ kind: "gap", fromMs: T0 + fromS * 1000, toMs: T0 + toS * 1000, cause: "link_down", detail: "" });

describe("the one clock", () => {
  it("runs at its rate, stands while somebody is not ready, and goes on without those who never are", () => {
    let now = 0;
    const clock = new TogetherClock(T0, () => now);
    now = 1_000;
    expect(clock.atMs()).toBe(T0 + 1_000);
    clock.setRate(4);
    now = 2_000;
    expect(clock.atMs()).toBe(T0 + 5_000);
    clock.setReady("a", false);
    now = 3_000;
    expect(clock.moving).toBe(false);
    expect(clock.atMs()).toBe(T0 + 5_000);
    clock.setReady("a", true);
    now = 4_000;
    expect(clock.atMs()).toBe(T0 + 9_000);
    clock.setReady("b", false);
    now = 20_000;
    clock.setReady("b", false);
    expect(clock.moving).toBe(true);
    expect(clock.atMs()).toBe(T0 + 9_000);
    clock.setRunning(false);
    now = 30_000;
    expect(clock.atMs()).toBe(T0 + 9_000);
    clock.moveTo(T0);
    expect(clock.atMs()).toBe(T0);
  });
});

describe("a camera beside the clock", () => {
  const at = { clockMs: T0, moving: true, rate: 1, keyFramesOnly: false, inGap: false, shownMs: T0 - 20, frameMs: FRAME_MS };

  it("comes into step to a frame from any stray below a second, at any rate, and stays there", () => {
    for (const rate of [0.25, 1, 4]) {
      for (const stray of [-900, -300, -60, 60, 300, 900]) {
        let clockMs = T0;
        let mediaMs = T0 + stray;
        for (let tick = 0; tick < 200; tick += 1) {
          const shownMs = Math.floor(mediaMs / FRAME_MS) * FRAME_MS;
          const move = nextMove({ ...at, clockMs, rate, shownMs });
          if (move.kind === "jump") mediaMs = move.toMs;
          const factor = move.kind === "play" ? move.factor : 1;
          mediaMs += 100 * rate * factor;
          clockMs += 100 * rate;
        }
        expect(Math.abs(mediaMs - clockMs), `rate ${rate}, stray ${stray}`).toBeLessThanOrEqual(FRAME_MS);
      }
    }
  });

  it("jumps when it is far away, rests in a gap, and holds to the frame while the clock stands", () => {
    expect(nextMove({ ...at, shownMs: T0 + 5_000 })).toEqual({ kind: "jump", toMs: T0 });
    expect(nextMove({ ...at, shownMs: null })).toEqual({ kind: "jump", toMs: T0 });
    expect(nextMove({ ...at, inGap: true })).toEqual({ kind: "rest" });
    expect(nextMove({ ...at, moving: false })).toEqual({ kind: "hold" });
    expect(nextMove({ ...at, moving: false, shownMs: T0 - 120 })).toEqual({ kind: "jump", toMs: T0 });
    expect(nextMove({ ...at, keyFramesOnly: true, rate: 16, shownMs: T0 - 1_900 })).toEqual({ kind: "play", factor: 1 });
  });
});

describe("what several cameras have", () => {
  it("goes on where the first of them has footage again", () => {
    const lanes = [[footage(0, 10), gap(10, 40), footage(40, 50)], [gap(0, 30), footage(30, 50)]];
    expect(firstFootage(lanes, T0 + 5_000)).toBe(T0 + 5_000);
    expect(firstFootage(lanes, T0 + 12_000)).toBe(T0 + 30_000);
    expect(firstFootage(lanes, T0 + 60_000)).toBeNull();
  });

  it("stands in the address", () => {
    const path = togetherPath(["cam-001", "cam-002"], T0 + 999);
    expect(path).toBe("/playback/cam-001?at=2026-11-22T11:00:00.000Z&cameras=cam-001,cam-002");
    expect(togetherIds(path.split("?")[1] ?? "")).toEqual(["cam-001", "cam-002"]);
    expect(togetherIds("cameras=a,a,")).toEqual([]);
    expect(togetherIds("cameras=a,b,c,d,e")).toEqual(["a", "b", "c", "d"]);
  });
});
