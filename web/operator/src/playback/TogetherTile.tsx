import { Icon } from "@hejnal/shared";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useReasons } from "../reasons/use-reasons.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { PlayerScreen } from "./PlayerScreen.tsx";
import type { BarWindow } from "./time-bar-geometry.ts";
import { gapAt, type Span, type Timeline } from "./timeline.ts";
import { TogetherFollower } from "./together-follower.ts";
import type { TogetherClock } from "./together.ts";
import { useArchivePlayer } from "./use-archive-player.ts";
import { useTimeline } from "./use-timeline.ts";

interface TogetherTileProps {
  readonly camera: NumberedCamera;
  readonly clock: TogetherClock;
  readonly startMs: number;
  readonly nowMs: number;
  readonly atMs: number;
  readonly rate: number;
  readonly window: BarWindow;
  readonly onTimeline: (cameraId: string, found: FoundTimeline) => void;
  readonly onToggle: () => void;
  /** Null while only two are left. */
  readonly onRemove: (() => void) | null;
}

export interface FoundTimeline {
  readonly timeline: Timeline | null;
  readonly spans: readonly Span[];
  readonly error: unknown;
}

export const TICK_MS = 100;

/** One of several cameras, kept in step with their clock; says why there is no picture where it has a gap. */
export function TogetherTile({ camera, clock, startMs, nowMs, atMs, rate, window: shown, onTimeline, onToggle, onRemove }: TogetherTileProps) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const { state, failure, atMs: frameMs, player } = useArchivePlayer(video, camera.camera_id, startMs, useReasons().reasonFor(camera.camera_id));
  const { timeline, spans, error } = useTimeline(camera.camera_id, shown, nowMs);
  const gap = gapAt(spans, atMs);
  const id = camera.camera_id;

  useEffect(() => onTimeline(id, { timeline, spans, error }), [onTimeline, id, timeline, spans, error]);
  useEffect(() => player.current?.setRate(rate), [player, rate]);
  useEffect(() => () => clock.forget(id), [clock, id]);

  const current = useRef({ state, spans, rate });
  useEffect(() => {
    current.current = { state, spans, rate };
  });
  useEffect(() => {
    const follower = new TogetherFollower(id, clock);
    const handle = setInterval(() => {
      if (player.current !== null) follower.tick({ player: player.current, ...current.current }, performance.now());
    }, TICK_MS);
    return () => clearInterval(handle);
  }, [clock, player, id]);

  return (
    <div className="together-tile">
      <PlayerScreen
        video={video}
        camera={camera}
        state={gap === null ? state : "ended"}
        failure={failure}
        frameMs={frameMs}
        wantedMs={null}
        gap={gap}
        skipped={null}
        onToggle={onToggle}
        onRetry={() => player.current?.seek(clock.atMs())}
      />
      {onRemove === null ? null : (
        <div className="together-remove">
          <IconButton label={t("playback.remove", { camera: `${camera.number} ${camera.name}` })} onPress={onRemove}>
            <Icon name="close" />
          </IconButton>
        </div>
      )}
    </div>
  );
}
