import { type ReactNode, useCallback, useId, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { PictureMark } from "../cameras/PictureMark.tsx";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { LiveVideo } from "../live/LiveVideo.tsx";
import { Poster } from "../live/Poster.tsx";
import type { TileState } from "../live/tile-state.ts";
import { useLiveWays } from "../live/use-live-ways.ts";
import { useReasons } from "../reasons/use-reasons.ts";
import { ConsoleIcon, type ConsoleIconName } from "../ui/icons.tsx";
import { duration, secondsOf } from "../words/console-words.ts";
import { allowDrop, beginDrag, type Dragged, dropped } from "./drag.ts";
import { TileAsks, TileGone } from "./TileGone.tsx";
import { TileTools } from "./TileTools.tsx";
import { codecOf, hasSub, streamFor } from "./tile-stream.ts";
import { useSettled } from "./use-settled.ts";

interface TileProps {
  readonly index: number;
  readonly camera: NumberedCamera | null;
  /** How wide it is, in device pixels. */
  readonly pixels: number;
  readonly focused: boolean;
  readonly enlarged: boolean;
  readonly hidden: boolean;
  readonly audible: boolean;
  /** Null: it cannot be turned, or not by this role. */
  readonly steer: { readonly on: boolean; readonly toggle: () => void } | null;
  readonly onFocus: () => void;
  readonly onClear: () => void;
  readonly onEnlarge: () => void;
  readonly onSound: () => void;
  readonly onAskReason: (camera: NumberedCamera) => void;
  readonly onDrop: (dragged: Dragged) => void;
  readonly cellRef: (element: HTMLDivElement | null) => void;
  /** What lies over the picture: the camera's joystick. */
  readonly children?: ReactNode;
}

/** A tile that the arrow keys pass over is not yet worked with. */
const PINNED_AFTER_MS = 1_500;
const STATE_ICONS: Readonly<Record<TileState["kind"], ConsoleIconName>> = { connecting: "connecting", live: "live", paced: "live", late: "late", gone: "gone" };

/** One place on the wall: the picture, whose it is, and how old it is. */
export function Tile(props: TileProps) {
  const { index, camera, focused, enlarged, hidden, cellRef, onFocus, onEnlarge, onDrop, onAskReason } = props;
  const { t } = useTranslation();
  const id = useId();
  const [state, setState] = useState<TileState>({ kind: "connecting", sinceMs: 0 });
  const [over, setOver] = useState(false);
  const { lacks } = useReasons();
  const asks = camera !== null && lacks(camera);
  const kind = camera === null ? "empty" : asks ? "gone" : state.kind;
  const classes = ["tile", `tile-${kind}`, focused ? "tile-focused" : "", enlarged ? "tile-enlarged" : "", over ? "tile-over" : ""];
  return (
    <div
      ref={cellRef}
      role="gridcell"
      tabIndex={focused ? 0 : -1}
      // What it says instead of a picture is read with its button: then the name comes from all of the contents.
      aria-labelledby={kind === "gone" ? undefined : `${id}-place ${id}-seen ${id}-foot`}
      aria-selected={focused}
      className={classes.join(" ")}
      data-tile={index + 1}
      data-state={kind}
      hidden={hidden}
      draggable={camera !== null}
      onFocus={onFocus}
      onDoubleClick={onEnlarge}
      onDragStart={(event) => beginDrag(event, { tile: index })}
      onDragOver={(event) => setOver(allowDrop(event))}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const dragged = dropped(event);
        if (dragged !== null) onDrop(dragged);
      }}
    >
      <span id={`${id}-place`} className="visually-hidden">
        {camera === null ? t("wall.tileEmpty", { tile: index + 1 }) : t("wall.tile", { tile: index + 1 })}
      </span>
      {camera === null ? (
        <p id={`${id}-seen`} className="tile-hint">
          {focused ? t("wall.emptyHint") : null}
        </p>
      ) : (
        <>
          {asks ? (
            <div id={`${id}-seen`} className="tile-seen">
              <TileAsks onAskReason={() => onAskReason(camera)} />
            </div>
          ) : (
            <Watching {...props} camera={camera} id={id} state={state} onState={setState} />
          )}
          <div id={`${id}-foot`} className="tile-foot">
            <span className="tile-name">
              <span className="camera-number">{camera.number}</span> {camera.name}
            </span>
            <PictureMark status={camera.status} />
            {asks ? null : <StateWord state={state} />}
          </div>
        </>
      )}
      {props.children}
    </div>
  );
}

