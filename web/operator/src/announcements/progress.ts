import type { Channel, VersionProgress } from "../api/town.ts";

export interface Tally {
  readonly total: number;
  /** Out of our hands: accepted by the provider or confirmed. */
  readonly reached: number;
  readonly waiting: number;
  readonly failed: number;
}

/** The counts of one version over all its channels. */
export function tally(progress: VersionProgress): Tally {
  const sum = { total: 0, reached: 0, waiting: 0, failed: 0 };
  for (const channel of progress.channels) {
    const reached = channel.sent + channel.delivered;
    const waiting = channel.queued + channel.unknown;
    // An SMS that a shown push has made needless is nobody who was not reached.
    const failed = channel.failed + channel.expired + channel.cancelled - channel.spared_by_push;
    sum.reached += reached;
    sum.waiting += waiting;
    sum.failed += failed;
    sum.total += reached + waiting + failed;
  }
  return sum;
}

/** The newest version's progress. */
export function newest(progress: readonly VersionProgress[]): VersionProgress | null {
  return progress.reduce<VersionProgress | null>((best, each) => (best === null || each.version > best.version ? each : best), null);
}

export interface Failure {
  readonly channel: Channel;
  readonly cause: string;
  readonly count: number;
}

/** Why deliveries of one version failed or came too late, the most frequent cause first. */
export function failuresOf(progress: VersionProgress): Failure[] {
  return progress.channels
    .flatMap(({ channel, causes = {} }) => Object.entries(causes).map(([cause, count]) => ({ channel, cause, count })))
    .sort((a, b) => b.count - a.count);
}
