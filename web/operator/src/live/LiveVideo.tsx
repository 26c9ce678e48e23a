import { useCallback, useEffect, useRef, useState } from "react";
import { useNowQuarters } from "../words/ticker.ts";
import { type KnownStatus, tileState, type TileState } from "./tile-state.ts";
import { useWhep } from "./use-whep.ts";
import type { StreamName } from "./whep-connection.ts";

interface LiveVideoProps {
  readonly cameraId: string;
  readonly name: string;
  readonly stream: StreamName;
  /** Why a restricted camera is watched; empty where none is asked for. */
  readonly reason: string;
  readonly status: KnownStatus | null;
  readonly onState: (state: TileState) => void;
}

/**
 * The moving picture of one camera. A change between sub and main stream opens the new one behind the old and swaps
 * them at its first frame: no black in between, and the old one stays when the new one cannot be had.
 */
export function LiveVideo({ stream, ...rest }: LiveVideoProps) {
  const [shown, setShown] = useState(stream);
  const swap = useCallback((ready: StreamName) => setShown(ready), []);
  const streams: readonly StreamName[] = shown === stream ? [shown] : [shown, stream];
  return (
    <>
      {streams.map((each) => (
        <LiveLayer key={each} {...rest} stream={each} front={each === shown} onFirstFrame={swap} />
      ))}
    </>
  );
}

interface LiveLayerProps extends Omit<LiveVideoProps, "stream"> {
  readonly stream: StreamName;
  readonly front: boolean;
  readonly onFirstFrame: (stream: StreamName) => void;
}

function LiveLayer({ cameraId, name, stream, reason, status, front, onState, onFirstFrame }: LiveLayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const nowMs = useNowQuarters();
  const seen = useCallback(() => onFirstFrame(stream), [onFirstFrame, stream]);
  const { whep, lastFrameAtMs, retryNow } = useWhep(video, { cameraId, stream, reason, onFirstFrame: seen });
  const watchingSinceMs = useWatchingSince();
  const reported = useRef("");

  useEffect(() => {
    if (!front) return;
    const state = tileState({
      status,
      whep,
      lastFrameAtMs: lastFrameAtMs.current,
      watchingSinceMs: watchingSinceMs.current,
      nowMs: Date.now(),
    });
    const text = JSON.stringify(state.kind === "late" ? { ...state, ageMs: Math.floor(state.ageMs / 1_000) } : state);
    if (text === reported.current) return;
    reported.current = text;
    onState(state);
  }, [front, status, whep, nowMs, lastFrameAtMs, watchingSinceMs, onState]);

  const condition = status?.condition;
  const retry = useRef(retryNow);
  useEffect(() => {
    retry.current = retryNow;
  });
  useEffect(() => {
    if (condition === "live") retry.current();
  }, [condition]);

  return <video ref={video} className={front ? "live-video" : "live-video live-video-next"} data-camera={cameraId} data-stream={stream} aria-label={name} muted playsInline autoPlay />;
}

/** When watching began: at mount, and again when a hidden page is shown, since browsers draw nothing meanwhile. */
function useWatchingSince() {
  const since = useRef(0);
  useEffect(() => {
    since.current = Date.now();
    const shown = () => {
      if (!document.hidden) since.current = Date.now();
    };
    document.addEventListener("visibilitychange", shown);
    return () => document.removeEventListener("visibilitychange", shown);
  }, []);
  return since;
}
