/** How fast a camera turns and zooms, each −1 to 1; zero is still. */
export interface Velocity {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

export const STILL: Velocity = { pan: 0, tilt: 0, zoom: 0 };

interface DriveOptions {
  readonly move: (velocity: Velocity) => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** The camera stops by itself when it has not been told to go on for a second. */
const RENEW_MS = 400;

/**
 * Drives one camera: what is wanted is sent at once, sent again while it is wanted, and ended with a stop. One command is on its
 * way at a time; of several wishes meanwhile the last one counts, and a stop is never left out.
 */
export class PtzDrive {
  readonly #options: DriveOptions;
  #wanted: Velocity = STILL;
  #moving = false;
  #busy = false;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: DriveOptions) {
    this.#options = options;
  }

  want(velocity: Velocity): void {
    this.#wanted = clamped(velocity);
    if (isStill(this.#wanted)) this.#rest();
    else this.#timer ??= setInterval(() => void this.#send(), RENEW_MS);
    void this.#send();
  }

  /** Lets go of everything: the hand is off the stick, the page out of sight, the line lost. */
  release(): void {
    this.want(STILL);
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #send(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!isStill(this.#wanted) || this.#moving) {
        const velocity = this.#wanted;
        const still = isStill(velocity);
        if (still) {
          this.#moving = false;
          await this.#options.stop();
        } else {
          this.#moving = true;
          await this.#options.move(velocity);
          if (this.#wanted === velocity) break;
        }
      }
    } catch (error) {
      this.#wanted = STILL;
      this.#moving = false;
      this.#rest();
      this.#options.onError(error);
    } finally {
      this.#busy = false;
    }
  }
}

export function isStill({ pan, tilt, zoom }: Velocity): boolean {
  return pan === 0 && tilt === 0 && zoom === 0;
}

function clamped({ pan, tilt, zoom }: Velocity): Velocity {
  const within = (value: number) => Math.max(-1, Math.min(1, Math.round(value * 100) / 100));
  return { pan: within(pan), tilt: within(tilt), zoom: within(zoom) };
}

/** Near the middle a hand rests; from there on the speed grows with the square, so that little moves are slow. */
const DEAD = 0.12;

/** Where a stick is held, −1 to 1 from its middle (y downwards), as speeds of pan and tilt. */
export function stickVelocity(x: number, y: number): Velocity {
  const away = Math.hypot(x, y);
  if (away < DEAD) return STILL;
  const speed = ((Math.min(1, away) - DEAD) / (1 - DEAD)) ** 2;
  return { pan: (x / away) * speed, tilt: (-y / away) * speed, zoom: 0 };
}

const KEYS: Readonly<Record<string, Velocity>> = {
  ArrowLeft: { pan: -1, tilt: 0, zoom: 0 },
  ArrowRight: { pan: 1, tilt: 0, zoom: 0 },
  ArrowUp: { pan: 0, tilt: 1, zoom: 0 },
  ArrowDown: { pan: 0, tilt: -1, zoom: 0 },
  "+": { pan: 0, tilt: 0, zoom: 1 },
  "=": { pan: 0, tilt: 0, zoom: 1 },
  "-": { pan: 0, tilt: 0, zoom: -1 },
};
const KEY_SPEED = 0.4;

export function isDriveKey(key: string): boolean {
  return key in KEYS;
}

/** The speeds of all keys that are held; full with Shift. */
export function keysVelocity(held: ReadonlySet<string>, fast: boolean): Velocity {
  const speed = fast ? 1 : KEY_SPEED;
  let { pan, tilt, zoom } = STILL;
  for (const key of held) {
    const velocity = KEYS[key] ?? STILL;
    pan += velocity.pan * speed;
    tilt += velocity.tilt * speed;
    zoom += velocity.zoom * speed;
  }
  return { pan, tilt, zoom };
}
