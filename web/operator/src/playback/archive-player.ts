import Hls, { type ErrorData, type Fragment } from "hls.js/light";

export type PlayerState = "idle" | "loading" | "playing" | "paused" | "waiting" | "ended" | "failed";

export interface PlayerFailure {
  /** HTTP status of the playlist or segment request; 0 when it is not about a request. */
  readonly status: number;
}

export interface ArchivePlayerOptions {
  readonly video: HTMLVideoElement;
  readonly playlistUrl: (fromMs: number, toMs: number, keyFramesOnly: boolean) => string;
  readonly now: () => number;
  readonly onState: (state: PlayerState, failure: PlayerFailure | null) => void;
  readonly onUnauthenticated: () => void;
  /** Another frame is on the screen, of this wall-clock time. */
  readonly onFrame?: (atMs: number) => void;
}

/** Faster than this only key frames are played: no network and no decoder has to keep up with all pictures. */
export const FASTEST_WHOLE = 4;

/** One playlist covers this much before and after the moment asked for: short enough to load at once, long enough to scrub. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 55 * 60_000;
/** Until frames have told how long they are. */
const LIKELY_FRAME_S = 0.04;
const FRAMES_REMEMBERED = 24;

/**
 * Plays one camera's archive over HLS and speaks in wall-clock time: the playlist's PROGRAM-DATE-TIME maps media time
 * to the town's clock, so gaps (discontinuities) never bend it. Loads the next playlist by itself at the end of one.
 */
export class ArchivePlayer {
  readonly #options: ArchivePlayerOptions;
  #hls: Hls | null = null;
  #window: { fromMs: number; toMs: number } | null = null;
  #fragments: readonly Fragment[] = [];
  #rate = 1;
  #frameHandle = 0;
  /** Media time of the frame on the screen. */
  #shownS: number | null = null;
  #steps: readonly number[] = [];
  #wantPlay = true;
  #closed = false;

