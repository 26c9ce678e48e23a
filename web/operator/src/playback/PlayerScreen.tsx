import { Icon } from "@hejnal/shared";
import type { RefObject } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { causeWords } from "../words/causes.ts";
import { exact } from "../words/console-words.ts";
import { clockWithSeconds } from "../words/town-clock.ts";
import type { PlayerFailure, PlayerState } from "./archive-player.ts";
import { NOT_RECORDED, type Span } from "./timeline.ts";

interface PlayerScreenProps {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly camera: NumberedCamera;
  readonly state: PlayerState;
  readonly failure: PlayerFailure | null;
  /** Time of the frame on the screen. */
  readonly frameMs: number | null;
  /** Where we are going, until its first frame is there. */
  readonly wantedMs: number | null;
  readonly gap: Span | null;
  readonly skipped: Span | null;
  readonly onToggle: () => void;
  readonly onRetry: () => void;
}

/** The recorded picture with its own clock, and a word where there is no picture. */
export function PlayerScreen({ video, camera, state, failure, frameMs, wantedMs, gap, skipped, onToggle, onRetry }: PlayerScreenProps) {
  const { t } = useTranslation();
  const title = `${camera.number} ${camera.name}`;
  const busy = wantedMs !== null || state === "loading" || state === "waiting";
  const nothing = state === "ended" || (state === "failed" && failure?.status === 404);
  return (
    <div className="screen" data-state={state}>
      {/* The archive holds pictures only; there is no speech to caption. */}
      { }
      <video ref={video} className={wantedMs !== null && frameMs !== null ? "screen-video screen-video-old" : "screen-video"} aria-label={t("playback.picture", { camera: title })} muted playsInline data-camera={camera.camera_id} onClick={onToggle} />
      <p className="screen-clock">
        <span>{title}</span>
        <time dateTime={frameMs === null ? undefined : new Date(frameMs).toISOString()} data-frame-ms={frameMs === null ? undefined : Math.round(frameMs)}>
          {frameMs === null ? t("playback.noFrame") : exact(frameMs)}
        </time>
      </p>
      {skipped === null ? null : (
        <p className="screen-note">
          <Icon name="info" />
          {t("playback.skipped", { from: clockWithSeconds(skipped.fromMs), to: clockWithSeconds(skipped.toMs), cause: causeWords(t, skipped.cause) })}
        </p>
      )}
      {nothing ? (
        <p className="screen-word" role="status">
          {gap === null || gap.cause === NOT_RECORDED ? t("playback.nothing") : t("playback.nothingBecause", { cause: causeWords(t, gap.cause) })}
        </p>
      ) : state === "failed" ? (
        <div className="screen-word" role="alert">
          <p>{failure?.status === 403 ? t("playback.forbidden") : t("playback.failed")}</p>
          <Button className="button" onPress={onRetry}>
            {t("ui.retry")}
          </Button>
        </div>
      ) : busy ? (
        <p className="screen-busy" role="status">
          {wantedMs === null ? t("playback.loading") : t("playback.loadingAt", { time: clockWithSeconds(wantedMs) })}
        </p>
      ) : null}
    </div>
  );
}
