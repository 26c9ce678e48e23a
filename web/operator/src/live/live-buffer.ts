import { atLiveEdge, type Ranges } from "./live-edge.ts";

interface LiveBufferOptions {
  readonly onBuffered: (endS: number) => void;
  /** Nothing can be appended any more: begin anew. */
  readonly onBroken: () => void;
}

/** What waits for the buffer; more than that is a decoder that does not keep up. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const KEPT_S = 8;
const TRIM_FROM_S = 16;
const CHASE_EVERY_MS = 250;

type Step = ArrayBuffer | { readonly mime: string };

/** A media source behind a video: pieces in, in order; old pictures out; the player held at the live edge. */
export class LiveBuffer {
  readonly #video: HTMLVideoElement;
  readonly #source = new MediaSource();
  readonly #options: LiveBufferOptions;
  readonly #url: string;
  #buffer: SourceBuffer | null = null;
  #waiting: Step[] = [];
  #waitingBytes = 0;
  #chase: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  constructor(video: HTMLVideoElement, mime: string, options: LiveBufferOptions) {
    this.#video = video;
    this.#options = options;
    this.#url = URL.createObjectURL(this.#source);
    this.#source.addEventListener("sourceopen", () => {
      if (this.#closed || this.#buffer !== null) return;
      this.#buffer = this.#source.addSourceBuffer(mime);
      this.#buffer.addEventListener("updateend", this.#onUpdated);
      this.#buffer.addEventListener("error", () => this.#break());
      this.#next();
    }, { once: true });
    video.srcObject = null;
    video.src = this.#url;
    this.#chase = setInterval(() => this.#follow(), CHASE_EVERY_MS);
  }

  append(piece: ArrayBuffer): void {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.byteLength;
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#break();
    else this.#next();
  }

  /** The camera has come back, maybe with other parameters; its first piece follows. */
  changeType(mime: string): void {
    this.#waiting.push({ mime });
    this.#next();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#chase !== null) clearInterval(this.#chase);
    this.#waiting = [];
    if (this.#video.src === this.#url) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
    URL.revokeObjectURL(this.#url);
  }

  readonly #onUpdated = () => {
    if (this.#closed) return;
    const end = this.#ranges().at(-1)?.[1];
    if (end !== undefined) this.#options.onBuffered(end);
    this.#next();
  };

  #next(): void {
    const buffer = this.#buffer;
    if (this.#closed || buffer === null || buffer.updating) return;
    const step = this.#waiting.shift();
    if (step === undefined) {
      this.#trim(buffer);
      return;
    }
    try {
      if (step instanceof ArrayBuffer) {
        this.#waitingBytes -= step.byteLength;
        buffer.appendBuffer(step);
      } else {
        buffer.changeType(step.mime);
        this.#next();
      }
    } catch {
      this.#break();
    }
  }

  #trim(buffer: SourceBuffer): void {
    const [first] = this.#ranges();
    const untilS = this.#video.currentTime - KEPT_S;
    if (first !== undefined && this.#video.currentTime - first[0] > TRIM_FROM_S) buffer.remove(first[0], untilS);
  }

  #follow(): void {
    const video = this.#video;
    if (video.error !== null) {
      this.#break();
      return;
    }
    const move = atLiveEdge(this.#ranges(), video.currentTime, video.playbackRate);
    if (move.kind === "jump") video.currentTime = move.toS;
    else if (move.kind === "rate") video.playbackRate = move.rate;
    if (video.paused && this.#ranges().length > 0) video.play().catch(() => undefined);
  }

  #ranges(): Ranges {
    const buffered = this.#buffer?.buffered;
    return buffered === undefined ? [] : Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)] as const);
  }

  #break(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onBroken();
  }
}
