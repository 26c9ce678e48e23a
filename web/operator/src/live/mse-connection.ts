import { backoffMs, LIVE_BACKOFF } from "../net/backoff.ts";
import { LiveBuffer } from "./live-buffer.ts";
import { FINAL_STATUSES, type LineFailure, type LineState, type LiveLine } from "./live-line.ts";

export interface MseOptions {
  readonly video: HTMLVideoElement;
  /** Address of the WebSocket; asked for anew with each try. */
  readonly url: () => string;
  readonly onState: (state: LineState) => void;
  readonly onUnauthenticated: () => void;
  /** A piece of the stream lies in the buffer, up to this media time. */
  readonly onBuffered?: (endS: number) => void;
  readonly createSocket?: (url: string) => WebSocket;
  readonly random?: () => number;
}

/** Nothing for this long although the camera is not said to be gone: the line is dead. */
const SILENCE_MS = 10_000;
/** What a WebSocket's own close codes mean here (RFC 6455 §7.4: 4000–4999 are ours): 4000 + the HTTP status. */
const STATUS_CODES = 4_000;

/**
 * Watches one camera over a WebSocket that carries fragmented MP4 into Media Source Extensions: for what WebRTC cannot
 * carry. Plays at the live edge, keeps trying with a growing pause until `close()`.
 */
export class MseConnection implements LiveLine {
  readonly #options: MseOptions;
  #socket: WebSocket | null = null;
  #buffer: LiveBuffer | null = null;
  #closed = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waiting = false;
  #detail = "";

  constructor(options: MseOptions) {
    this.#options = options;
  }

  start(): void {
    this.#connect();
  }

  retryNow(): void {
    if (this.#waiting && !this.#closed) this.#connect();
  }

  restart(): void {
    if (!this.#closed) this.#connect();
  }

  /** The other stream has other parameters: a second connection takes over at its first frame. */
  switchTo(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** What comes over the WebSocket is lost by nobody and sent whole. */
  stats(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#options.onState({ kind: "idle" });
  }

  #connect(): void {
    this.#release();
    this.#attempt += 1;
    this.#detail = "";
    this.#options.onState({ kind: "connecting", attempt: this.#attempt });
    const { url, createSocket = (address: string) => new WebSocket(address) } = this.#options;
    const socket = createSocket(new URL(url(), window.location.href.replace(/^http/, "ws")).toString());
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#watchSilence();
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (socket !== this.#socket) return;
      this.#watchSilence();
      if (data instanceof ArrayBuffer) this.#buffer?.append(data);
      else if (typeof data === "string") this.#told(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#fail({ status: Math.max(0, code - STATUS_CODES), slug: reason, detail: this.#detail });
    };
  }

  /** What stands in a text message: the stream's type first, then whether the camera is gone or back. */
  #told(text: string): void {
    const { mime, problem, ...message } = parsed(text);
    if (typeof problem === "object" && problem !== null) {
      // The close that follows carries the status; what to do stands here.
      this.#detail = "detail" in problem && typeof problem.detail === "string" ? problem.detail : "";
    } else if (typeof mime === "string") {
      this.#begin(mime);
    } else if (message.gone === true) {
      // The line stands; the camera's own state says why there is no picture, and nothing comes until it is back.
      this.#clearTimer();
    }
  }

  #begin(mime: string): void {
    if (!("MediaSource" in window) || !MediaSource.isTypeSupported(mime)) {
      this.#fail({ status: 415, slug: "codec-unsupported", detail: mime });
      return;
    }
    const { video, onBuffered } = this.#options;
    if (this.#buffer === null) {
      this.#buffer = new LiveBuffer(video, mime, {
        onBuffered: (endS) => {
          this.#attempt = 0;
          onBuffered?.(endS);
        },
        onBroken: () => this.#fail({ status: 0, slug: "media-error", detail: "" }),
      });
    } else {
      this.#buffer.changeType(mime);
    }
    this.#options.onState({ kind: "connected" });
  }

  #watchSilence(): void {
    this.#after(SILENCE_MS, () => this.#fail({ status: 0, slug: "line-lost", detail: "" }));
  }

  #fail(reason: LineFailure): void {
    this.#release();
    if (this.#closed) return;
    if (reason.status === 401 || FINAL_STATUSES.includes(reason.status)) {
      this.#options.onState({ kind: "refused", reason });
      if (reason.status === 401) this.#options.onUnauthenticated();
      return;
    }
    const attempt = Math.max(1, this.#attempt);
    const waitMs = backoffMs(attempt, LIVE_BACKOFF, this.#options.random);
    this.#waiting = true;
    this.#options.onState({ kind: "waiting", attempt, retryAtMs: Date.now() + waitMs, reason });
    this.#after(waitMs, () => this.#connect());
  }

  #release(): void {
    this.#waiting = false;
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#buffer?.close();
    this.#buffer = null;
  }

  #after(ms: number, run: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(run, ms);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? (message as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
