import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNowQuarters } from "../words/ticker.ts";
import { browserCanPlay, type Carrier, chooseCarrier } from "./carrier.ts";
import { tileCost } from "./decode-budget.ts";
import type { StreamName } from "./live-line.ts";
import { type KnownStatus, tileState, type TileState } from "./tile-state.ts";
import { useLiveWays } from "./use-live-ways.ts";
import { type LivePicture, useLive } from "./use-live.ts";
import { useBudget } from "./WallBudget.tsx";
import type { BudgetTile } from "./wall-watch.ts";

interface LiveVideoProps {
  readonly cameraId: string;
  readonly name: string;
  readonly stream: StreamName;
  /** What the camera is said to send on that stream, where that is known. */
  readonly codec?: string;
  /** Its sound is to be heard. */
  readonly audible?: boolean;
  /** Why a restricted camera is watched; empty where none is asked for. */
  readonly reason: string;
  readonly status: KnownStatus | null;
  /** Somebody works with this one: where the machine cannot draw all, it is spared last. */
  readonly pinned?: boolean;
  readonly onState: (state: TileState) => void;
  /** The operator's own line loses what is sent, or carries it well again. */
  readonly onPathThin?: (thin: boolean) => void;
}

/** What one connection carries. */
interface Layer {
  readonly id: number;
  readonly stream: StreamName;
  readonly carrier: Carrier;
  readonly audio: boolean;
}

/**
 * The moving picture of one camera. A change of stream is made within the connection where that is possible; else, as for
 * sound and another way of carrying it, a new connection opens behind the old one and takes over at its first frame. No
 * black in between, and the old picture stays when the new one cannot be had.
 */
export function LiveVideo({ stream, codec = "", audible = false, ...rest }: LiveVideoProps) {
  const { cameraId } = rest;
  const carrier = chooseCarrier(codec, useLiveWays(cameraId, stream), browserCanPlay);
  const [front, setFront] = useState<Layer>({ id: 0, stream, carrier, audio: audible });
  const [next, setNext] = useState<Layer | null>(null);
  const switcher = useRef<((stream: StreamName) => Promise<boolean>) | null>(null);
  const wanted = { stream, carrier, audio: audible && carrier === "whep" };

  const [asked, setAsked] = useState(wanted);
  if (!same(asked, wanted)) setAsked(wanted);
  const ids = useRef(0);
  const settled = same(front, asked);
  useEffect(() => {
    if (settled) return;
    const onlyStream = front.carrier === asked.carrier && front.audio === asked.audio;
    let current = true;
    const switched = onlyStream && switcher.current !== null ? switcher.current(asked.stream) : Promise.resolve(false);
    void switched.then((done) => {
      if (!current) return;
      ids.current += 1;
      if (done) setFront((before) => ({ ...before, stream: asked.stream }));
      else setNext({ id: ids.current, ...asked });
    });
    return () => {
      current = false;
    };
  }, [front, asked, settled]);

  const keepSwitcher = useCallback((own: ((stream: StreamName) => Promise<boolean>) | null) => {
    switcher.current = own;
  }, []);
  const takeOver = useCallback((layer: Layer) => {
    setFront(layer);
    setNext(null);
  }, []);
  return (
    <>
      <LiveLayer key={`${cameraId}-${front.id}`} {...rest} layer={front} front audible={audible} onSwitcher={keepSwitcher} onFirstFrame={ignore} />
      {next === null || settled ? null : <LiveLayer key={`${cameraId}-${next.id}`} {...rest} layer={next} front={false} audible={false} onSwitcher={ignore} onFirstFrame={takeOver} />}
    </>
  );
}

const ignore = () => undefined;

function same(one: Omit<Layer, "id">, other: Omit<Layer, "id">): boolean {
  return one.stream === other.stream && one.carrier === other.carrier && one.audio === other.audio;
}

interface LiveLayerProps extends Omit<LiveVideoProps, "stream" | "codec" | "audible"> {
  readonly layer: Layer;
  readonly front: boolean;
  readonly audible: boolean;
  /** Hands over what changes this connection's stream; null when it is gone. */
  readonly onSwitcher: (switchTo: ((stream: StreamName) => Promise<boolean>) | null) => void;
  readonly onFirstFrame: (layer: Layer) => void;
}

