import { backoffMs, type BackoffLimits } from "../net/backoff.ts";
import { SseParser, type ServerEvent } from "./sse.ts";

export type StreamState =
  | { readonly kind: "connecting"; readonly sinceMs: number }
  | { readonly kind: "open"; readonly sinceMs: number }
  | { readonly kind: "lost"; readonly sinceMs: number; readonly retryAtMs: number }
  | { readonly kind: "ended"; readonly sinceMs: number };

export interface EventStreamOptions {
  readonly url: string;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onState: (state: StreamState) => void;
  /** The session is over (401): the console goes back to sign-in. */
  readonly onUnauthenticated: () => void;
  /** The stream is open again after it was lost: whatever was shown may be stale. */
  readonly onResumed?: () => void;
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
  readonly random?: () => number;
  /** The server sends a comment at least every 15 s; three misses mean that the line is dead. */
  readonly silenceMs?: number;
}

const LIMITS: BackoffLimits = { firstMs: 500, lastMs: 5_000 };

/** The console's one live line to the gateway: resumes with `Last-Event-ID`, and always says how it is. */
export class EventStream {
  readonly #options: EventStreamOptions;
  #lastId = "";
  #lostSinceMs: number | null = null;
  #stop = new AbortController();
  #wake: (() => void) | null = null;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Connects, reads, reconnects until `close()` or until the session is over. */
  async run(): Promise<void> {
    const { onState, random = Math.random } = this.#options;
    onState({ kind: "connecting", sinceMs: this.#now() });
    for (let attempt = 1; !this.#closed(); attempt += 1) {
      const outcome = await this.#connection();
      if (this.#closed()) return;
      if (outcome === "unauthenticated") {
        onState({ kind: "ended", sinceMs: this.#now() });
        this.#options.onUnauthenticated();
        return;
      }
      if (outcome === "read") attempt = 1;
      this.#lostSinceMs ??= this.#now();
      const waitMs = backoffMs(attempt, LIMITS, random);
      onState({ kind: "lost", sinceMs: this.#lostSinceMs, retryAtMs: this.#now() + waitMs });
      await this.#sleep(waitMs);
    }
  }

  /** Tries again at once, e.g. when the network is said to be back. */
  retryNow(): void {
    this.#wake?.();
  }

  close(): void {
    this.#stop.abort();
    this.#wake?.();
  }

  async #connection(): Promise<"read" | "failed" | "unauthenticated"> {
    const { url, fetch: get = fetch, silenceMs = 45_000 } = this.#options;
    const abort = new AbortController();
    const onStop = () => {
      abort.abort();
    };
    this.#stop.signal.addEventListener("abort", onStop);
    let watchdog = setTimeout(onStop, silenceMs);
    let opened = false;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.#lastId !== "") headers["Last-Event-ID"] = this.#lastId;
      const response = await get(url, { headers, signal: abort.signal, cache: "no-store", credentials: "same-origin" });
      if (response.status === 401) return "unauthenticated";
      if (!response.ok || response.body === null) return "failed";
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parser = new SseParser();
      opened = true;
      this.#opened();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "read";
        clearTimeout(watchdog);
        watchdog = setTimeout(onStop, silenceMs);
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (event.id !== "") this.#lastId = event.id;
          this.#options.onEvent(event);
        }
      }
    } catch {
      return opened ? "read" : "failed";
    } finally {
      clearTimeout(watchdog);
      abort.abort();
      this.#stop.signal.removeEventListener("abort", onStop);
    }
  }

  #opened(): void {
    const wasLost = this.#lostSinceMs !== null;
    this.#lostSinceMs = null;
    this.#options.onState({ kind: "open", sinceMs: this.#now() });
    if (wasLost) this.#options.onResumed?.();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }

  #closed(): boolean {
    return this.#stop.signal.aborted;
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}
