import type { LiveWays } from "../api/live.ts";

/** WebRTC for what it can carry, fragmented MP4 over a WebSocket for the rest. */
export type Carrier = "whep" | "mse";

export type CanPlay = (mime: string) => boolean;

export const browserCanPlay: CanPlay = (mime) => "MediaSource" in window && MediaSource.isTypeSupported(mime);

/**
 * How to watch a stream. Before the gateway has said what can carry it, its codec decides; nearly all cameras send H.264,
 * and for them nobody waits for that answer. What WebRTC cannot carry as it comes goes over MSE where this browser plays it; else
 * the gateway converts it for WebRTC.
 */
export function chooseCarrier(codec: string, ways: LiveWays | null, canPlay: CanPlay): Carrier {
  if (ways !== null) return !ways.whep && ways.mse && ways.mime != null && canPlay(ways.mime) ? "mse" : "whep";
  const likely = codec !== "" && !codec.startsWith("avc");
  return likely && canPlay(`video/mp4; codecs="${codec}"`) ? "mse" : "whep";
}