interface WatchingProps extends TileProps {
  readonly camera: NumberedCamera;
  readonly id: string;
  readonly state: TileState;
  readonly onState: (state: TileState) => void;
}

/** The picture or its cause, and the tile's tools. */
function Watching({ camera, id, state, onState, pixels, focused, enlarged, hidden, audible, steer, onClear, onEnlarge, onSound, onAskReason }: WatchingProps) {
  const { t } = useTranslation();
  const { reasonFor } = useReasons();
  const reason = reasonFor(camera.camera_id);
  const title = `${camera.number} ${camera.name}`;
  const take = useCallback((next: TileState) => onState(next), [onState]);
  const [fitting, setFitting] = useState(() => streamFor(camera, pixels, null));
  const fits = streamFor(camera, pixels, fitting);
  if (fits !== fitting) setFitting(fits);
  const [pathThin, setPathThin] = useState(false);
  const [smaller, setSmaller] = useState(false);
  const stream = smaller ? "sub" : fitting;
  const pinned = useSettled(focused || enlarged || audible || steer?.on === true, PINNED_AFTER_MS);
  const ways = useLiveWays(camera.camera_id, stream);
  return (
    <>
      {hidden ? null : (
        <LiveVideo
          key={camera.camera_id}
          cameraId={camera.camera_id}
          name={t("tile.picture", { camera: title })}
          stream={stream}
          codec={codecOf(camera, stream)}
          audible={audible}
          reason={reason}
          status={camera.status}
          pinned={pinned}
          onState={take}
          onPathThin={setPathThin}
        />
      )}
      <div id={`${id}-seen`} className="tile-seen">
        {state.kind === "gone" ? <TileGone state={state} onAskReason={() => onAskReason(camera)} /> : null}
        {pathThin && state.kind !== "gone" ? <SlowLine onSmaller={stream === "main" && hasSub(camera) ? () => setSmaller(true) : null} /> : null}
        {state.kind === "connecting" && !hidden ? <Poster camera={camera} title={title} reason={reason} /> : null}
        {state.kind === "connecting" ? <p className="tile-hint">{t("tile.connecting")}…</p> : null}
      </div>
      <TileTools
        camera={camera}
        enlarged={enlarged}
        sound={audible || (ways?.audio ?? null) !== null ? { on: audible, toggle: onSound } : null}
        steer={steer}
        onClear={onClear}
        onEnlarge={onEnlarge}
      />
    </>
  );
}

/** The operator's own line loses much of what is sent; the camera's smaller stream may fit through. */
function SlowLine({ onSmaller }: { readonly onSmaller: (() => void) | null }) {
  const { t } = useTranslation();
  return (
    <div className="tile-slow-line" role="status">
      {t("tile.slowLine")}
      {onSmaller === null ? null : (
        <Button className="button" onPress={onSmaller}>
          {t("tile.smaller")}
        </Button>
      )}
    </div>
  );
}

/** Live, late or gone, and how old the picture is. */
function StateWord({ state }: { readonly state: TileState }) {
  const { t, i18n } = useTranslation();
  return (
    <span className={`tile-state tile-state-${state.kind}`}>
      <ConsoleIcon name={STATE_ICONS[state.kind]} size="1.2em" />
      {state.kind === "paced" ? t("tile.paced", { every: secondsOf(t, i18n.language, state.everyMs) }) : t(`tile.${state.kind}`)}
      {state.kind === "live" ? <span className="tile-age">{secondsOf(t, i18n.language, state.ageMs)}</span> : null}
      {state.kind === "late" ? ` ${duration(t, state.ageMs)}` : null}
    </span>
  );
}
