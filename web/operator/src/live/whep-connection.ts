import { asProblem, Problem, problemFrom } from "@hejnal/shared";
import { backoffMs, LIVE_BACKOFF } from "../net/backoff.ts";
import { knownIceServers, learnIceServers } from "./ice-servers.ts";
import { type LineStats, readStats } from "./line-stats.ts";
import { FINAL_STATUSES, type LineFailure, type LineState, type LiveLine, type Pictures, type StreamName } from "./live-line.ts";

export interface WhepOptions {
  /** Address of the wanted stream; asked for anew with each try. */
  readonly url: () => string;
  /** Sound is asked for too. */
  readonly audio?: boolean;
  readonly onState: (state: LineState) => void;
  readonly onTrack: (stream: MediaStream) => void;
  readonly onUnauthenticated: () => void;
  readonly fetch?: typeof fetch;
  readonly createPeer?: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly now?: () => number;
  readonly random?: () => number;
}

const OFFER_TIMEOUT_MS = 8_000;
const CONNECT_TIMEOUT_MS = 8_000;
const DISCONNECTED_GRACE_MS = 2_000;

const LINE_LOST = new Problem(0, "line-lost", "");

/**
 * Watches one camera over WHEP (draft-ietf-wish-whep): receives H.264 video and, where wanted, sound; keeps trying with a
 * growing pause until `close()`, and gives the session back to the server (`DELETE`) when it is left.
 */
export class WhepConnection implements LiveLine {
  readonly #options: WhepOptions;
  #peer: RTCPeerConnection | null = null;
  #resource: string | null = null;
  #closed = false;
  #attempt = 0;
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waiting = false;

  constructor(options: WhepOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#connect();
  }

  /** Skips the pause, e.g. when the camera is said to be live again. Does nothing while connected. */
  retryNow(): void {
    if (this.#waiting && !this.#closed) void this.#connect();
  }

  restart(): void {
    if (!this.#closed) void this.#connect();
  }

  async switchTo(stream: StreamName, pictures: Pictures): Promise<boolean> {
    const { fetch: send = fetch } = this.#options;
    const generation = this.#generation;
    if (this.#resource === null || this.#peer?.connectionState !== "connected") return false;
    try {
      const response = await send(`${this.#resource}/stream`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ stream, pictures }),
        credentials: "same-origin",
        signal: AbortSignal.timeout(OFFER_TIMEOUT_MS),
      });
      return response.ok && !this.#closed && generation === this.#generation;
    } catch {
      return false; // a second connection will find out what is wrong
    }
  }

