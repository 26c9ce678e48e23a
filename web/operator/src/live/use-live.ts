import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { useSession } from "../session/session.tsx";
import type { Carrier } from "./carrier.ts";
import type { LineStats } from "./line-stats.ts";
import type { LineState, LiveLine, Pictures, StreamName } from "./live-line.ts";
import { MseConnection } from "./mse-connection.ts";
import { PictureAge } from "./picture-age.ts";
import { isNews } from "./picture-progress.ts";
import { WhepConnection } from "./whep-connection.ts";

/** The newest picture on the screen. */
export interface Drawn {
  /** When it was drawn, epoch milliseconds. */
  readonly atMs: number;
  /** How old it was then. */
  readonly ageMs: number;
  /** How many there have been. */
  readonly count: number;
}

export interface LivePicture {
  readonly line: LineState;
  /** Written for each frame, so it is read, not rendered from; null before the first one. */
  readonly drawn: RefObject<Drawn | null>;
  readonly retryNow: () => void;
  readonly restart: () => void;
  readonly switchTo: (stream: StreamName) => Promise<boolean>;
  readonly stats: () => Promise<LineStats | null>;
}

interface LiveOptions {
  readonly cameraId: string;
  /** The stream to begin with; `switchTo` changes it. */
  readonly stream: StreamName;
  readonly carrier: Carrier;
  readonly pictures: Pictures;
  readonly audio: boolean;
  readonly reason: string;
  readonly onFirstFrame: () => void;
}

/** Watches a camera in `video` for as long as the component lives and the session is active. */
export function useLive(video: RefObject<HTMLVideoElement | null>, { cameraId, stream, carrier, pictures, audio, reason, onFirstFrame }: LiveOptions): LivePicture {
  const { active, ended } = useSession();
  const [line, setLine] = useState<LineState>({ kind: "idle" });
  const drawn = useRef<Drawn | null>(null);
  const connection = useRef<LiveLine | null>(null);
  const wanted = useRef(stream);
  const firstFrame = useRef(onFirstFrame);
  useEffect(() => {
    firstFrame.current = onFirstFrame;
  });

  useEffect(() => {
    const element = video.current;
    if (!active || element === null) return;
    const query = () => new URLSearchParams({ stream: wanted.current, ...(reason === "" ? {} : { reason }) }).toString();
    let edge: { readonly endS: number; readonly atMs: number } | null = null;
    const id = encodeURIComponent(cameraId);
    const opened: LiveLine =
      carrier === "whep"
        ? new WhepConnection({
            url: () => `/api/v1/whep/${id}?${query()}`,
            audio,
            onState: setLine,
            onTrack: (media) => {
              element.srcObject = media;
              // Muted and inline: browsers start such a video by themselves. One that is replaced at once rejects; that is fine.
              element.play().catch(() => undefined);
            },
            onUnauthenticated: ended,
          })
        : new MseConnection({
            video: element,
            url: () => `/api/v1/live/${id}?${query()}`,
            onState: setLine,
            onUnauthenticated: ended,
            onBuffered: (endS) => {
              if (edge === null || endS > edge.endS) edge = { endS, atMs: performance.now() };
            },
          });
    connection.current = opened;
    drawn.current = null;
    let lastRtp: number | null = null;
    const age = new PictureAge();
    const stopWatching = watchFrames(element, (shownAtMs, metadata) => {
      const { rtpTimestamp } = metadata;
      if (!isNews(lastRtp, rtpTimestamp)) return;
      lastRtp = rtpTimestamp ?? null;
      const before = drawn.current;
      const behindMs = edge === null ? 0 : Math.max(0, (edge.endS - metadata.mediaTime) * 1_000 + shownAtMs - edge.atMs);
      drawn.current = { atMs: Date.now(), ageMs: behindMs + age.of({ shownAtMs, rtpTimestamp, captureTime: metadata.captureTime }), count: (before?.count ?? 0) + 1 };
      if (before === null) firstFrame.current();
    });
    opened.start();
    return () => {
      stopWatching();
      opened.close();
      connection.current = null;
      element.srcObject = null;
    };
  }, [video, cameraId, carrier, audio, reason, active, ended]);

  const sent = useRef(pictures);
  // Each connection begins with all pictures.
  const connected = line.kind === "connected";
  useEffect(() => {
    const before = connected ? sent.current : "all";
    sent.current = pictures;
    if (connected && (pictures !== "all" || before !== "all")) void connection.current?.switchTo(wanted.current, pictures);
  }, [connected, pictures]);

  const switchTo = useCallback(async (next: StreamName) => {
    const done = (await connection.current?.switchTo(next, sent.current)) ?? false;
    if (done) wanted.current = next;
    return done;
  }, []);
  const stats = useCallback(() => connection.current?.stats() ?? Promise.resolve(null), []);
  const retryNow = useCallback(() => connection.current?.retryNow(), []);
  const restart = useCallback(() => connection.current?.restart(), []);
  return { line, drawn, retryNow, restart, switchTo, stats };
}

/** Calls `onFrame` for each new frame that is put on the screen. Returns what stops it. */
function watchFrames(video: HTMLVideoElement, onFrame: (nowMs: number, metadata: VideoFrameCallbackMetadata) => void): () => void {
  let handle = 0;
  const next: VideoFrameRequestCallback = (now, metadata) => {
    onFrame(now, metadata);
    handle = video.requestVideoFrameCallback(next);
  };
  handle = video.requestVideoFrameCallback(next);
  return () => video.cancelVideoFrameCallback(handle);
}