/** A connection that stands while no frame comes out of it (a decoder that gave up) is begun anew after so long, and not more often. */
const STUCK_MS = 6_000;
const RESTART_EVERY_MS = 15_000;

function LiveLayer({ cameraId, name, layer, audible, reason, status, pinned = false, front, onSwitcher, onState, onPathThin, onFirstFrame }: LiveLayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const nowMs = useNowQuarters();
  const seen = useCallback(() => onFirstFrame(layer), [onFirstFrame, layer]);
  const { stream, carrier, audio } = layer;
  const figures = status?.streams?.find((each) => each.name === stream) ?? null;
  const asked = useRef({ figures, pinned, picture: null as LivePicture | null });
  const budgeted = useMemo<BudgetTile | null>(
    () =>
      front && carrier === "whep"
        ? {
            cost: () => tileCost(cameraId, asked.current.figures, asked.current.pinned),
            drawn: () => asked.current.picture?.drawn.current?.count ?? 0,
            stats: () => asked.current.picture?.stats() ?? Promise.resolve(null),
          }
        : null,
    [cameraId, front, carrier],
  );
  const { thinned, pathThin } = useBudget(cameraId, budgeted);
  const everyMs = thinned && figures !== null ? figures.gop_s * 1_000 : null;
  const picture = useLive(video, { cameraId, stream, carrier, pictures: thinned ? "key-frames" : "all", audio, reason, onFirstFrame: seen });
  useEffect(() => {
    asked.current = { figures, pinned, picture };
  });
  const { line, drawn, retryNow, restart, switchTo } = picture;
  useEffect(() => {
    if (front) onPathThin?.(pathThin);
  }, [front, pathThin, onPathThin]);
  const watchingSinceMs = useWatchingSince();
  const reported = useRef("");
  const restartedAtMs = useRef(0);
  useEffect(() => {
    if (!front) return;
    onSwitcher(switchTo);
    return () => onSwitcher(null);
  }, [front, onSwitcher, switchTo]);
  // Muted from the start, else browsers would not begin by themselves.
  useEffect(() => {
    if (video.current !== null) video.current.muted = !audible;
  }, [audible]);

  useEffect(() => {
    const now = Date.now();
    const state = tileState({
      status,
      line,
      lastFrameAtMs: drawn.current?.atMs ?? null,
      lastFrameAgeMs: drawn.current?.ageMs ?? 0,
      watchingSinceMs: watchingSinceMs.current,
      nowMs: now,
      everyMs,
    });
    const silentMs = now - Math.max(drawn.current?.atMs ?? 0, watchingSinceMs.current);
    const stuck = line.kind === "connected" && status?.condition === "live" && silentMs > STUCK_MS + (everyMs ?? 0) && !document.hidden;
    if (stuck && now - restartedAtMs.current > RESTART_EVERY_MS) {
      restartedAtMs.current = now;
      restart();
    }
    if (!front) return;
    const text = JSON.stringify("ageMs" in state ? { ...state, ageMs: shownAge(state.kind, state.ageMs) } : state);
    if (text === reported.current) return;
    reported.current = text;
    onState(state);
  }, [front, status, line, nowMs, drawn, watchingSinceMs, everyMs, onState, restart]);

  const condition = status?.condition;
  useEffect(() => {
    if (condition === "live") retryNow();
  }, [condition, retryNow]);
  const className = front ? "live-video" : "live-video live-video-next";
  return <video ref={video} className={className} data-camera={cameraId} data-stream={stream} data-carrier={carrier} data-every-ms={everyMs ?? undefined} aria-label={name} muted playsInline autoPlay />;
}

/** The age in steps in which it is told: fifths of a second while all is well, seconds when late. */
function shownAge(kind: TileState["kind"], ageMs: number): number {
  return kind === "live" ? Math.round(ageMs / 200) : Math.floor(ageMs / 1_000);
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
