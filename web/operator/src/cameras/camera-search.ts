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
