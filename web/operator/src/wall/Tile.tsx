import { type SyntheticEvent, useCallback, useId, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Icon } from "@hejnal/shared";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { PictureMark } from "../cameras/PictureMark.tsx";
import { LiveVideo } from "../live/LiveVideo.tsx";
import { Poster } from "../live/Poster.tsx";
import type { TileState } from "../live/tile-state.ts";
import type { StreamName } from "../live/whep-connection.ts";
import { useSession } from "../session/session.tsx";
import { ConsoleIcon, type ConsoleIconName } from "../ui/icons.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { MayDo } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

interface TileProps {
  readonly index: number;
  readonly camera: NumberedCamera | null;
  readonly stream: StreamName;
  readonly focused: boolean;
  readonly enlarged: boolean;
  readonly hidden: boolean;
  readonly onFocus: () => void;
  readonly onClear: () => void;
  readonly onEnlarge: () => void;
  readonly cellRef: (element: HTMLDivElement | null) => void;
}

const STATE_ICONS: Readonly<Record<TileState["kind"], ConsoleIconName>> = { connecting: "connecting", live: "live", late: "late", gone: "gone" };

/** One place on the wall: the picture, whose it is, and how old it is. */
export function Tile({ index, camera, stream, focused, enlarged, hidden, onFocus, onClear, onEnlarge, cellRef }: TileProps) {
  const { t } = useTranslation();
  const id = useId();
  const [state, setState] = useState<TileState>({ kind: "connecting", sinceMs: 0 });
  const [reason, setReason] = useState("");
  const { may } = useSession();
  const take = useCallback((next: TileState) => setState(next), []);
  const title = camera === null ? t("wall.empty") : `${camera.number} ${camera.name}`;
  return (
    <div
      ref={cellRef}
      role="gridcell"
      tabIndex={focused ? 0 : -1}
      aria-labelledby={`${id}-place ${id}-why ${id}-foot`}
      aria-selected={focused}
      className={["tile", `tile-${camera === null ? "empty" : state.kind}`, focused ? "tile-focused" : "", enlarged ? "tile-enlarged" : ""].join(" ")}
      data-tile={index + 1}
      data-state={camera === null ? "empty" : state.kind}
      hidden={hidden}
      onFocus={onFocus}
      onDoubleClick={onEnlarge}
    >
      <span id={`${id}-place`} className="visually-hidden">
        {camera === null ? t("wall.tileEmpty", { tile: index + 1 }) : t("wall.tile", { tile: index + 1 })}
      </span>
      {camera === null ? (
        <p id={`${id}-why`} className="tile-hint">
          {focused ? t("wall.emptyHint") : null}
        </p>
      ) : (
        <>
          {hidden ? null : (
            <LiveVideo
              key={camera.camera_id}
              cameraId={camera.camera_id}
              name={t("tile.picture", { camera: title })}
              stream={stream}
              reason={reason}
              status={camera.status}
              onState={take}
            />
          )}
          {state.kind === "gone" ? <TileGone id={`${id}-why`} state={state} onReason={setReason} /> : null}
          {state.kind === "connecting" && !hidden ? <Poster camera={camera} title={title} reason={reason} /> : null}
          {state.kind === "connecting" ? <p className="tile-hint">{t("tile.connecting")}…</p> : null}
          <div id={`${id}-foot`} className="tile-foot">
            <span className="tile-name">
              <span className="camera-number">{camera.number}</span> {camera.name}
            </span>
            <PictureMark status={camera.status} />
            <span className={`tile-state tile-state-${state.kind}`}>
              <ConsoleIcon name={STATE_ICONS[state.kind]} size="1.2em" />
              {t(`tile.${state.kind}`)}
              {state.kind === "late" ? ` ${duration(t, state.ageMs)}` : null}
            </span>
          </div>
          <div className="tile-tools">
            {may("playBack") ? (
              <Link className="icon-button" href={`/playback/${camera.camera_id}?ago=60`} aria-label={t("tile.minuteAgo")} title={`${t("tile.minuteAgo")} (P)`}>
                <ConsoleIcon name="playback" />
              </Link>
            ) : null}
            <IconButton label={enlarged ? t("tile.shrink") : t("tile.enlarge")} shortcut="Enter" onPress={onEnlarge}>
              <ConsoleIcon name={enlarged ? "shrink" : "enlarge"} />
            </IconButton>
            <IconButton label={t("tile.clear")} shortcut="Del" onPress={onClear}>
              <Icon name="close" />
            </IconButton>
          </div>
        </>
      )}
    </div>
  );
}

/** Why there is no picture, since when, and what happens next. */
function TileGone({ id, state, onReason }: { readonly id: string; readonly state: TileState & { kind: "gone" }; readonly onReason: (reason: string) => void }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  if (state.cause === "reason_required") return <ReasonForm onReason={onReason} />;
  return (
    <div className="tile-gone">
      <p id={id} className="tile-gone-cause">{causeWords(t, state.cause)}</p>
      {state.cause === "forbidden" ? (
        <p>
          <MayDo act="watchLive" />
        </p>
      ) : (
        <p>{t("tile.since", { since: since(t, state.sinceMs, nowMs), age: duration(t, nowMs - state.sinceMs) })}</p>
      )}
      {state.retryAtMs === null ? null : <p className="soft">{state.retryAtMs > nowMs ? t("tile.retryIn", { wait: duration(t, state.retryAtMs - nowMs) }) : t("tile.retrying")}</p>}
    </div>
  );
}

function ReasonForm({ onReason }: { readonly onReason: (reason: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() !== "") onReason(text.trim());
  };
  return (
    <form className="tile-gone" onSubmit={submit}>
      <p className="tile-gone-cause">{t("cause.reason_required")}</p>
      <label className="field">
        {t("tile.reason")}
        <input className="input" value={text} maxLength={300} required onChange={(event) => setText(event.target.value)} />
      </label>
      <Button type="submit" className="button">
        {t("tile.watch")}
      </Button>
    </form>
  );
}
