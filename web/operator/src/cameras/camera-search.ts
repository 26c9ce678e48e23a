import type { NumberedCamera } from "./use-cameras.ts";

/** Letters without their marks, so that "lodz" finds "Łódź". */
function plain(text: string): string {
  return text
    .toLocaleLowerCase("pl")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ł", "l");
}

/** Whether every word of `search` stands in the camera's number, name, address or groups. */
export function matches(camera: Pick<NumberedCamera, "number" | "name" | "address" | "groups">, search: string): boolean {
  const text = plain([String(camera.number), camera.name, camera.address, ...camera.groups].join(" "));
  return plain(search)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The camera an operator calls by its number, on the wall or in a picker. */
export function cameraByNumber<C extends Pick<NumberedCamera, "number">>(cameras: readonly C[], number: number): C | undefined {
  return cameras.find((camera) => camera.number === number);
}

/** The cameras that fit, in their order; one whose number or very name was typed stands first. */
export function findCameras<C extends Parameters<typeof matches>[0]>(cameras: readonly C[], search: string): readonly C[] {
  const words = search.trim();
  const meant = /^\d+$/.test(words) ? cameraByNumber(cameras, Number(words)) : cameras.find(({ name }) => plain(name) === plain(words));
  const fitting = cameras.filter((camera) => camera !== meant && matches(camera, words));
  return meant === undefined ? fitting : [meant, ...fitting];
}
