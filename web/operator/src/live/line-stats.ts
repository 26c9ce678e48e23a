/** Counters of a connection since it began, and its round trip now. */
export interface LineStats {
  /** Whole pictures that came. */
  readonly pictures: number;
  readonly packets: number;
  readonly lost: number;
  /** Null: not known yet. */
  readonly roundTripS: number | null;
}

/** What a browser counts of the incoming video (webrtc-stats); null before the first picture. */
export function readStats(report: RTCStatsReport): LineStats | null {
  const all: RTCStats[] = [];
  report.forEach((value: RTCStats) => all.push(value));
  const inbound = all.find((one): one is RTCInboundRtpStreamStats => one.type === "inbound-rtp" && "kind" in one && one.kind === "video");
  const pair = all.find((one): one is RTCIceCandidatePairStats => one.type === "candidate-pair" && "nominated" in one && one.nominated === true);
  if (inbound === undefined) return null;
  const { framesReceived = 0, packetsReceived = 0, packetsLost = 0 } = inbound;
  return { pictures: framesReceived, packets: packetsReceived, lost: packetsLost, roundTripS: pair?.currentRoundTripTime ?? null };
}

const THIN_LOSS = 0.1;
const THIN_ROUND_TRIP_S = 1;
const BAD = 3;
const GOOD = 15;

/**
 * Whether the operator's own line carries what is sent: no more, once several measurements in a row were bad, until many in
 * a row were good. By the same figures as the gateway's own judgement of a path.
 */
export class PathWatch {
  thin = false;
  #before: LineStats | null = null;
  #bad = 0;
  #good = 0;

  take(now: LineStats): void {
    const before = this.#before;
    this.#before = now;
    // Counters that go back belong to a new connection.
    if (before === null || now.packets < before.packets) return;
    const lost = Math.max(0, now.lost - before.lost);
    const all = lost + now.packets - before.packets;
    const bad = (all > 0 && lost / all > THIN_LOSS) || (now.roundTripS ?? 0) > THIN_ROUND_TRIP_S;
    this.#bad = bad ? this.#bad + 1 : 0;
    this.#good = bad ? 0 : this.#good + 1;
    if (this.#bad >= BAD) this.thin = true;
    else if (this.#good >= GOOD) this.thin = false;
  }
}
