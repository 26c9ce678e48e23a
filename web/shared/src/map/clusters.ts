/** A marker's place on the screen, in pixels. */
export interface ScreenPoint<Item> {
  readonly item: Item;
  readonly x: number;
  readonly y: number;
}

/** Markers so close together that they are drawn as one, at the middle of them. */
export interface Cluster<Item> {
  readonly items: readonly Item[];
  readonly x: number;
  readonly y: number;
}

/**
 * Joins points closer than `distance` pixels to the first of their group. Order in is order out, so that the same
 * view always gives the same clusters. Quadratic, which is nothing for the few hundred places of a town.
 */
export function clusterPoints<Item>(points: readonly ScreenPoint<Item>[], distance: number): Cluster<Item>[] {
  const groups: { seed: ScreenPoint<Item>; members: ScreenPoint<Item>[] }[] = [];
  for (const point of points) {
    const near = groups.find(({ seed }) => Math.hypot(seed.x - point.x, seed.y - point.y) < distance);
    if (near) near.members.push(point);
    else groups.push({ seed: point, members: [point] });
  }
  return groups.map(({ members }) => ({
    items: members.map(({ item }) => item),
    x: members.reduce((sum, { x }) => sum + x, 0) / members.length,
    y: members.reduce((sum, { y }) => sum + y, 0) / members.length,
  }));
}
