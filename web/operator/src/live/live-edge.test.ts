import { describe, expect, it } from "vitest";
import { atLiveEdge } from "./live-edge.ts";

describe("the live edge", () => {
  it("waits for the first piece", () => {
    expect(atLiveEdge([], 0, 1)).toEqual({ kind: "stay" });
  });

  it("begins at the newest picture, wherever the stream's time begins", () => {
    expect(atLiveEdge([[1_000, 1_002]], 0, 1)).toEqual({ kind: "jump", toS: 1_001.8 });
    expect(atLiveEdge([[1_000, 1_000.1]], 0, 1)).toEqual({ kind: "jump", toS: 1_000 });
  });

  it("hurries a little, and calms down again", () => {
    expect(atLiveEdge([[0, 10]], 9.5, 1)).toEqual({ kind: "stay" });
    expect(atLiveEdge([[0, 10]], 9.2, 1)).toEqual({ kind: "rate", rate: 1.15 });
    expect(atLiveEdge([[0, 10]], 9.5, 1.15)).toEqual({ kind: "stay" });
    expect(atLiveEdge([[0, 10]], 9.7, 1.15)).toEqual({ kind: "rate", rate: 1 });
  });

  it("is never more than a second and a half behind", () => {
    expect(atLiveEdge([[0, 10]], 8.4, 1)).toEqual({ kind: "jump", toS: 9.8 });
  });

  it("jumps over a hole, and back from beyond the end", () => {
    expect(atLiveEdge([[0, 5], [5.8, 6.4]], 5, 1)).toEqual({ kind: "jump", toS: 6.2 });
    expect(atLiveEdge([[0, 5]], 5.2, 1)).toEqual({ kind: "jump", toS: 4.8 });
  });
});
