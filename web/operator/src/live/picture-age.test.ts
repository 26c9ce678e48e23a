import { describe, expect, it } from "vitest";
import { PictureAge } from "./picture-age.ts";

const FRAME_MS = 40;

/** Shows frames 40 ms apart on the camera's clock, each `lateMs(n)` later than a prompt one would be. */
function ages(frames: number, lateMs: (frame: number) => number, rtpStart = 0, slower = 0): number[] {
  const age = new PictureAge();
  return Array.from({ length: frames }, (_, frame) =>
    Math.round(age.of({ shownAtMs: 1_000 + frame * FRAME_MS * (1 + slower) + lateMs(frame), rtpTimestamp: (rtpStart + frame * 3_600) % 2 ** 32 })),
  );
}

describe("the age of a picture", () => {
  it("is what the browser knows, where it knows when a frame was taken", () => {
    expect(new PictureAge().of({ shownAtMs: 5_000, captureTime: 4_780, rtpTimestamp: 1 })).toBe(220);
  });

  it("grows by what piles up on the way, and shrinks when it is caught up", () => {
    const seen = ages(300, (frame) => (frame > 100 && frame < 200 ? 2_400 : 0));
    expect(seen[50]).toBe(60);
    expect(seen[150]).toBeGreaterThan(2_400);
    expect(seen[250]).toBeLessThan(70);
  });

  it("takes the first frame's own delay for granted only until a prompter one comes", () => {
    const seen = ages(100, (frame) => (frame < 10 ? 500 - frame * 50 : 0));
    expect(seen[0]).toBe(60);
    expect(seen[99]).toBe(60);
  });

  it("does not take a slow clock for a late picture", () => {
    expect(Math.max(...ages(90_000, () => 0, 0, 200e-6))).toBeLessThan(70);
  });

  it("counts on over the end of 32 bits", () => {
    expect(Math.max(...ages(300, () => 0, 2 ** 32 - 100_000))).toBe(60);
  });

  it("begins anew with another sequence", () => {
    const age = new PictureAge();
    age.of({ shownAtMs: 0, rtpTimestamp: 900_000_000 });
    expect(age.of({ shownAtMs: 3_000, rtpTimestamp: 5 })).toBe(60);
    expect(age.of({ shownAtMs: 3_040, rtpTimestamp: 3_605 })).toBe(60);
  });
});
