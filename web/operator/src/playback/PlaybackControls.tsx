import { useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { fromLocalInput, toLocalInput } from "../words/town-clock.ts";
import { CameraSelect } from "./CameraSelect.tsx";
import { type Zoom, ZOOM_ORDER } from "./time-bar-geometry.ts";

export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2, 4, 8, 16];

interface PlaybackControlsProps {
  readonly camera: NumberedCamera;
  readonly cameras: readonly NumberedCamera[];
  readonly playing: boolean;
  readonly atMs: number;
  readonly latestMs: number;
  readonly rate: number;
  readonly zoom: Zoom;
  readonly onCamera: (cameraId: string) => void;
  readonly onToggle: () => void;
  readonly onSeek: (atMs: number) => void;
  readonly onMinuteAgo: () => void;
  readonly onLive: () => void;
  readonly onRate: (rate: number) => void;
  readonly onZoom: (zoom: Zoom) => void;
  readonly onStep: (by: 1 | -1) => void;
  /** Null while there is no frame. */
  readonly onSnapshot: (() => void) | null;
  /** Shows one more camera at the same moment; null when there is room for no more. */
  readonly onAdd: ((cameraId: string) => void) | null;
  /** Cameras that can be added. */
  readonly others: readonly NumberedCamera[];
  /** Several cameras are shown: each has its own name, so none is chosen here. */
  readonly several?: boolean;
}

/** Which camera, which moment, how fast, how much of the bar. */
export function PlaybackControls(props: PlaybackControlsProps) {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const { camera, cameras, playing, atMs, rate, zoom } = props;
  const speed = new Intl.NumberFormat(i18n.language);
  return (
    <div className="controls">
      {props.several === true ? null : <CameraSelect key={camera.camera_id} cameras={cameras} value={camera.camera_id} onChange={props.onCamera} />}
      <div className="controls-group">
        <IconButton label={t("playback.back")} shortcut="J" onPress={() => props.onSeek(atMs - 10_000)}>
          <ConsoleIcon name="back10" />
        </IconButton>
        <IconButton label={playing ? t("playback.pause") : t("playback.play")} shortcut="K" onPress={props.onToggle}>
          <ConsoleIcon name={playing ? "pause" : "play"} />
        </IconButton>
        <IconButton label={t("playback.stepBack")} shortcut="," onPress={() => props.onStep(-1)}>
          <ConsoleIcon name="frameBack" />
        </IconButton>
        <IconButton label={t("playback.stepForward")} shortcut="." onPress={() => props.onStep(1)}>
          <ConsoleIcon name="frameForward" />
        </IconButton>
        <IconButton label={t("playback.forward")} shortcut="L" onPress={() => props.onSeek(atMs + 10_000)}>
          <ConsoleIcon name="forward10" />
        </IconButton>
      </div>
      <Button className="button" onPress={props.onMinuteAgo}>
        {t("playback.minuteAgo")} <kbd>P</kbd>
      </Button>
      {may("watchLive") ? (
        <Button className="button" onPress={props.onLive}>
          <ConsoleIcon name="live" /> {t("playback.live")}
        </Button>
      ) : null}
      <Button className="button" isDisabled={props.onSnapshot === null} onPress={() => props.onSnapshot?.()}>
        <ConsoleIcon name="snapshot" /> {t("playback.snapshot")}
      </Button>
      {may("export") ? (
        <Link className="button" href={`/exports?camera=${encodeURIComponent(camera.camera_id)}&at=${new Date(atMs).toISOString()}`}>
          <ConsoleIcon name="export" /> {t("playback.export")}
        </Link>
      ) : null}
      <ToggleButtonGroup
        className="segmented"
        aria-label={t("playback.speed")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[String(rate)]}
        onSelectionChange={(keys) => {
          const next = SPEEDS.find((each) => keys.has(String(each)));
          if (next !== undefined) props.onRate(next);
        }}
      >
        {SPEEDS.map((each) => (
          <ToggleButton key={each} id={String(each)} className="segment">
            {`${speed.format(each)}×`}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <ToggleButtonGroup
        className="segmented"
        aria-label={t("playback.zoom")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[zoom]}
        onSelectionChange={(keys) => {
          const next = ZOOM_ORDER.find((each) => keys.has(each));
          if (next !== undefined) props.onZoom(next);
        }}
      >
        {ZOOM_ORDER.map((each) => (
          <ToggleButton key={each} id={each} className="segment">
            {t(`playback.zooms.${each}`)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {props.onAdd === null ? null : <CameraSelect key={props.others.length} cameras={props.others} value={null} label={t("playback.add")} onChange={props.onAdd} />}
      <GoTo atMs={atMs} latestMs={props.latestMs} onSeek={props.onSeek} />
    </div>
  );
}

/** Day and minute to go to, in town time. */
function GoTo({ atMs, latestMs, onSeek }: { readonly atMs: number; readonly latestMs: number; readonly onSeek: (atMs: number) => void }) {
  const { t } = useTranslation();
  // Follows the picture until somebody writes in it.
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? toLocalInput(atMs);
  const wanted = fromLocalInput(text);
  const future = wanted !== null && wanted > latestMs;
  return (
    <form
      className="go-to"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === null || future) return;
        setDraft(null);
        onSeek(wanted);
      }}
    >
      <MomentField label={t("playback.goTo")} labelHidden value={text} isInvalid={future} onChange={setDraft} />
      <Button type="submit" className="button" isDisabled={wanted === null || future}>
        {t("playback.go")}
      </Button>
    </form>
  );
}
