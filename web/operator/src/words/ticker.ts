import { useSyncExternalStore } from "react";

/** One timer for everything that shows the passing of time; it runs only while somebody looks. */
class Ticker {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | null = null;
  readonly #everyMs: number;
  #nowMs = Date.now();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#nowMs = Date.now();
    this.#timer ??= setInterval(() => {
      this.#nowMs = Date.now();
      for (const each of this.#listeners) each();
    }, this.#everyMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  };

  readonly now = (): number => this.#nowMs;
}

const second = new Ticker(1_000);
const quarter = new Ticker(250);

/** The present moment in epoch milliseconds, renewed every second. */
export function useNowSeconds(): number {
  return useSyncExternalStore(second.subscribe, second.now);
}

/** The present moment, renewed four times a second: fine enough for the age of a picture. */
export function useNowQuarters(): number {
  return useSyncExternalStore(quarter.subscribe, quarter.now);
}
