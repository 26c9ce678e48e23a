import Hls, { type ErrorData, type Fragment } from "hls.js/light";

export type PlayerState = "idle" | "loading" | "playing" | "paused" | "waiting" | "ended" | "failed";

export interface PlayerFailure {
  /** HTTP status of the playlist or segment request; 0 when it is not about a request. */
  readonly status: number;
}

export interface ArchivePlayerOptions {
  readonly video: HTMLVideoElement;
  readonly playlistUrl: (fromMs: number, toMs: number) => string;
  readonly now: () => number;
  readonly onState: (state: PlayerState, failure: PlayerFailure | null) => void;
  readonly onUnauthenticated: () => void;
}

/** One playlist covers this much before and after the moment asked for: short enough to load at once, long enough to scrub. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 55 * 60_000;

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
  #wantPlay = true;
  #closed = false;

  constructor(options: ArchivePlayerOptions) {
    this.#options = options;
    const { video } = options;
    video.addEventListener("playing", this.#onPlaying);
    video.addEventListener("pause", this.#onPause);
    video.addEventListener("waiting", this.#onWaiting);
    video.addEventListener("ended", this.#onEnded);
  }

  /** The wall-clock time of the frame on the screen, or null before the first one. */
  atMs(): number | null {
    const { video } = this.#options;
    const fragment = this.#fragmentOfMedia(video.currentTime);
    if (fragment?.programDateTime == null) return null;
    return fragment.programDateTime + (video.currentTime - fragment.start) * 1_000;
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

  setRate(rate: number): void {
    this.#rate = rate;
    this.#options.video.playbackRate = rate;
  }

  close(): void {
    this.#closed = true;
    const { video } = this.#options;
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
    this.#hls?.destroy();
    onState("loading", null);
    // No worker: it would start from a blob: address, which the console's policy forbids, and fMP4 needs no re-muxing.
    // No cues of playlist tags: they need a data: track, which the policy forbids too; gaps come from the timeline.
    const hls = new Hls({
      enableWorker: false,
      autoStartLoad: false,
      enableDateRangeMetadataCues: false,
      enableID3MetadataCues: false,
      enableEmsgMetadataCues: false,
      maxBufferLength: 20,
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
    hls.loadSource(playlistUrl(fromMs, toMs));
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
