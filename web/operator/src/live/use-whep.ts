import { type RefObject, useEffect, useRef, useState } from "react";
import { useSession } from "../session/session.tsx";
import { isNews } from "./picture-progress.ts";
import { type StreamName, WhepConnection, type WhepState } from "./whep-connection.ts";

export interface LivePicture {
  readonly whep: WhepState;
  /** Epoch milliseconds of the newest frame drawn; written for each frame, so it is read, not rendered from. */
  readonly lastFrameAtMs: RefObject<number | null>;
  readonly retryNow: () => void;
}

interface LiveOptions {
  readonly cameraId: string;
  readonly stream: StreamName;
  readonly reason: string;
  readonly onFirstFrame: () => void;
}

/** Watches a camera in `video` for as long as the component lives and the session is active. */
export function useWhep(video: RefObject<HTMLVideoElement | null>, { cameraId, stream, reason, onFirstFrame }: LiveOptions): LivePicture {
  const { active, ended } = useSession();
  const [whep, setWhep] = useState<WhepState>({ kind: "idle" });
  const lastFrameAtMs = useRef<number | null>(null);
  const connection = useRef<WhepConnection | null>(null);
  const firstFrame = useRef(onFirstFrame);
  useEffect(() => {
    firstFrame.current = onFirstFrame;
  });

  useEffect(() => {
    const element = video.current;
    if (!active || element === null) return;
    const query = new URLSearchParams({ stream, ...(reason === "" ? {} : { reason }) });
    const opened = new WhepConnection({
      url: `/api/v1/whep/${encodeURIComponent(cameraId)}?${query.toString()}`,
      onState: setWhep,
      onTrack: (media) => {
        element.srcObject = media;
        // Muted and inline: browsers start such a video by themselves. One that is replaced at once rejects; that is fine.
        element.play().catch(() => undefined);
      },
      onUnauthenticated: ended,
    });
    connection.current = opened;
    lastFrameAtMs.current = null;
    let lastRtp: number | null = null;
    const stopWatching = watchFrames(element, ({ rtpTimestamp }) => {
      if (!isNews(lastRtp, rtpTimestamp)) return;
      lastRtp = rtpTimestamp ?? null;
      const first = lastFrameAtMs.current === null;
      lastFrameAtMs.current = Date.now();
      if (first) firstFrame.current();
    });
    opened.start();
    return () => {
      stopWatching();
      opened.close();
      connection.current = null;
      element.srcObject = null;
    };
  }, [video, cameraId, stream, reason, active, ended]);

  return { whep, lastFrameAtMs, retryNow: () => connection.current?.retryNow() };
}

/** Calls `onFrame` for each new frame that is put on the screen. Returns what stops it. */
function watchFrames(video: HTMLVideoElement, onFrame: (metadata: VideoFrameCallbackMetadata) => void): () => void {
  let handle = 0;
  const next: VideoFrameRequestCallback = (_now, metadata) => {
    onFrame(metadata);
    handle = video.requestVideoFrameCallback(next);
  };
  handle = video.requestVideoFrameCallback(next);
  return () => video.cancelVideoFrameCallback(handle);
}
