import { LAYOUTS, loadWall, reduceWall, saveWall } from "../wall/wall-state.ts";

/** Hangs these cameras into the first tiles of the wall, on as many tiles as they need; what hung there moves on. */
export function hangOnWall(cameraIds: readonly string[]): void {
  const layout = LAYOUTS.find((size) => size >= cameraIds.length) ?? LAYOUTS[LAYOUTS.length - 1] ?? 16;
  let wall = loadWall(localStorage);
  if (wall.layout < layout) wall = reduceWall(wall, { type: "layout", layout });
  for (const [tile, cameraId] of cameraIds.slice(0, layout).entries()) wall = reduceWall(wall, { type: "assign", cameraId, tile });
  saveWall(localStorage, reduceWall(wall, { type: "focus", tile: 0 }));
}
