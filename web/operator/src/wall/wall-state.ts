export const LAYOUTS = [1, 4, 6, 9, 12, 16, 25, 36, 40] as const;
export type Layout = (typeof LAYOUTS)[number];
export const MOST_TILES = 40;

const COLUMNS: Readonly<Record<Layout, number>> = { 1: 1, 4: 2, 6: 3, 9: 3, 12: 4, 16: 4, 25: 5, 36: 6, 40: 8 };

/** How many tiles stand side by side. */
export function columnsOf(layout: Layout): number {
  return COLUMNS[layout];
}

/** The smallest layout with room for that many; the largest when there is none. */
export function layoutFor(cameras: number): Layout {
  return LAYOUTS.find((layout) => layout >= cameras) ?? MOST_TILES;
}

/** Which cameras hang on the wall, and which tile the keyboard speaks to. Tiles beyond the layout keep their camera. */
export interface Wall {
  readonly layout: Layout;
  readonly tiles: readonly (string | null)[];
  readonly focused: number;
}

export type WallAction =
  | { readonly type: "layout"; readonly layout: Layout }
  | { readonly type: "focus"; readonly tile: number }
  | { readonly type: "move"; readonly by: "left" | "right" | "up" | "down" }
  | { readonly type: "assign"; readonly cameraId: string; readonly tile?: number }
  /** What hangs in the focused tile goes to its neighbour, and the neighbour's camera comes here. */
  | { readonly type: "carry"; readonly by: "left" | "right" | "up" | "down" }
  | { readonly type: "swap"; readonly from: number; readonly to: number }
  | { readonly type: "hang"; readonly layout: Layout; readonly tiles: readonly (string | null)[] }
  | { readonly type: "clear"; readonly tile?: number }
  | { readonly type: "fill"; readonly cameraIds: readonly string[] };

export const EMPTY_WALL: Wall = { layout: 4, tiles: Array<string | null>(MOST_TILES).fill(null), focused: 0 };

export function reduceWall(wall: Wall, action: WallAction): Wall {
  switch (action.type) {
    case "layout":
      return { ...wall, layout: action.layout, focused: Math.min(wall.focused, action.layout - 1) };
    case "focus":
      return action.tile >= 0 && action.tile < wall.layout ? { ...wall, focused: action.tile } : wall;
    case "move":
      return { ...wall, focused: moved(wall, action.by) };
    case "assign":
      return place(wall, action.tile ?? wall.focused, action.cameraId);
    case "carry":
      return swap(wall, wall.focused, moved(wall, action.by));
    case "swap":
      return swap(wall, action.from, action.to);
    case "hang": {
      const tiles = withoutDoubles(EMPTY_WALL.tiles.map((_, index) => action.tiles[index] ?? null));
      return { layout: action.layout, tiles, focused: Math.min(wall.focused, action.layout - 1) };
    }
    case "clear":
      return { ...wall, tiles: wall.tiles.with(action.tile ?? wall.focused, null) };
    case "fill":
      return fill(wall, action.cameraIds);
  }
}

/** A camera hangs once: calling it to another tile moves it there, and what hung there takes its place. */
function place(wall: Wall, tile: number, cameraId: string): Wall {
  if (tile < 0 || tile >= wall.layout) return wall;
  const tiles = [...wall.tiles];
  const before = tiles.indexOf(cameraId);
  if (before >= 0) tiles[before] = tiles[tile] ?? null;
  tiles[tile] = cameraId;
  return { ...wall, tiles, focused: tile };
}

function swap(wall: Wall, from: number, to: number): Wall {
  if (from < 0 || to < 0 || from >= wall.layout || to >= wall.layout) return wall;
  const tiles = wall.tiles.with(from, wall.tiles[to] ?? null).with(to, wall.tiles[from] ?? null);
  return { ...wall, tiles, focused: to };
}

function fill(wall: Wall, cameraIds: readonly string[]): Wall {
  const hung = new Set(wall.tiles.slice(0, wall.layout));
  const waiting = cameraIds.filter((id) => !hung.has(id));
  const tiles = wall.tiles.map((id, index) => (index < wall.layout && id === null ? (waiting.shift() ?? null) : id));
  return { ...wall, tiles: withoutDoubles(tiles) };
}

function moved(wall: Wall, by: "left" | "right" | "up" | "down"): number {
  const columns = columnsOf(wall.layout);
  const column = wall.focused % columns;
  if (by === "left") return column > 0 ? wall.focused - 1 : wall.focused;
  if (by === "right") return column < columns - 1 ? wall.focused + 1 : wall.focused;
  if (by === "up") return wall.focused >= columns ? wall.focused - columns : wall.focused;
  return wall.focused + columns < wall.layout ? wall.focused + columns : wall.focused;
}

function withoutDoubles(tiles: readonly (string | null)[]): (string | null)[] {
  return tiles.map((id, index) => (id !== null && tiles.indexOf(id) < index ? null : id));
}

const KEY = "hejnal.operator.wall.v1";
const MOST_WINDOWS = 8;

/** Which window of the wall an address means: `?window=2` is the second screen; the first one without it. */
export function windowOf(search: string): number {
  const asked = Number(new URLSearchParams(search).get("window") ?? "1");
  return Number.isInteger(asked) && asked > 1 && asked <= MOST_WINDOWS ? asked : 1;
}

/** Each window keeps its own wall. */
const keyOf = (windowNumber: number) => (windowNumber === 1 ? KEY : `${KEY}.window-${windowNumber}`);

export function saveWall(storage: Storage, wall: Wall, windowNumber = 1): void {
  try {
    storage.setItem(keyOf(windowNumber), JSON.stringify(wall));
  } catch {
    // A full or forbidden storage costs the saved wall, never the wall itself.
  }
}

/** The saved wall; anything unreadable or from another version gives the empty one. */
export function loadWall(storage: Storage, windowNumber = 1): Wall {
  try {
    const saved: unknown = JSON.parse(storage.getItem(keyOf(windowNumber)) ?? "null");
    if (typeof saved !== "object" || saved === null) return EMPTY_WALL;
    const { layout, tiles, focused } = saved as { layout?: unknown; tiles?: unknown; focused?: unknown };
    const known = LAYOUTS.find((candidate) => candidate === layout);
    if (known === undefined || !Array.isArray(tiles)) return EMPTY_WALL;
    const kept = EMPTY_WALL.tiles.map((_, index) => {
      const id: unknown = tiles[index];
      return typeof id === "string" ? id : null;
    });
    const tile = typeof focused === "number" && focused >= 0 && focused < known ? Math.floor(focused) : 0;
    return { layout: known, tiles: withoutDoubles(kept), focused: tile };
  } catch {
    return EMPTY_WALL;
  }
}
