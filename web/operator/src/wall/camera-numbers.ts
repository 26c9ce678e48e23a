/**
 * The number by which a camera is called from the keyboard: the digits at the end of its id (`cam-017` → 17) where every
 * camera has its own, else its place in the list. Operators learn these by heart, so they never depend on a filter.
 */
export function cameraNumbers(cameraIds: readonly string[]): ReadonlyMap<string, number> {
  const ids = [...new Set(cameraIds)].sort();
  const fromId = new Map<string, number>();
  for (const id of ids) {
    const digits = /(\d{1,6})$/.exec(id)?.[1];
    if (digits !== undefined) fromId.set(id, Number(digits));
  }
  const unique = fromId.size === ids.length && new Set(fromId.values()).size === ids.length;
  return unique ? fromId : new Map(ids.map((id, index) => [id, index + 1]));
}
