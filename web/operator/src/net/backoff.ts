export interface BackoffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
}

export const LIVE_BACKOFF: BackoffLimits = { firstMs: 500, lastMs: 5_000 };

/**
 * Milliseconds to wait before try number `attempt` (1 = the first one after a failure): doubling, with up to a quarter
 * taken off so that sixteen tiles that fell together do not come back together.
 */
export function backoffMs(attempt: number, limits: BackoffLimits, random: () => number = Math.random): number {
  const full = Math.min(limits.lastMs, limits.firstMs * 2 ** Math.max(0, Math.min(attempt - 1, 20)));
  return Math.round(full * (1 - 0.25 * random()));
}
