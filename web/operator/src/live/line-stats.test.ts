import { describe, expect, it } from "vitest";
import { type LineStats, PathWatch, readStats } from "./line-stats.ts";

const report = (...stats: object[]) => new Map(stats.map((one, index) => [String(index), one])) as unknown as RTCStatsReport;

describe("readStats", () => {
  it("takes the video and the path that is used", () => {
    const found = readStats(
      report(
        { type: "inbound-rtp", kind: "audio", packetsReceived: 7 },
        { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
        { type: "inbound-rtp", kind: "video", framesReceived: 50, packetsReceived: 400, packetsLost: 3 },
        { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.02 },
      ),
    );
    expect(found).toEqual({ pictures: 50, packets: 400, lost: 3, roundTripS: 0.02 });
  });

  it("knows nothing before the first picture", () => {
    expect(readStats(report({ type: "transport" }))).toBeNull();
  });
});

describe("PathWatch", () => {
  const at = (step: number, lost: number, roundTripS: number | null = 0.01): LineStats => ({ pictures: step, packets: step * 100, lost, roundTripS });

  it("calls a line thin after three bad measurements in a row, and well again after many good ones", () => {
    const watch = new PathWatch();
    const seen = [0, 20, 40, 60].map((lost, step) => {
      watch.take(at(step, lost));
      return watch.thin;
    });
    expect(seen).toEqual([false, false, false, true]);
    for (let step = 4; step < 18; step += 1) watch.take(at(step, 60));
    expect(watch.thin).toBe(true);
    watch.take(at(18, 60));
    expect(watch.thin).toBe(false);
  });

  it("hears one bad moment out, and a new connection", () => {
    const watch = new PathWatch();
    for (const [step, lost] of [[0, 0], [1, 50], [2, 50], [3, 100], [4, 100]] as const) watch.take(at(step, lost));
    watch.take(at(0, 0));
    expect(watch.thin).toBe(false);
  });

  it("counts a round trip of more than a second", () => {
    const watch = new PathWatch();
    for (let step = 0; step < 4; step += 1) watch.take(at(step, 0, 1.4));
    expect(watch.thin).toBe(true);
  });
});
