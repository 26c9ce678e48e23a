import { costOf, DecodeBudget, type TileCost, type TileMeasure } from "./decode-budget.ts";
import { type LineStats, PathWatch } from "./line-stats.ts";

/** What a live picture tells of itself when it is asked. */
export interface BudgetTile {
  readonly cost: () => TileCost;
  /** Pictures drawn since it began. */
  readonly drawn: () => number;
  readonly stats: () => Promise<LineStats | null>;
}

export interface Verdict {
  /** Tiles that are sent key frames only. */
  readonly thinned: ReadonlySet<string>;
  /** Tiles whose line loses what is sent. */
  readonly thinPaths: ReadonlySet<string>;
}

export const NOTHING: Verdict = { thinned: new Set(), thinPaths: new Set() };

const EVERY_MS = 2_000;
/** What joining, leaving and switching costs is not what watching costs. */
const SETTLES_MS = 5_000;

interface Before {
  readonly pictures: number;
  readonly drawn: number;
  /** Whether pictures came in the measurement before: after a silence they come in a heap, of which only the newest is shown. */
  readonly flowing: boolean;
}

/** The loop behind `WallBudget`: one measurement of all tiles every two seconds, while the page is seen. */
export class WallWatch {
  readonly #budget = new DecodeBudget();
  readonly #before = new Map<string, Before>();
  readonly #paths = new Map<string, PathWatch>();
  #told: Verdict = NOTHING;
  #timer: ReturnType<typeof setTimeout> | null;
  #stopped = false;

  constructor(
    private readonly tiles: ReadonlyMap<string, BudgetTile>,
    private readonly changedAtMs: { current: number },
    private readonly tell: (verdict: Verdict) => void,
  ) {
    this.#timer = setTimeout(() => void this.#round(), EVERY_MS);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const measures = await this.#measure();
    if (this.#stopped) return;
    const costs = [...this.tiles.values()].map((tile) => tile.cost());
    const nowMs = Date.now();
    const settled = nowMs - this.changedAtMs.current > SETTLES_MS && !document.hidden;
    if (settled && this.#budget.take(measures, costOf(costs, this.#told.thinned), nowMs)) this.changedAtMs.current = nowMs;
    const thinned = this.#budget.thinned(costs);
    const thinPaths = new Set([...this.#paths].filter(([, path]) => path.thin).map(([id]) => id));
    this.#tellIfNew(thinned, thinPaths);
    this.#timer = setTimeout(() => void this.#round(), EVERY_MS);
  }

  async #measure(): Promise<TileMeasure[]> {
    const found = await Promise.all([...this.tiles].map(async ([id, tile]) => [id, tile.drawn(), await tile.stats()] as const));
    for (const known of [this.#before, this.#paths]) for (const id of known.keys()) if (!this.tiles.has(id)) known.delete(id);
    const measures: TileMeasure[] = [];
    for (const [id, drawn, stats] of found) {
      if (stats === null) continue;
      const before = this.#before.get(id);
      this.#before.set(id, { pictures: stats.pictures, drawn, flowing: before !== undefined && stats.pictures > before.pictures });
      const path = this.#paths.get(id) ?? new PathWatch();
      path.take(stats);
      this.#paths.set(id, path);
      // A connection that began anew counts from nothing again.
      if (before?.flowing && stats.pictures >= before.pictures && drawn >= before.drawn) {
        measures.push({ id, received: stats.pictures - before.pictures, drawn: drawn - before.drawn });
      }
    }
    return measures;
  }

  #tellIfNew(thinned: ReadonlySet<string>, thinPaths: ReadonlySet<string>): void {
    if (equal(thinned, this.#told.thinned) && equal(thinPaths, this.#told.thinPaths)) return;
    this.#told = { thinned, thinPaths };
    this.tell(this.#told);
  }
}

function equal(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}
