/** Least a person has to write when no ready reason fits. */
export const SHORTEST_REASON = 5;
export const LONGEST_REASON = 300;
const KEY = "hejnal.operator.reasons.v1";

type Reasons = ReadonlyMap<string, string>;
const NONE: Reasons = new Map();

/**
 * Why restricted cameras are looked at: said once per camera, remembered as long as the browser's tab lives, forgotten when
 * somebody else signs in. What is said here goes with every request, and with it into the audit log.
 */
class ReasonStore {
  #accountId = "";
  #reasons: Reasons = NONE;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The reasons of this account; another account's are forgotten. */
  readonly of = (accountId: string): Reasons => {
    if (accountId !== this.#accountId) {
      this.#accountId = accountId;
      this.#reasons = load(sessionStorage, accountId);
    }
    return this.#reasons;
  };

  readonly give = (accountId: string, cameraIds: readonly string[], reason: string): void => {
    this.#reasons = new Map([...this.of(accountId), ...cameraIds.map((id) => [id, reason] as const)]);
    save(sessionStorage, accountId, this.#reasons);
    for (const listener of this.#listeners) listener();
  };

  /** Nothing has been said, as in a new tab. */
  readonly forget = (): void => {
    this.#accountId = "";
    this.#reasons = NONE;
    sessionStorage.removeItem(KEY);
  };
}

export const reasonStore = new ReasonStore();

/** What is sent of a ready reason and own words; null when that is no reason yet. */
export function reasonOf(ready: string | null, words: string): string | null {
  const own = words.trim();
  if (ready === null) return own.length >= SHORTEST_REASON ? own.slice(0, LONGEST_REASON) : null;
  return (own === "" ? ready : `${ready}: ${own}`).slice(0, LONGEST_REASON);
}

function save(storage: Storage, accountId: string, reasons: Reasons): void {
  try {
    storage.setItem(KEY, JSON.stringify({ accountId, reasons: [...reasons] }));
  } catch {
    // A full or forbidden storage costs the memory over a reload, nothing else.
  }
}

function load(storage: Storage, accountId: string): Reasons {
  try {
    const saved = JSON.parse(storage.getItem(KEY) ?? "null") as { accountId?: unknown; reasons?: unknown } | null;
    if (saved?.accountId !== accountId || !Array.isArray(saved.reasons)) return NONE;
    const pairs = (saved.reasons as unknown[]).filter(
      (pair): pair is [string, string] => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string" && part !== ""),
    );
    return new Map(pairs);
  } catch {
    return NONE;
  }
}
