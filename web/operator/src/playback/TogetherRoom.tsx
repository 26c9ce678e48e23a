import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { PlaybackControls, SPEEDS } from "./PlaybackControls.tsx";
import { useSnapshot } from "./snapshot.ts";
import { SnapshotWord } from "./SnapshotWord.tsx";
import { SpanList } from "./SpanList.tsx";
import { playbackPath, startTime } from "./start-time.ts";
import { type BarWindow, follow, keySteps, windowAround, type Zoom } from "./time-bar-geometry.ts";
import { TimeBar } from "./TimeBar.tsx";
import { firstFootage, MOST_TOGETHER, TogetherClock, togetherPath } from "./together.ts";
import { type FoundTimeline, TICK_MS, TogetherTile } from "./TogetherTile.tsx";

interface TogetherRoomProps {
  /** Two to four. */
  readonly shown: readonly NumberedCamera[];
  readonly cameras: readonly NumberedCamera[];
  readonly search: string;
}

const MINUTE_MS = 60_000;
/** The last seconds are still on their way into the archive. */
const BEHIND_NOW_MS = 5_000;
const ONE_FRAME_MS = 40;

/** Several cameras at one moment: one clock, one bar with a lane and the gaps of each. */
export function TogetherRoom({ shown, cameras, search }: TogetherRoomProps) {
  const { t } = useTranslation();
  const { active } = useSession();
  const [, navigate] = useLocation();
  const nowMs = useNowSeconds();
  const [startMs] = useState(() => startTime(search, Date.now()));
  const [clock] = useState(() => new TogetherClock(startMs, () => performance.now()));
  const [atMs, setAt] = useState(startMs);
  const [running, setRunning] = useState(true);
  const [rate, setRate] = useState(1);
  const [zoom, setZoom] = useState<Zoom>("10min");
  const [bar, setBar] = useState<BarWindow>(() => windowAround(startMs, "10min", Date.now()));
  const [found, setFound] = useState<ReadonlyMap<string, FoundTimeline>>(new Map());
  const ids = shown.map((camera) => camera.camera_id);
  const [chosen] = shown;

  const onTimeline = useCallback((cameraId: string, timeline: FoundTimeline) => setFound((before) => new Map(before).set(cameraId, timeline)), []);
  const lanes = shown.map((camera) => ({ name: `${camera.number} ${camera.name}`, spans: found.get(camera.camera_id)?.spans ?? [] }));

  const current = useRef({ lanes, found });
  useEffect(() => {
    current.current = { lanes, found };
  });
  useEffect(() => {
    const handle = setInterval(() => {
      const at = clock.atMs();
      const latest = Date.now() - BEHIND_NOW_MS;
      if (at > latest) clock.moveTo(latest);
      // Where nobody has footage there is nothing to wait for.
      const known = current.current.lanes.every(({ spans }) => spans.some((span) => span.fromMs <= at && at < span.toMs));
      const next = known ? firstFootage(current.current.lanes.map(({ spans }) => spans), at) : at;
      if (next !== null && next > at && clock.running) clock.moveTo(next);
      setAt(clock.atMs());
      setBar((before) => follow(before, clock.atMs(), Date.now()));
    }, TICK_MS);
    return () => clearInterval(handle);
  }, [clock]);

  const seek = (toMs: number) => {
    const to = Math.min(toMs, nowMs - BEHIND_NOW_MS);
    clock.moveTo(to);
    setAt(to);
    setBar((before) => follow(before, to, nowMs));
    navigate(togetherPath(ids, to), { replace: true });
  };
  const run = (next: boolean) => {
    clock.setRunning(next);
    setRunning(next);
  };
  const step = (by: 1 | -1) => {
    run(false);
    seek(clock.atMs() + by * ONE_FRAME_MS);
  };
  const changeRate = (next: number) => {
    clock.setRate(next);
    setRate(next);
  };
  const changeZoom = (next: Zoom) => {
    setZoom(next);
    setBar(windowAround(atMs, next, nowMs));
  };
  const remove = (cameraId: string) => {
    const left = ids.filter((id) => id !== cameraId);
    navigate(left.length > 1 ? togetherPath(left, atMs) : playbackPath(left[0] ?? "", atMs));
  };
  const done = (act: () => void) => () => {
    act();
    return undefined;
  };
  const rateBy = (by: number) => {
    const next = SPEEDS[SPEEDS.indexOf(rate) + by];
    if (next !== undefined) changeRate(next);
  };
  useHotkeys(
    {
      k: done(() => run(!running)),
      j: done(() => seek(atMs - 10_000)),
      l: done(() => seek(atMs + 10_000)),
      ",": done(() => step(-1)),
      ".": done(() => step(1)),
      ArrowLeft: done(() => seek(atMs - keySteps(zoom).arrowMs)),
      ArrowRight: done(() => seek(atMs + keySteps(zoom).arrowMs)),
      p: done(() => seek(nowMs - MINUTE_MS)),
      "<": done(() => rateBy(-1)),
      ">": done(() => rateBy(1)),
    },
    active,
  );
  if (chosen === undefined) return null;

  return (
    <div className="playback">
      <h1 className="visually-hidden">{t("playback.together", { cameras: lanes.map(({ name }) => name).join(", ") })}</h1>
      <div className="playback-main">
        <div className="together">
          {shown.map((camera) => (
            <TogetherTile
              key={camera.camera_id}
              camera={camera}
              clock={clock}
              startMs={startMs}
              nowMs={nowMs}
              atMs={atMs}
              rate={rate}
              window={bar}
              onTimeline={onTimeline}
              onToggle={() => run(!running)}
              onRemove={() => remove(camera.camera_id)}
            />
          ))}
        </div>
        <TogetherControls shown={shown} atMs={atMs}>
          {(onSnapshot) => (
            <PlaybackControls
              several
              camera={chosen}
              cameras={cameras}
              playing={running}
              atMs={atMs}
              latestMs={nowMs}
              rate={rate}
              zoom={zoom}
              onCamera={(cameraId) => navigate(playbackPath(cameraId, atMs))}
              onToggle={() => run(!running)}
              onSeek={seek}
              onMinuteAgo={() => seek(nowMs - MINUTE_MS)}
              onLive={() => navigate("/wall")}
              onRate={changeRate}
              onZoom={changeZoom}
              onStep={step}
              onSnapshot={onSnapshot}
              others={cameras.filter((other) => !ids.includes(other.camera_id))}
              onAdd={ids.length < MOST_TOGETHER ? (other) => navigate(togetherPath([...ids, other], atMs)) : null}
            />
          )}
        </TogetherControls>
        <TimeBar window={bar} zoom={zoom} lanes={lanes} atMs={atMs} latestMs={nowMs} onSeek={seek} />
      </div>
      <div className="together-lists">
        {shown.map((camera) => {
          const of = found.get(camera.camera_id);
          return (
            <SpanList key={camera.camera_id} camera={`${camera.number} ${camera.name}`} window={bar} spans={of?.spans ?? []} timeline={of?.timeline ?? null} error={of?.error ?? null} onSeek={seek} />
          );
        })}
      </div>
    </div>
  );
}

interface TogetherControlsProps {
  readonly shown: readonly NumberedCamera[];
  readonly atMs: number;
  readonly children: (onSnapshot: () => void) => React.ReactNode;
}

/** The controls, and a frame of each camera at the clock's moment when they are saved. */
function TogetherControls({ shown, atMs, children }: TogetherControlsProps) {
  const [first, second] = [shown[0], shown[1]] as [NumberedCamera, NumberedCamera];
  const snapshots = [useSnapshot(first), useSnapshot(second), useSnapshot(shown[2] ?? first), useSnapshot(shown[3] ?? first)].slice(0, shown.length);
  return (
    <>
      {children(() => snapshots.forEach((snapshot) => void snapshot.save(atMs)))}
      <div>
        {snapshots.map((snapshot, index) => (
          <SnapshotWord key={shown[index]?.camera_id} snapshot={snapshot} />
        ))}
      </div>
    </>
  );
}