  constructor(options: ArchivePlayerOptions) {
    this.#options = options;
    const { video } = options;
    video.addEventListener("playing", this.#onPlaying);
    video.addEventListener("pause", this.#onPause);
    video.addEventListener("waiting", this.#onWaiting);
    video.addEventListener("ended", this.#onEnded);
    this.#frameHandle = video.requestVideoFrameCallback(this.#onShown);
  }

  /** The wall-clock time of the frame on the screen, or null before the first one. */
  atMs(): number | null {
    const mediaS = this.#shownS ?? this.#options.video.currentTime;
    const fragment = this.#fragmentOfMedia(mediaS);
    if (fragment?.programDateTime == null) return null;
    return fragment.programDateTime + (mediaS - fragment.start) * 1_000;
  }

  /** Shows the frame of `atMs`; the caller has already stepped over gaps. */
  seek(atMs: number): void {
    const media = this.#mediaTime(atMs);
    if (media !== null) {
      this.#options.video.currentTime = media;
      if (this.#wantPlay) this.#play();
      return;
    }
    this.#load(atMs);
  }

  play(): void {
    this.#wantPlay = true;
    this.#play();
  }

  pause(): void {
    this.#wantPlay = false;
    this.#options.video.pause();
  }

  /** 0.25 to 16; above `FASTEST_WHOLE` only key frames are shown. */
  setRate(rate: number): void {
    const other = rate > FASTEST_WHOLE !== this.#rate > FASTEST_WHOLE;
    const atMs = this.atMs();
    this.#rate = rate;
    this.#options.video.playbackRate = rate;
    if (other && atMs !== null) this.#load(atMs);
  }

  /** A little faster or slower than the rate, to stay in step with others; 1 is the rate itself. */
  adjust(factor: number): void {
    const wanted = Math.min(16, this.#rate * factor);
    if (Math.abs(this.#options.video.playbackRate - wanted) > 0.001) this.#options.video.playbackRate = wanted;
  }

  /** How long one frame is on the screen, in media seconds, as far as the last ones have told. */
  get frameS(): number {
    return this.#steps.length === 0 ? LIKELY_FRAME_S : Math.min(...this.#steps);
  }

  /** Stops, and shows the next frame (1) or the one before (-1). Over a gap it is the frame on its other side. */
  step(by: 1 | -1): void {
    this.pause();
    const { video } = this.#options;
    const shown = this.#shownS ?? video.currentTime;
    // The middle of the neighbour: a time on its edge may show either.
    video.currentTime = Math.max(0, shown + (by > 0 ? 1.5 : -0.5) * this.frameS);
  }

  close(): void {
    this.#closed = true;
    const { video } = this.#options;
    video.cancelVideoFrameCallback(this.#frameHandle);
    video.removeEventListener("playing", this.#onPlaying);
    video.removeEventListener("pause", this.#onPause);
    video.removeEventListener("waiting", this.#onWaiting);
    video.removeEventListener("ended", this.#onEnded);
    this.#hls?.destroy();
    this.#hls = null;
  }

  #load(atMs: number): void {
    const { video, playlistUrl, onState } = this.#options;
    const toMs = Math.min(this.#options.now(), atMs + AFTER_MS);
    const fromMs = atMs - BEFORE_MS;
    this.#window = { fromMs, toMs };
    this.#fragments = [];
    this.#shownS = null;
    this.#steps = [];
    this.#hls?.destroy();
    const keyFramesOnly = this.#rate > FASTEST_WHOLE;
    onState("loading", null);
    // No worker: it would start from a blob: address, which the console's policy forbids, and fMP4 needs no re-muxing.
    // No cues of playlist tags: they need a data: track, which the policy forbids too; gaps come from the timeline.
    const hls = new Hls({
      enableWorker: false,
      autoStartLoad: false,
      enableDateRangeMetadataCues: false,
      enableID3MetadataCues: false,
      enableEmsgMetadataCues: false,
      maxBufferLength: keyFramesOnly ? 240 : 20,
      backBufferLength: 60,
      maxBufferHole: 0.5,
    });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, (_event, data) => {
      this.#fragments = data.details.fragments;
      const media = this.#mediaTime(atMs) ?? this.#firstAfter(atMs);
      if (media === null) {
        onState("ended", null);
        return;
      }
      hls.startLoad(media);
      video.currentTime = media;
      video.playbackRate = this.#rate;
      if (this.#wantPlay) this.#play();
      else onState("paused", null);
    });
    hls.on(Hls.Events.ERROR, (_event, data) => {
      this.#onError(hls, data);
    });
    hls.loadSource(playlistUrl(fromMs, toMs, keyFramesOnly));
    hls.attachMedia(video);
  }

  #onError(hls: Hls, data: ErrorData): void {
    const status = data.response?.code ?? 0;
    if (status === 401) {
      this.#options.onUnauthenticated();
      return;
    }
    if (!data.fatal || this.#closed) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && status === 0) {
      hls.recoverMediaError();
      return;
    }
    this.#options.onState("failed", { status });
  }

  #play(): void {
    // A browser that refuses to start by itself leaves the player paused; the button is there.
    this.#options.video.play().catch(() => undefined);
  }

  #fragmentOfMedia(mediaS: number): Fragment | undefined {
    return this.#fragments.find((fragment) => mediaS >= fragment.start && mediaS < fragment.start + fragment.duration) ?? this.#fragments.at(-1);
  }

  #mediaTime(atMs: number): number | null {
    for (const fragment of this.#fragments) {
      const startMs = fragment.programDateTime;
      if (startMs === null || fragment.gap === true) continue;
      if (atMs >= startMs && atMs < startMs + fragment.duration * 1_000) return fragment.start + (atMs - startMs) / 1_000;
    }
    return null;
  }

  #firstAfter(atMs: number): number | null {
    const next = this.#fragments.find((fragment) => fragment.gap !== true && (fragment.programDateTime ?? 0) >= atMs);
    return next?.start ?? null;
  }

  readonly #onShown = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
    const step = mediaTime - (this.#shownS ?? mediaTime);
    if (step > 0 && step < 0.5) this.#steps = [...this.#steps, step].slice(-FRAMES_REMEMBERED);
    this.#shownS = mediaTime;
    const atMs = this.atMs();
    if (atMs !== null) this.#options.onFrame?.(atMs);
    if (!this.#closed) this.#frameHandle = this.#options.video.requestVideoFrameCallback(this.#onShown);
  };

  readonly #onPlaying = () => {
    this.#options.video.playbackRate = this.#rate;
    this.#options.onState("playing", null);
  };

  readonly #onPause = () => {
    if (!this.#options.video.ended) this.#options.onState("paused", null);
  };

  readonly #onWaiting = () => {
    this.#options.onState("waiting", null);
  };

  readonly #onEnded = () => {
    const window = this.#window;
    const last = this.#fragments.at(-1);
    const endMs = last?.programDateTime == null ? null : last.programDateTime + last.duration * 1_000;
    // The archive grows: what has been recorded since the playlist was made is played on.
    if (window !== null && endMs !== null && this.#options.now() - window.toMs > 2_000) this.#load(endMs);
    else this.#options.onState("ended", null);
  };
}
