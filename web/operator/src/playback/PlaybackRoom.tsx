import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useReasons } from "../reasons/use-reasons.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { loadWall, reduceWall, saveWall } from "../wall/wall-state.ts";
import { causeWords } from "../words/causes.ts";
import { clockWithSeconds } from "../words/town-clock.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { PlaybackControls, SPEEDS } from "./PlaybackControls.tsx";
import { PlayerScreen } from "./PlayerScreen.tsx";
import { SpanList } from "./SpanList.tsx";
import { playbackPath, startTime } from "./start-time.ts";
import { type BarWindow, follow, keySteps, windowAround, type Zoom, ZOOM_ORDER } from "./time-bar-geometry.ts";
import { TimeBar } from "./TimeBar.tsx";
import { gapAt, seekTarget, type Span } from "./timeline.ts";
import { useSnapshot } from "./snapshot.ts";
import { SnapshotWord } from "./SnapshotWord.tsx";
import { StripPreview } from "./StripPreview.tsx";
import { togetherPath } from "./together.ts";
import { useArchivePlayer } from "./use-archive-player.ts";
import { useTimeline } from "./use-timeline.ts";

interface PlaybackRoomProps {
  readonly camera: NumberedCamera;
  readonly cameras: readonly NumberedCamera[];
  readonly search: string;
}

const MINUTE_MS = 60_000;
/** A step of the picture's clock larger than this was a gap, not a frame. */
const GAP_STEP_MS = 1_500;

