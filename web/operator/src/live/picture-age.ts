const CLOCK_RATE = 90_000;
const WRAP = 2 ** 32;
/** A camera's clock may run this much slower than ours; what is slower than that is a picture that falls behind. */
const DRIFT = 300e-6;
/** What a picture takes through network, jitter buffer and decoder when all is well and nobody has said more exactly. */
const LEAST_MS = 60;
/** A step of the picture's own clock larger than this, or back, is another sequence. */
const SEQUENCE_STEP_MS = 10_000;

/** What a browser tells of a frame it has just put on the screen. */
export interface DrawnFrame {
  /** When it is shown (`performance.now()`). */
  readonly shownAtMs: number;
  /** RTP time (90 kHz); only over WebRTC. */
  readonly rtpTimestamp?: number | undefined;
  /** When it was taken, on the same clock as `shownAtMs`; only where the sender's clock is known (abs-capture-time, or SR and RTT). */
  readonly captureTime?: number | undefined;
}

/**
 * How old the picture on the screen is. Where the browser knows when a frame was taken, that counts. Where it does not,
 * the frame's RTP time against our clock tells how much later it comes than the promptest one did, whatever piled up on
 * the way: network, a slow sender, the jitter buffer.
 */
export class PictureAge {
  #transitMs: number | null = null;
  #promptestMs = 0;
  #seenAtMs = 0;
  #lastRtp = 0;
  #rtpMs = 0;

  /** Age of this frame at the moment it is shown, in milliseconds. */
  of({ shownAtMs, rtpTimestamp, captureTime }: DrawnFrame): number {
    if (captureTime !== undefined && captureTime <= shownAtMs) return shownAtMs - captureTime;
    if (rtpTimestamp === undefined) return LEAST_MS;
    const stepMs = ((rtpTimestamp - this.#lastRtp + WRAP) % WRAP) / (CLOCK_RATE / 1_000);
    const forward = stepMs < SEQUENCE_STEP_MS + (shownAtMs - this.#seenAtMs);
    if (this.#transitMs === null || !forward) {
      this.#rtpMs = 0;
      this.#promptestMs = shownAtMs;
    } else {
      this.#rtpMs += stepMs;
      this.#promptestMs += (shownAtMs - this.#seenAtMs) * DRIFT;
    }
    this.#lastRtp = rtpTimestamp;
    this.#seenAtMs = shownAtMs;
    this.#transitMs = shownAtMs - this.#rtpMs;
    this.#promptestMs = Math.min(this.#promptestMs, this.#transitMs);
    return LEAST_MS + this.#transitMs - this.#promptestMs;
  }
}
