import { describe, expect, it } from "vitest";
import { follow, rects, ticks, timeAt, windowAround, xOf, ZOOMS } from "./time-bar-geometry.ts";
import { joinSpans, seekTarget, type Span } from "./timeline.ts";

const T0 = Date.parse("2026-11-22T11:00:00Z");
const footage = (fromS: number, toS: number): Span => ({ kind: "footage", fromMs: T0 + fromS * 1000, toMs: T0 + toS * 1000, cause: null, detail: "" });
const gap = (fromS: number, toS: number, cause = "link_down"): Span => ({ kind: "gap", fromMs: T0 + fromS * 1000, toMs: T0 + toS * 1000, cause, detail: "" });

describe("the bar's window", () => {
  it("maps time to pixels and back", () => {
    const window = { fromMs: T0, spanMs: ZOOMS["10min"] };
    expect(xOf(window, T0 + 300_000, 800)).toBe(400);
    expect(timeAt(window, 400, 800)).toBe(T0 + 300_000);
    expect(timeAt(window, -50, 800)).toBe(T0);
    expect(timeAt(window, 9_999, 800)).toBe(T0 + 600_000);
    expect(timeAt(window, 10, 0)).toBe(T0);
  });

  it("centres on the moment but never runs past now", () => {
    expect(windowAround(T0, "1h", T0 + 86_400_000).fromMs).toBe(T0 - 1_800_000);
    expect(windowAround(T0, "1h", T0).fromMs).toBe(T0 - 3_600_000);
  });

  it("moves on only when the playhead nears its edge", () => {
    const window = { fromMs: T0, spanMs: 600_000 };
    expect(follow(window, T0 + 300_000, T0 + 9e6)).toBe(window);
    expect(follow(window, T0 + 599_000, T0 + 9e6).fromMs).toBe(T0 + 299_000);
    expect(follow(window, T0 + 599_000, T0 + 600_000)).toBe(window);
    expect(follow(window, T0 - 1_000_000, T0 + 9e6).fromMs).toBe(T0 - 1_300_000);
  });
});

describe("rects", () => {
  const window = { fromMs: T0, spanMs: ZOOMS["24h"] };

  it("shows even a one-second gap on a day's bar, above the footage", () => {
    const shown = rects(window, [footage(0, 3600), gap(3600, 3601), footage(3601, 7200)], 1000);
    const last = shown.at(-1);
    expect(last?.span.kind).toBe("gap");
    expect(last?.widthPx).toBe(2);
  });

  it("cuts spans at the edges and leaves out those outside", () => {
    const shown = rects(window, [footage(-7200, 3600), gap(90_000, 90_100), gap(86_399, 90_000)], 864);
    expect(shown).toHaveLength(2);
    expect(shown[0]).toMatchObject({ xPx: 0, widthPx: 36 });
    expect((shown[1]?.xPx ?? 0) + (shown[1]?.widthPx ?? 0)).toBeLessThanOrEqual(864);
  });
});

describe("ticks", () => {
  it("stand on round local times, not too close", () => {
    const marks = ticks({ fromMs: T0 + 90_000, spanMs: ZOOMS["24h"] }, 1200, 3_600_000);
    expect(marks.length).toBeGreaterThan(4);
    expect(marks.length).toBeLessThanOrEqual(1200 / 72 + 1);
    for (const at of marks) expect(((at + 3_600_000) / 3_600_000) % 2).toBe(0);
  });
});

describe("seekTarget", () => {
  const spans = [footage(0, 60), gap(60, 90, "stalled"), footage(90, 120), gap(120, 200, "disk_full")];

  it("plays where there is footage", () => {
    expect(seekTarget(spans, T0 + 30_000)).toEqual({ atMs: T0 + 30_000, skipped: null });
  });

  it("steps over a gap and says which", () => {
    const target = seekTarget(spans, T0 + 61_000);
    expect(target.atMs).toBe(T0 + 90_000);
    expect(target.skipped?.cause).toBe("stalled");
  });

  it("says so when nothing follows", () => {
    expect(seekTarget(spans, T0 + 130_000)).toMatchObject({ atMs: null, skipped: { cause: "disk_full" } });
  });
});

describe("joinSpans", () => {
  it("joins what touches and is alike, whatever the order", () => {
    expect(joinSpans([footage(60, 120), footage(0, 60), gap(120, 130), gap(130, 140, "stalled")])).toEqual([
      footage(0, 120),
      gap(120, 130),
      gap(130, 140, "stalled"),
    ]);
  });
});