  async stats(): Promise<LineStats | null> {
    const peer = this.#peer;
    if (peer?.connectionState !== "connected") return null;
    try {
      return readStats(await peer.getStats());
    } catch {
      return null; // closed meanwhile
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#options.onState({ kind: "idle" });
  }

  async #connect(): Promise<void> {
    this.#release();
    this.#attempt += 1;
    const generation = this.#generation;
    const current = () => !this.#closed && generation === this.#generation;
    this.#options.onState({ kind: "connecting", attempt: this.#attempt });
    const create = this.#options.createPeer ?? ((configuration) => new RTCPeerConnection(configuration));
    const peer = create({ iceServers: knownIceServers(Date.now()) });
    this.#peer = peer;
    try {
      preferH264(peer.addTransceiver("video", { direction: "recvonly" }));
      if (this.#options.audio === true) peer.addTransceiver("audio", { direction: "recvonly" });
      let shown: MediaStream | null = null;
      peer.ontrack = (event) => {
        if (!current()) return;
        if (shown === null) {
          shown = event.streams[0] ?? new MediaStream([event.track]);
          this.#options.onTrack(shown);
        } else if (!shown.getTracks().includes(event.track)) {
          shown.addTrack(event.track);
        }
      };
      peer.onconnectionstatechange = () => {
        if (current()) this.#onConnectionState(peer);
      };
      // The gateway is ICE-lite and learns our address from our checks: the offer need not wait for candidates.
      await peer.setLocalDescription(await peer.createOffer());
      if (!current()) return;
      const { answer, resource } = await this.#offer(peer.localDescription?.sdp ?? "");
      if (!current()) {
        if (resource !== null) this.#delete(resource);
        return;
      }
      this.#resource = resource;
      await peer.setRemoteDescription({ type: "answer", sdp: answer });
      if (current() && peer.connectionState !== "connected") {
        this.#after(CONNECT_TIMEOUT_MS, () => {
          this.#fail(LINE_LOST);
        });
      }
    } catch (error) {
      if (current()) this.#fail(asProblem(error));
    }
  }

  #onConnectionState(peer: RTCPeerConnection): void {
    if (peer.connectionState === "connected") {
      this.#clearTimer();
      this.#attempt = 0;
      this.#options.onState({ kind: "connected" });
    } else if (peer.connectionState === "disconnected") {
      this.#after(DISCONNECTED_GRACE_MS, () => {
        this.#fail(LINE_LOST);
      });
    } else if (peer.connectionState === "failed" || peer.connectionState === "closed") {
      this.#fail(LINE_LOST);
    }
  }

  async #offer(sdp: string): Promise<{ answer: string; resource: string | null }> {
    const { fetch: send = fetch } = this.#options;
    const url = this.#options.url();
    const response = await send(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Accept: "application/sdp" },
      body: sdp,
      credentials: "same-origin",
      signal: AbortSignal.timeout(OFFER_TIMEOUT_MS),
    });
    if (!response.ok) throw await refusal(response);
    learnIceServers(response.headers.get("Link"), Date.now());
    const location = response.headers.get("Location");
    const resource = location === null ? null : new URL(location, new URL(url, window.location.href)).toString();
    return { answer: await response.text(), resource };
  }

  #fail(problem: Problem): void {
    this.#release();
    const reason: LineFailure = { status: Math.max(0, problem.status), slug: problem.slug, detail: problem.detail };
    if (problem.status === 401) {
      this.#options.onState({ kind: "refused", reason });
      this.#options.onUnauthenticated();
      return;
    }
    if (FINAL_STATUSES.includes(problem.status)) {
      this.#options.onState({ kind: "refused", reason });
      return;
    }
    const attempt = Math.max(1, this.#attempt);
    const waitMs = problem.retryAfterS === undefined ? backoffMs(attempt, LIVE_BACKOFF, this.#options.random) : problem.retryAfterS * 1_000;
    this.#waiting = true;
    this.#options.onState({ kind: "waiting", attempt, retryAtMs: (this.#options.now ?? Date.now)() + waitMs, reason });
    this.#after(waitMs, () => {
      void this.#connect();
    });
  }

  /** Ends the present try: nothing of it may speak up later. */
  #release(): void {
    this.#generation += 1;
    this.#waiting = false;
    this.#clearTimer();
    // Asked for first: the closing peer says goodbye by itself, and then there would be nothing left to delete.
    if (this.#resource !== null) this.#delete(this.#resource);
    this.#resource = null;
    if (this.#peer !== null) {
      this.#peer.ontrack = null;
      this.#peer.onconnectionstatechange = null;
      this.#peer.close();
      this.#peer = null;
    }
  }

  #delete(resource: string): void {
    const { fetch: send = fetch } = this.#options;
    // keepalive: the request must outlive a closed tab; a lost one is caught by the server's own ICE consent check.
    send(resource, { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => undefined);
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

function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const rank = (mimeType: string) => (mimeType.toLowerCase() === "video/h264" ? 0 : 1);
  const kept = codecs.filter((codec) => /^video\/(h264|rtx)$/i.test(codec.mimeType));
  if (kept.some((codec) => rank(codec.mimeType) === 0)) {
    transceiver.setCodecPreferences(kept.sort((a, b) => rank(a.mimeType) - rank(b.mimeType)));
  }
}

async function refusal(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  return problemFrom(response.status, response.headers, body);
}
