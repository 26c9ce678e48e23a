import type { WallView } from "../api/views.ts";
import { type Layout, LAYOUTS, layoutFor } from "./wall-state.ts";

/** One stop of a tour: what hangs on the wall for a while. */
export interface Stop {
  readonly layout: Layout;
  readonly tiles: readonly (string | null)[];
}

export type TourSource = "cameras" | "views";

export interface Tour {
  readonly source: TourSource;
  readonly dwellS: number;
}

export const DWELLS_S: readonly number[] = [5, 10, 20, 30, 60];

/** All cameras in the order of their numbers, as many at a time as the wall has tiles; or one saved view after the other. */
export function stopsOf(source: TourSource, layout: Layout, cameraIds: readonly string[], views: readonly WallView[]): readonly Stop[] {
  if (source === "views") return views.filter((view) => view.tiles.some((id) => id !== null)).map(stopOfView);
  return Array.from({ length: Math.ceil(cameraIds.length / layout) }, (_, page) => ({ layout, tiles: cameraIds.slice(page * layout, (page + 1) * layout) }));
}

export function stopOfView(view: Pick<WallView, "layout" | "tiles">): Stop {
  return { layout: LAYOUTS.find((layout) => layout === view.layout) ?? layoutFor(view.tiles.length), tiles: view.tiles };
}
