import type { DragEvent } from "react";

/** What is dragged over the wall: a camera from the list, or what hangs in a tile. */
export type Dragged = { readonly cameraId: string } | { readonly tile: number };

const CAMERA = "application/x-hejnal-camera";
const TILE = "application/x-hejnal-tile";

export function beginDrag(event: DragEvent, dragged: Dragged): void {
  event.dataTransfer.effectAllowed = "move";
  if ("cameraId" in dragged) event.dataTransfer.setData(CAMERA, dragged.cameraId);
  else event.dataTransfer.setData(TILE, String(dragged.tile));
}

/** Lets a tile take what hangs over it; everything that is not the wall's own is left to the browser. */
export function allowDrop(event: DragEvent): boolean {
  if (!event.dataTransfer.types.some((type) => type === CAMERA || type === TILE)) return false;
  event.preventDefault();
  return true;
}

export function dropped(event: DragEvent): Dragged | null {
  const cameraId = event.dataTransfer.getData(CAMERA);
  const tile = event.dataTransfer.getData(TILE);
  if (cameraId === "" && tile === "") return null;
  event.preventDefault();
  return cameraId === "" ? { tile: Number(tile) } : { cameraId };
}
