import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { playbackPath } from "../playback/start-time.ts";
import { useSession } from "../session/session.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { loadWall, reduceWall, saveWall } from "../wall/wall-state.ts";
import { causeWords } from "../words/causes.ts";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { CameraDetails } from "./CameraDetails.tsx";
import { CameraHistory } from "./CameraHistory.tsx";
import { ConditionMark } from "./ConditionMark.tsx";
import { PatrolDialog } from "../ptz/PatrolDialog.tsx";
import { PictureMark } from "./PictureMark.tsx";
import { RemoveCameraDialog } from "./RemoveCameraDialog.tsx";
import type { NumberedCamera } from "./use-cameras.ts";

type Opened = "details" | "history" | "patrol" | "removal";

/** Cameras as a list: state, streams, recording, and what one may do with each. */
export function CameraTable({ cameras, short }: { readonly cameras: readonly NumberedCamera[]; readonly short: boolean }) {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const [, navigate] = useLocation();
  const [opened, setOpened] = useState<{ readonly what: Opened; readonly cameraId: string } | null>(null);
  const about = cameras.find((camera) => camera.camera_id === opened?.cameraId);
  const close = () => setOpened(null);
  const nowMs = useNowSeconds();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const watch = (cameraId: string) => {
    saveWall(localStorage, reduceWall(loadWall(localStorage), { type: "assign", cameraId }));
    navigate("/wall");
  };
  return (
    <>
      <DataTable
        caption={t("nav.cameras")}
        columns={[{ label: t("cameras.number"), className: "number" }, t("cameras.name"), t("cameras.state"), ...(short ? [] : [t("cameras.stream"), t("cameras.recording")])]}
        actions
        className="table cameras-table"
      >
        {cameras.map((camera) => (
          <tr key={camera.camera_id} data-camera={camera.camera_id} data-condition={camera.status.condition}>
            <td className="number">{camera.number}</td>
            <th scope="row">
              {camera.name}
              <span className="soft cell-line">{camera.address}</span>
            </th>
            <td>
              <ConditionMark condition={camera.status.condition} />
              <PictureMark status={camera.status} />
              {camera.status.cause === null || camera.status.cause === undefined ? null : <span className="cell-line">{causeWords(t, camera.status.cause)}</span>}
              {camera.status.since === null || camera.status.since === undefined ? null : (
                <span className="soft cell-line">{t("tile.since", { since: since(t, Date.parse(camera.status.since), nowMs), age: duration(t, nowMs - Date.parse(camera.status.since)) })}</span>
              )}
            </td>
            {short ? null : (
              <td>
                {camera.status.streams.map((stream) => (
                  <span key={stream.name} className="cell-line">
                    {t("cameras.figures", {
                      stream: t(`cameras.streamName.${stream.name}`),
                      width: String(stream.width),
                      height: String(stream.height),
                      fps: number.format(stream.fps),
                      mbps: number.format(stream.bitrate_bps / 1e6),
                    })}
                  </span>
                ))}
              </td>
            )}
            {short ? null : <td>{camera.recording.enabled ? t("cameras.days", { count: camera.recording.keep_days }) : t("cameras.notRecorded")}</td>}
            <td className="cell-actions">
              <button type="button" className="link-button" onClick={() => setOpened({ what: "details", cameraId: camera.camera_id })}>
                {t("cameraDetails.open")}
                <span className="visually-hidden">, {camera.name}</span>
              </button>
              {may("watchLive") ? (
                <button type="button" className="link-button" onClick={() => watch(camera.camera_id)}>
                  {t("cameras.watch")}
                </button>
              ) : null}
              {may("playBack") ? (
                <button type="button" className="link-button" onClick={() => navigate(playbackPath(camera.camera_id, Date.now() - 60_000))}>
                  {t("cameras.playback")}
                </button>
              ) : null}
              {camera.onvif != null && may("keepPtz") ? (
                <button type="button" className="link-button" onClick={() => setOpened({ what: "patrol", cameraId: camera.camera_id })}>
                  {t("patrol.open")}
                  <span className="visually-hidden">, {camera.name}</span>
                </button>
              ) : null}
              {may("keepCameras") ? <KeeperMenu camera={camera} onOpen={(what) => setOpened({ what, cameraId: camera.camera_id })} /> : null}
            </td>
          </tr>
        ))}
      </DataTable>
      {about !== undefined && opened?.what === "details" ? <CameraDetails camera={about} onClose={close} /> : null}
      {about !== undefined && opened?.what === "history" ? <CameraHistory cameraId={about.camera_id} name={about.name} onClose={close} /> : null}
      {about !== undefined && opened?.what === "patrol" ? <PatrolDialog cameraId={about.camera_id} name={about.name} onClose={close} /> : null}
      {about !== undefined && opened?.what === "removal" ? <RemoveCameraDialog camera={about} onClose={close} /> : null}
    </>
  );
}

/** What only the keeper of the registry does. */
function KeeperMenu({ camera, onOpen }: { readonly camera: NumberedCamera; readonly onOpen: (what: Opened) => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  return (
    <MenuTrigger>
      <Button className="link-button" aria-label={t("cameras.moreOf", { camera: camera.name })}>
        {t("cameras.more")}
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="menu"
          aria-label={t("cameras.moreOf", { camera: camera.name })}
          onAction={(key) => {
            if (key === "edit") navigate(`/cameras/${camera.camera_id}/edit`);
            else onOpen(key === "history" ? "history" : "removal");
          }}
        >
          <MenuItem id="edit" className="menu-item">
            {t("cameras.edit")}
          </MenuItem>
          <MenuItem id="history" className="menu-item">
            {t("cameras.history")}
          </MenuItem>
          <MenuItem id="removal" className="menu-item">
            {t("cameras.remove")}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
