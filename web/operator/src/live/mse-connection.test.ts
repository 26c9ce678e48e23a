import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LineState } from "./live-line.ts";
import { MseConnection } from "./mse-connection.ts";

/** jsdom has no media source: this one takes pieces as a browser's does, and shows what it was given. */
class Source extends EventTarget {
  static supported = true;
  static readonly isTypeSupported = () => Source.supported;
  static last: Source | null = null;
  readonly pieces: number[] = [];
  types: string[] = [];
  readonly buffered = { length: 1, start: () => 0, end: () => this.pieces.length };
  updating = false;
  constructor() {
    super();
    Source.last = this;
    queueMicrotask(() => this.dispatchEvent(new Event("sourceopen")));
  }
  addSourceBuffer(mime: string) {
    this.types.push(mime);
    return this;
  }
  changeType(mime: string) {
    this.types.push(mime);
  }
  appendBuffer(piece: ArrayBuffer) {
    this.pieces.push(piece.byteLength);
    queueMicrotask(() => this.dispatchEvent(new Event("updateend")));
  }
  remove() {
    return undefined;
  }
}

class Socket {
  static readonly all: Socket[] = [];
  binaryType = "";
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  close() {
    this.closed = true;
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  send(bytes: number) {
    this.onmessage?.({ data: new ArrayBuffer(bytes) });
  }
}

const MIME = 'video/mp4; codecs="hvc1.1.6.L93.B0"';

describe("MseConnection", () => {
  const states: LineState[] = [];
  const ended = vi.fn();
  let connection: MseConnection;
  const socket = () => Socket.all.at(-1)!;
  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    vi.stubGlobal("MediaSource", Source);
    URL.createObjectURL = () => "blob:live";
    URL.revokeObjectURL = () => undefined;
    HTMLMediaElement.prototype.load = () => undefined;
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    Source.supported = true;
    Socket.all.length = states.length = 0;
    ended.mockClear();
    const video = document.createElement("video");
    Object.defineProperty(video, "error", { value: null });
    connection = new MseConnection({
      video,
      url: () => "/api/v1/live/cam-001?stream=main",
      onState: (state) => states.push(state),
      onUnauthenticated: ended,
      createSocket: (url) => new Socket(url) as unknown as WebSocket,
      random: () => 0,
    });
    connection.start();
  });
  afterEach(() => {
    connection.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("takes the type first, then pieces in order, over its own origin", async () => {
    expect(socket().url).toBe("ws://localhost:8080/api/v1/live/cam-001?stream=main");
    socket().say({ mime: MIME });
    socket().send(11);
    socket().send(22);
    await settle();
    expect(states.at(-1)).toEqual({ kind: "connected" });
    expect(Source.last?.types).toEqual([MIME]);
    expect(Source.last?.pieces).toEqual([11, 22]);
  });

  it("waits for a camera that has gone, and goes on with what it sends then", async () => {
    socket().say({ mime: MIME });
    socket().send(11);
    socket().say({ gone: true });
    await settle(120_000);
    expect(Socket.all).toHaveLength(1);
    socket().say({ back: true });
    socket().say({ mime: `${MIME}2` });
    socket().send(33);
    await settle();
    expect(Source.last?.types).toEqual([MIME, `${MIME}2`]);
    expect(Source.last?.pieces).toEqual([11, 33]);
  });

  it("tries again when the line falls silent or breaks, after a growing pause", async () => {
    socket().say({ mime: MIME });
    await settle(10_000);
    expect(states.at(-1)).toMatchObject({ kind: "waiting", reason: { status: 0, slug: "line-lost" } });
    await settle(500);
    expect(Socket.all).toHaveLength(2);
    socket().onclose?.({ code: 1001, reason: "stopping" });
    expect(states.at(-1)).toMatchObject({ kind: "waiting" });
    connection.retryNow();
    expect(Socket.all).toHaveLength(3);
  });

  it("does not try again what is refused, and says what the server said", async () => {
    socket().say({ problem: { detail: "This camera is restricted" } });
    socket().onclose?.({ code: 4_422, reason: "reason-required" });
    expect(states.at(-1)).toEqual({ kind: "refused", reason: { status: 422, slug: "reason-required", detail: "This camera is restricted" } });
    await settle(60_000);
    expect(Socket.all).toHaveLength(1);
    connection.restart();
    socket().onclose?.({ code: 4_401, reason: "sign-in-required" });
    expect(ended).toHaveBeenCalledOnce();
  });

  it("refuses by itself what this browser does not play", () => {
    Source.supported = false;
    socket().say({ mime: MIME });
    expect(states.at(-1)).toMatchObject({ kind: "refused", reason: { status: 415 } });
    expect(socket().closed).toBe(true);
  });
});
