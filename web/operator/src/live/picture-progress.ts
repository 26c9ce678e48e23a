const CLOCK_RATE = 90_000;
const WRAP = 2 ** 32;
/** Cameras send at most 100 frames a second; what comes closer together is the same moment again. */
const LEAST_STEP = CLOCK_RATE / 200;

/**
 * Whether a frame shows a later moment than the last one that did. When packets are missed the gateway repeats its newest
 * group of pictures under time stamps that hardly move: drawn anew, but no news. A stamp that goes back means a new
 * sequence and counts as news. Without stamps (not WebRTC) every frame does.
 */
export function isNews(lastRtp: number | null, rtp: number | undefined): boolean {
  if (lastRtp === null || rtp === undefined) return true;
  return (rtp - lastRtp + WRAP) % WRAP >= LEAST_STEP;
}
