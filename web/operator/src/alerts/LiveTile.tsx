import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { LiveVideo } from "../live/LiveVideo.tsx";
import type { TileState } from "../live/tile-state.ts";
import { playbackPath } from "../playback/start-time.ts";
import { useSession } from "../session/session.tsx";
import { hasSub } from "../wall/tile-stream.ts";
import { causeWords } from "../words/causes.ts";
import { duration } from "../words/console-words.ts";
import { clock } from "../words/town-clock.ts";

interface LiveTileProps {
  readonly camera: NumberedCamera;
  /** How far from the place, in words; empty when it is not known. */
  readonly where: string;
  /** Why one looks: what is written down when the camera is restricted. */
  readonly reason: string;
  /** Footage of this moment is one press away. */
  readonly atMs: number;
}

/** One camera that sees the place: its picture, how old that is, and the way to its footage. */
export function LiveTile({ camera, where, reason, atMs }: LiveTileProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [state, setState] = useState<TileState>({ kind: "connecting", sinceMs: 0 });
  const [agreed, setAgreed] = useState(false);
  const take = useCallback((next: TileState) => setState(next), []);
  const asks = camera.restricted && !agreed;
  const title = `${camera.number} ${camera.name}`;
  const stream = hasSub(camera) ? "sub" : "main";
  const codec = camera.status.streams.find((each) => each.name === stream)?.codec ?? "";
  return (
    <li className="live-tile" data-camera={camera.camera_id} data-state={state.kind}>
      <div className="live-tile-picture">
        {asks ? (
          <div className="live-tile-word">
            <p>{t("alerts.restricted", { reason })}</p>
            <Button className="button" onPress={() => setAgreed(true)}>
              {t("tile.watch")}
            </Button>
          </div>
        ) : (
          <>
            <LiveVideo cameraId={camera.camera_id} name={t("tile.picture", { camera: title })} stream={stream} codec={codec} reason={camera.restricted ? reason : ""} status={camera.status} onState={take} />
            {state.kind === "live" || state.kind === "paced" ? null : (
              <p className="live-tile-word">
                {state.kind === "gone" ? causeWords(t, state.cause) : t(`tile.${state.kind}`)}
                {state.kind === "late" ? ` ${duration(t, state.ageMs)}` : null}
              </p>
            )}
          </>
        )}
      </div>
      <p className="live-tile-foot">
        <span className="camera-number">{camera.number}</span>
        <span className="near-name">
          {camera.name}
          {where === "" ? null : <span className="soft">{where}</span>}
        </span>
        {may("playBack") ? <Link href={playbackPath(camera.camera_id, atMs - 30_000)}>{t("reports.footage", { time: clock(atMs - 30_000) })}</Link> : null}
      </p>
    </li>
  );
}
