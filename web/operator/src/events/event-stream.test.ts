import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream, type StreamState } from "./event-stream.ts";
import type { ServerEvent } from "./sse.ts";

/** A gateway that answers each request with the next scripted reply; a body stays open until it is told to end. */
class ScriptedGateway {
  readonly requests: Headers[] = [];
  #replies: (() => Response)[] = [];
  readonly open: ReadableStreamDefaultController<Uint8Array>[] = [];

  willAnswer(status: number): void {
    this.#replies.push(() => new Response(null, { status }));
  }

  willStream(text: string): void {
    this.#replies.push(() => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.open.push(controller);
          controller.enqueue(new TextEncoder().encode(text));
        },
      });
      return new Response(body, { status: 200, headers: { "Content-Type": "text/event-stream" } });
    });
  }

  readonly fetch: typeof fetch = (_input, init) => {
    this.requests.push(new Headers(init?.headers));
    const reply = this.#replies.shift();
    return reply === undefined ? Promise.reject(new TypeError("no line")) : Promise.resolve(reply());
  };
}

describe("EventStream", () => {
  const states: StreamState[] = [];
  const events: ServerEvent[] = [];
  const unauthenticated = vi.fn();
  const resumed = vi.fn();
  let gateway: ScriptedGateway;
  let stream: EventStream;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    states.length = 0;
    events.length = 0;
    unauthenticated.mockClear();
    resumed.mockClear();
    gateway = new ScriptedGateway();
    stream = new EventStream({
      url: "/api/v1/events",
      onEvent: (event) => events.push(event),
      onState: (state) => states.push(state),
      onUnauthenticated: unauthenticated,
      onResumed: resumed,
      fetch: gateway.fetch,
      random: () => 0,
    });
  });

  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  it("says since when the line is lost, and resumes after the last event it has seen", async () => {
    gateway.willStream("id: 41\nevent: report\ndata: {}\n\n");
    void stream.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(events.map((event) => event.id)).toEqual(["41"]);

    await vi.advanceTimersByTimeAsync(1_000);
    gateway.open[0]?.error(new TypeError("reset"));
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toEqual({ kind: "lost", sinceMs: 1_000, retryAtMs: 1_500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(states.at(-1)).toMatchObject({ kind: "lost", sinceMs: 1_000 });

    gateway.willStream("id: 42\nevent: report\ndata: {}\n\n");
    stream.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.requests.at(-1)?.get("Last-Event-ID")).toBe("41");
    expect(states.at(-1)?.kind).toBe("open");
    expect(resumed).toHaveBeenCalledOnce();
  });

  it("takes a silent line for a dead one", async () => {
    gateway.willStream("data: {}\n\n");
    void stream.run();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(states.at(-1)?.kind).toBe("open");
    await vi.advanceTimersByTimeAsync(1_100);
    // The scripted body does not watch the abort signal as a real one does: end it the same way.
    gateway.open[0]?.error(new DOMException("aborted", "AbortError"));
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)?.kind).toBe("lost");
  });

  it("waits longer after each failed try, up to five seconds", async () => {
    void stream.run();
    await vi.advanceTimersByTimeAsync(60_000);
    const waits = states.filter((state) => state.kind === "lost").map((state, index, all) => (index + 1 < all.length ? (state.retryAtMs - (all[index - 1]?.retryAtMs ?? 0)) : null));
    expect(waits.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it("ends with the session", async () => {
    gateway.willAnswer(401);
    await stream.run();
    expect(unauthenticated).toHaveBeenCalledOnce();
    expect(states.at(-1)?.kind).toBe("ended");
  });
});
