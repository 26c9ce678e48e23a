import { describe, expect, it } from "vitest";
import { cameraNumbers } from "./camera-numbers.ts";
import { EMPTY_WALL, LAYOUTS, layoutFor, columnsOf, loadWall, reduceWall, saveWall, type Wall, windowOf } from "./wall-state.ts";

const wall = (change: Partial<Wall>): Wall => ({ ...EMPTY_WALL, ...change });

describe("reduceWall", () => {
  it("hangs a camera into the focused tile", () => {
    const next = reduceWall(wall({ focused: 2 }), { type: "assign", cameraId: "cam-007" });
    expect(next.tiles[2]).toBe("cam-007");
  });

  it("moves a camera that already hangs, and swaps", () => {
    let next = reduceWall(EMPTY_WALL, { type: "assign", cameraId: "a", tile: 0 });
    next = reduceWall(next, { type: "assign", cameraId: "b", tile: 1 });
    next = reduceWall(next, { type: "assign", cameraId: "a", tile: 1 });
    expect(next.tiles.slice(0, 3)).toEqual(["b", "a", null]);
  });

  it("keeps the cameras of a larger layout, and the focus inside the smaller", () => {
    let next = reduceWall(wall({ layout: 16, focused: 12 }), { type: "assign", cameraId: "z" });
    next = reduceWall(next, { type: "layout", layout: 4 });
    expect(next.focused).toBe(3);
    expect(reduceWall(next, { type: "layout", layout: 16 }).tiles[12]).toBe("z");
  });

  it("moves the focus within the grid only", () => {
    const nine = wall({ layout: 9, focused: 2 });
    expect(reduceWall(nine, { type: "move", by: "right" }).focused).toBe(2);
    expect(reduceWall(nine, { type: "move", by: "down" }).focused).toBe(5);
    expect(reduceWall(nine, { type: "move", by: "left" }).focused).toBe(1);
    expect(reduceWall(nine, { type: "move", by: "up" }).focused).toBe(2);
  });

  it("moves the focus in every layout to each tile and never out of it", () => {
    for (const layout of LAYOUTS) {
      let at = wall({ layout, focused: layout - 1 });
      expect(reduceWall(reduceWall(at, { type: "move", by: "right" }), { type: "move", by: "down" }).focused).toBe(layout - 1);
      for (let step = 0; step < 36; step += 1) at = reduceWall(reduceWall(at, { type: "move", by: "left" }), { type: "move", by: "up" });
      expect(at.focused).toBe(0);
      expect(layout % columnsOf(layout)).toBe(0);
    }
    expect([0, 1, 5, 17, 99].map(layoutFor)).toEqual([1, 1, 6, 25, 40]);
  });

  it("carries a camera to the neighbouring tile, and swaps two that were dragged", () => {
    const two = reduceWall(reduceWall(EMPTY_WALL, { type: "assign", cameraId: "a", tile: 0 }), { type: "assign", cameraId: "b", tile: 1 });
    const carried = reduceWall({ ...two, focused: 0 }, { type: "carry", by: "right" });
    expect(carried).toMatchObject({ focused: 1, tiles: EMPTY_WALL.tiles.with(0, "b").with(1, "a") });
    expect(reduceWall(two, { type: "swap", from: 0, to: 3 }).tiles.slice(0, 4)).toEqual([null, "b", null, "a"]);
    expect(reduceWall(two, { type: "swap", from: 0, to: 9 })).toBe(two);
  });

  it("hangs a whole view", () => {
    const hung = reduceWall(wall({ layout: 16, focused: 12 }), { type: "hang", layout: 9, tiles: ["a", null, "a", "c"] });
    expect(hung).toMatchObject({ layout: 9, focused: 8 });
    expect(hung.tiles.slice(0, 5)).toEqual(["a", null, null, "c", null]);
  });

  it("fills only empty tiles, each camera once", () => {
    const next = reduceWall(wall({ tiles: EMPTY_WALL.tiles.with(1, "b") }), { type: "fill", cameraIds: ["a", "b", "c", "d", "e"] });
    expect(next.tiles.slice(0, 5)).toEqual(["a", "b", "c", "d", null]);
  });
});

describe("the saved wall", () => {
  it("comes back as it was", () => {
    const kept = reduceWall(wall({ layout: 9 }), { type: "assign", cameraId: "cam-001", tile: 5 });
    saveWall(localStorage, kept);
    expect(loadWall(localStorage)).toEqual(kept);
  });

  it("is another one in each window", () => {
    const second = reduceWall(EMPTY_WALL, { type: "assign", cameraId: "cam-009" });
    saveWall(localStorage, EMPTY_WALL);
    saveWall(localStorage, second, windowOf("?window=2"));
    expect(loadWall(localStorage)).toEqual(EMPTY_WALL);
    expect(loadWall(localStorage, 2)).toEqual(second);
    expect(["", "?window=1", "?window=0", "?window=x", "?window=99", "?window=1.5"].map(windowOf)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it.each(["", "{", "[]", '{"layout":5,"tiles":[]}', '{"layout":4,"tiles":"x"}', "null"])("is empty when it cannot be read: %s", (text) => {
    localStorage.setItem("hejnal.operator.wall.v1", text);
    expect(loadWall(localStorage)).toEqual(EMPTY_WALL);
  });

  it("drops what is not a camera, and doubles", () => {
    localStorage.setItem("hejnal.operator.wall.v1", JSON.stringify({ layout: 4, tiles: ["a", 7, "a"], focused: 9 }));
    expect(loadWall(localStorage)).toMatchObject({ tiles: EMPTY_WALL.tiles.with(0, "a"), focused: 0 });
  });
});

describe("cameraNumbers", () => {
  it("reads the number from the id", () => {
    expect([...cameraNumbers(["cam-002", "cam-017"])]).toEqual([["cam-002", 2], ["cam-017", 17]]);
  });

  it("counts through when ids carry no number of their own", () => {
    expect([...cameraNumbers(["rynek", "cam-1", "park-1"])]).toEqual([["cam-1", 1], ["park-1", 2], ["rynek", 3]]);
  });
});