/** One camera's archive: picture, clock, time bar, and what is missing with the reason. */
export function PlaybackRoom({ camera, cameras, search }: PlaybackRoomProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { active } = useSession();
  const [, navigate] = useLocation();
  const nowMs = useNowSeconds();
  const reason = useReasons().reasonFor(camera.camera_id);
  const video = useRef<HTMLVideoElement>(null);
  const [startMs] = useState(() => startTime(search, Date.now()));
  const [zoom, setZoom] = useState<Zoom>("10min");
  const [wantedMs, setWanted] = useState<number | null>(startMs);
  const [rate, setRate] = useState(1);
  const [skipped, setSkipped] = useState<Span | null>(null);
  const { state, failure, atMs: frameMs, player } = useArchivePlayer(video, camera.camera_id, startMs, reason);
  const atMs = wantedMs ?? frameMs ?? startMs;
  const [bar, setBar] = useState<BarWindow>(() => windowAround(startMs, zoom, Date.now()));
  const { timeline, spans, error } = useTimeline(camera.camera_id, bar, nowMs);
  const latestMs = Math.max(timeline?.toMs ?? 0, Math.min(nowMs, timeline === null ? nowMs : timeline.toMs));

  const say = (gap: Span | null) => {
    setSkipped(gap);
    if (gap !== null) announce(t("playback.skipped", { from: clockWithSeconds(gap.fromMs), to: clockWithSeconds(gap.toMs), cause: causeWords(t, gap.cause) }));
  };
  const seek = (toMs: number) => {
    const known = timeline !== null && toMs >= timeline.fromMs && toMs < timeline.toMs;
    const target = known ? seekTarget(spans, toMs) : { atMs: toMs, skipped: null };
    say(target.skipped);
    setWanted(target.atMs ?? toMs);
    setBar((before) => follow(before, target.atMs ?? toMs, nowMs));
    if (target.atMs !== null) player.current?.seek(target.atMs);
    navigate(playbackPath(camera.camera_id, target.atMs ?? toMs), { replace: true });
  };
  const onFrame = (at: number) => {
    setWanted(null);
    setBar((before) => follow(before, at, nowMs));
  };
  useFrameSteps({ frameMs, spans, say, onFrame });

  const changeZoom = (next: Zoom) => {
    setZoom(next);
    setBar(windowAround(atMs, next, nowMs));
  };
  const changeRate = (next: number) => {
    setRate(next);
    player.current?.setRate(next);
  };
  const toggle = () => {
    if (state === "playing" || state === "waiting") player.current?.pause();
    else player.current?.play();
  };
  const step = (by: 1 | -1) => {
    setWanted(null);
    player.current?.step(by);
  };
  const snapshot = useSnapshot(camera);
  const save = frameMs === null ? null : () => void snapshot.save(frameMs);
  const goLive = () => {
    saveWall(localStorage, reduceWall(loadWall(localStorage), { type: "assign", cameraId: camera.camera_id }));
    navigate("/wall");
  };
  const done = (run: () => void) => () => {
    run();
    return undefined;
  };
  const zoomBy = (by: number) => {
    const next = ZOOM_ORDER[ZOOM_ORDER.indexOf(zoom) + by];
    if (next !== undefined) changeZoom(next);
  };
  const rateBy = (by: number) => {
    const next = SPEEDS[SPEEDS.indexOf(rate) + by];
    if (next !== undefined) changeRate(next);
  };
  useHotkeys(
    {
      k: done(toggle),
      j: done(() => seek(atMs - 10_000)),
      l: done(() => seek(atMs + 10_000)),
      ",": done(() => step(-1)),
      ".": done(() => step(1)),
      ArrowLeft: done(() => seek(atMs - keySteps(zoom).arrowMs)),
      ArrowRight: done(() => seek(atMs + keySteps(zoom).arrowMs)),
      s: done(() => save?.()),
      p: done(() => seek(nowMs - MINUTE_MS)),
      "+": done(() => zoomBy(-1)),
      "=": done(() => zoomBy(-1)),
      "-": done(() => zoomBy(1)),
      "<": done(() => rateBy(-1)),
      ">": done(() => rateBy(1)),
    },
    active,
  );

  return (
    <div className="playback">
      <h1 className="visually-hidden">{t("playback.title", { camera: `${camera.number} ${camera.name}` })}</h1>
      <div className="playback-main">
        <PlayerScreen video={video} camera={camera} state={state} failure={failure} frameMs={frameMs} wantedMs={wantedMs} gap={gapAt(spans, atMs)} skipped={skipped} onToggle={toggle} onRetry={() => player.current?.seek(atMs)} />
        <PlaybackControls
          camera={camera}
          cameras={cameras}
          playing={state === "playing" || state === "waiting"}
          atMs={atMs}
          latestMs={nowMs}
          rate={rate}
          zoom={zoom}
          onCamera={(cameraId) => navigate(playbackPath(cameraId, atMs))}
          onToggle={toggle}
          onSeek={seek}
          onMinuteAgo={() => seek(nowMs - MINUTE_MS)}
          onLive={goLive}
          onRate={changeRate}
          onZoom={changeZoom}
          onStep={step}
          onSnapshot={save}
          others={cameras.filter((other) => other.camera_id !== camera.camera_id)}
          onAdd={(other) => navigate(togetherPath([camera.camera_id, other], atMs))}
        />
        <SnapshotWord snapshot={snapshot} />
        <TimeBar
          window={bar}
          zoom={zoom}
          lanes={[{ name: camera.name, spans }]}
          atMs={atMs}
          latestMs={latestMs}
          onSeek={seek}
          preview={(at) => <StripPreview cameraId={camera.camera_id} window={bar} atMs={at} reason={reason} hidden={gapAt(spans, at) !== null} />}
        />
      </div>
      <SpanList window={bar} spans={spans} timeline={timeline} error={error} onSeek={seek} />
    </div>
  );
}

interface FrameStepsOptions {
  readonly frameMs: number | null;
  readonly spans: readonly Span[];
  readonly say: (gap: Span | null) => void;
  readonly onFrame: (atMs: number) => void;
}

/** Follows the picture's clock, and names a gap that playing has just stepped over. */
function useFrameSteps({ frameMs, spans, say, onFrame }: FrameStepsOptions) {
  const before = useRef<number | null>(null);
  const run = useRef({ spans, say, onFrame });
  useEffect(() => {
    run.current = { spans, say, onFrame };
  });
  useEffect(() => {
    if (frameMs === null) return;
    const last = before.current;
    before.current = frameMs;
    run.current.onFrame(frameMs);
    if (last === null || frameMs - last < GAP_STEP_MS) return;
    const gap = run.current.spans.find((span) => span.kind === "gap" && span.fromMs >= last - 500 && span.toMs <= frameMs + 500);
    if (gap !== undefined) run.current.say(gap);
  }, [frameMs]);
}
