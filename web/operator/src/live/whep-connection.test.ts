import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseIceServers } from "./ice-servers.ts";
import type { LineState } from "./live-line.ts";
import { WhepConnection } from "./whep-connection.ts";

/** jsdom has no WebRTC: this peer does what a browser's does at the seams the connection touches. */
class FakePeer extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { sdp: string } | null = null;
  remote: string | null = null;
  closed = false;
  ontrack: ((event: RTCTrackEvent) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  addTransceiver = vi.fn(() => ({ setCodecPreferences: vi.fn() }));
  createOffer = () => Promise.resolve({ type: "offer", sdp: "v=0 offer" });
  setLocalDescription = (offer: { sdp: string }) => {
    this.localDescription = offer;
    return Promise.resolve();
  };
  setRemoteDescription = (answer: { sdp: string }) => {
    this.remote = answer.sdp;
    return Promise.resolve();
  };
  close = () => {
    this.closed = true;
  };
  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe("WhepConnection", () => {
  const peers: FakePeer[] = [];
  const states: LineState[] = [];
  const requests: { url: string; init: RequestInit | undefined }[] = [];
  const unauthenticated = vi.fn();
  let answers: (() => Response)[] = [];
  let connection: WhepConnection;

  const accepted = (id: string) => () => new Response("v=0 answer", { status: 201, headers: { Location: `/api/v1/whep/sessions/${id}` } });
  const problem = (status: number, detail: string, headers: Record<string, string> = {}) => () =>
    new Response(JSON.stringify({ type: "urn:hejnal:problem:nope", detail }), { status, headers: { "Content-Type": "application/problem+json", ...headers } });

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8" }, { mimeType: "video/H264" }] }) });
    peers.length = states.length = requests.length = 0;
    unauthenticated.mockClear();
    answers = [];
    connection = new WhepConnection({
      url: () => "/api/v1/whep/cam-001?stream=sub",
      onState: (state) => states.push(state),
      onTrack: () => undefined,
      onUnauthenticated: unauthenticated,
      fetch: (url, init) => {
        requests.push({ url: typeof url === "string" ? url : "", init });
        const answer = answers.shift();
        return answer === undefined ? Promise.reject(new TypeError("no line")) : Promise.resolve(answer());
      },
      createPeer: () => {
        const peer = new FakePeer();
        peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
      random: () => 0,
    });
  });

  afterEach(() => {
    connection.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("offers to receive video, takes the answer, and gives the session back", async () => {
    answers.push(accepted("s1"), () => new Response(null, { status: 200 }));
    connection.start();
    await settle();
    expect(requests[0]).toMatchObject({ url: "/api/v1/whep/cam-001?stream=sub", init: { method: "POST", body: "v=0 offer" } });
    expect(peers[0]?.addTransceiver).toHaveBeenCalledWith("video", { direction: "recvonly" });
    expect(peers[0]?.remote).toBe("v=0 answer");
    peers[0]?.becomes("connected");
    expect(states.at(-1)).toEqual({ kind: "connected" });
    connection.close();
    expect(requests[1]).toMatchObject({ init: { method: "DELETE" } });
    expect(requests[1]?.url).toMatch(/\/api\/v1\/whep\/sessions\/s1$/);
    expect(peers[0]?.closed).toBe(true);
  });

  it("tries again with growing pauses from 0.5 to 5 s", async () => {
    connection.start();
    await vi.advanceTimersByTimeAsync(30_000);
    const at = states.filter((state) => state.kind === "waiting").map((state) => state.retryAtMs);
    const pauses = at.map((ms, index) => ms - (at[index - 1] ?? 0));
    expect(pauses.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it("starts from the short pause again after a connection that worked", async () => {
    answers.push(problem(503, "busy"), accepted("s1"));
    connection.start();
    await vi.advanceTimersByTimeAsync(500);
    peers[1]?.becomes("connected");
    peers[1]?.becomes("failed");
    expect(states.at(-1)).toMatchObject({ kind: "waiting", attempt: 1, retryAtMs: 1_000 });
  });

  it("waits as long as the gateway asks for", async () => {
    answers.push(problem(429, "Za dużo podglądów", { "Retry-After": "3" }));
    connection.start();
    await settle();
    expect(states.at(-1)).toMatchObject({ kind: "waiting", retryAtMs: 3_000, reason: { status: 429, slug: "nope", detail: "Za dużo podglądów" } });
  });

  it("bears a short break and gives up a long one", async () => {
    answers.push(accepted("s1"));
    connection.start();
    await settle();
    peers[0]?.becomes("connected");
    peers[0]?.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(1_900);
    peers[0]?.becomes("connected");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states.at(-1)).toEqual({ kind: "connected" });
    peers[0]?.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(states.at(-1)?.kind).toBe("waiting");
    expect(requests.at(-1)?.init?.method).toBe("DELETE");
  });

  it("does not knock again where the role does not allow it", async () => {
    answers.push(problem(403, "Podgląd ma operator"));
    connection.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(states.at(-1)).toEqual({ kind: "refused", reason: { status: 403, slug: "nope", detail: "Podgląd ma operator" } });
    expect(requests).toHaveLength(1);
  });

  it("tells the console when the session is over", async () => {
    answers.push(problem(401, ""));
    connection.start();
    await settle();
    expect(unauthenticated).toHaveBeenCalledOnce();
  });

  it("gives back a session whose answer comes after the tile was left", async () => {
    let answer: (response: Response) => void = () => undefined;
    const late = new WhepConnection({
      url: () => "/w",
      onState: () => undefined,
      onTrack: () => undefined,
      onUnauthenticated: () => undefined,
      createPeer: () => new FakePeer() as unknown as RTCPeerConnection,
      fetch: (url, init) => {
        requests.push({ url: typeof url === "string" ? url : "", init });
        if (init?.method === "DELETE") return Promise.resolve(new Response(null));
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    late.start();
    await settle();
    late.close();
    answer(accepted("late")());
    await settle();
    expect(requests.at(-1)?.init?.method).toBe("DELETE");
  });
});

describe("ICE servers of a WHEP answer", () => {
  it("are read from its Link header, with their credentials", () => {
    const link =
      '<stun:turn.example:3478>; rel="ice-server", <turn:turn.example:3478?transport=udp>; rel="ice-server"; username="17:anna, b"; credential="ab=="; credential-type="password", </x>; rel="next"';
    expect(parseIceServers(link)).toEqual([
      { urls: "stun:turn.example:3478" },
      { urls: "turn:turn.example:3478?transport=udp", username: "17:anna, b", credential: 'ab==' },
    ]);
    expect(parseIceServers("")).toEqual([]);
  });
});
