import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keysVelocity, PtzDrive, STILL, stickVelocity, type Velocity } from "./ptz-drive.ts";

const LEFT: Velocity = { pan: -0.5, tilt: 0, zoom: 0 };
const UP: Velocity = { pan: 0, tilt: 0.5, zoom: 0 };

describe("driving a camera", () => {
  const sent: (Velocity | "stop")[] = [];
  const errors: unknown[] = [];
  let failing = false;
  let answer: (() => void) | null = null;
  let slow = false;
  const send = (what: Velocity | "stop") => {
    sent.push(what);
    if (failing) return Promise.reject(new Error("no line"));
    return slow ? new Promise<void>((resolve) => (answer = resolve)) : Promise.resolve();
  };
  let drive: PtzDrive;

  beforeEach(() => {
    vi.useFakeTimers();
    sent.length = errors.length = 0;
    failing = slow = false;
    drive = new PtzDrive({ move: send, stop: () => send("stop"), onError: (error) => errors.push(error) });
  });
  afterEach(() => {
    drive.release();
    vi.useRealTimers();
  });
  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  it("is told to go on while it is wanted, and to stop once", async () => {
    drive.want(LEFT);
    await settle(900);
    expect(sent).toEqual([LEFT, LEFT, LEFT]);
    drive.release();
    await settle(2_000);
    expect(sent).toEqual([LEFT, LEFT, LEFT, "stop"]);
  });

  it("sends the last wish when an answer was slow, and never forgets the stop", async () => {
    slow = true;
    drive.want(LEFT);
    drive.want(UP);
    drive.want(STILL);
    await settle(1_000);
    expect(sent).toEqual([LEFT]);
    slow = false;
    answer?.();
    await settle();
    expect(sent).toEqual([LEFT, "stop"]);
  });

  it("lets go when the line is lost, and says so", async () => {
    failing = true;
    drive.want(LEFT);
    await settle(3_000);
    expect(sent).toEqual([LEFT]);
    expect(errors).toHaveLength(1);
  });

  it("says nothing to a camera that stands still", async () => {
    drive.release();
    await settle(1_000);
    expect(sent).toEqual([]);
  });
});

describe("stick and keys", () => {
  it("rests in the middle, is slow near it and full at the edge", () => {
    expect(stickVelocity(0.05, -0.05)).toEqual(STILL);
    expect(stickVelocity(1, 0)).toEqual({ pan: 1, tilt: -0, zoom: 0 });
    expect(stickVelocity(0, -3).tilt).toBe(1);
    expect(stickVelocity(0.5, 0).pan).toBeLessThan(0.2);
  });

  it("adds the keys that are held", () => {
    expect(keysVelocity(new Set(["ArrowLeft", "ArrowUp", "+"]), false)).toEqual({ pan: -0.4, tilt: 0.4, zoom: 0.4 });
    expect(keysVelocity(new Set(["ArrowLeft", "ArrowRight"]), true)).toEqual(STILL);
    expect(keysVelocity(new Set(["x"]), true)).toEqual(STILL);
  });
});
