import { type ArchivePlayer, FASTEST_WHOLE, type PlayerState } from "./archive-player.ts";
import { gapAt, type Span } from "./timeline.ts";
import { nextMove, type TogetherClock } from "./together.ts";

/** A jump has so long to show its first frame before it is tried again. */
const JUMP_PATIENCE_MS = 3_000;

/** What is known of a camera at this moment. */
export interface Standing {
  readonly player: ArchivePlayer;
  readonly state: PlayerState;
  readonly spans: readonly Span[];
  readonly rate: number;
}

/** Keeps one camera in step with the clock, and tells the clock when it is not ready. `tick()` every tenth of a second. */
export class TogetherFollower {
  readonly #id: string;
  readonly #clock: TogetherClock;
  #jumpedAtMs: number | null = null;

  constructor(id: string, clock: TogetherClock) {
    this.#id = id;
    this.#clock = clock;
  }

  tick({ player, state, spans, rate }: Standing, monotonicMs: number): void {
    const clock = this.#clock;
    const clockMs = clock.atMs();
    const inGap = gapAt(spans, clockMs) !== null;
    const away = state === "failed" || state === "ended";
    const move = nextMove({
      clockMs,
      moving: clock.moving,
      rate,
      keyFramesOnly: rate > FASTEST_WHOLE,
      inGap,
      shownMs: player.atMs(),
      frameMs: player.frameS * 1_000,
    });
    if (move.kind === "jump") {
      clock.setReady(this.#id, away);
      if (this.#jumpedAtMs !== null && monotonicMs - this.#jumpedAtMs < JUMP_PATIENCE_MS) return;
      this.#jumpedAtMs = monotonicMs;
      player.pause();
      player.seek(move.toMs);
      return;
    }
    this.#jumpedAtMs = null;
    clock.setReady(this.#id, inGap || away || (state !== "loading" && state !== "waiting"));
    if (move.kind === "play") {
      player.adjust(move.factor);
      if (state !== "playing") player.play();
    } else if (state === "playing") {
      player.pause();
    }
  }
}
