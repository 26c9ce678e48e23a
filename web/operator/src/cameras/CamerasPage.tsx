import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useMemo, useState } from "react";
import { Input, Label, SearchField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { playbackPath } from "../playback/start-time.ts";
import { useTown } from "../reports/use-town.ts";
import { useSession } from "../session/session.tsx";
import { loadWall, reduceWall, saveWall } from "../wall/wall-state.ts";
import { causeWords } from "../words/causes.ts";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { matches } from "./camera-search.ts";
import { CameraDetails } from "./CameraDetails.tsx";
import { ConditionMark } from "./ConditionMark.tsx";
import { isTampered, PictureMark } from "./PictureMark.tsx";
import { type NumberedCamera, useCameras } from "./use-cameras.ts";
import { viewCones } from "./view-cones.ts";
import "./cameras.css";

type Filter = "all" | "attention";
type View = "list" | "map";

/** Every camera with how it is, why, and since when. */
export function CamerasPage() {
  const { t } = useTranslation();
  const { cameras, isPending, error, refetch } = useCameras();
  const [, navigate] = useLocation();
  const view: View = new URLSearchParams(useSearch()).get("view") === "map" ? "map" : "list";
  const [filter, setFilter] = useState<Filter>("all");
  const [search, setSearch] = useState("");
  const attention = cameras.filter(needsAttention);
  const shown = (filter === "all" ? cameras : attention).filter((camera) => matches(camera, search));
  if (isPending) return <Skeleton rows={6} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className="page">
      <header className="page-head">
        <h1>{t("nav.cameras")}</h1>
        <ToggleButtonGroup
          className="segmented"
          aria-label={t("cameras.filter")}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[filter]}
          onSelectionChange={(keys) => setFilter(keys.has("attention") ? "attention" : "all")}
        >
          <ToggleButton id="all" className="segment">
            {t("cameras.all", { count: cameras.length })}
          </ToggleButton>
          <ToggleButton id="attention" className="segment">
            {t("cameras.attention", { count: attention.length })}
          </ToggleButton>
        </ToggleButtonGroup>
        <SearchField className="field" value={search} onChange={setSearch}>
          <Label className="visually-hidden">{t("cameras.search")}</Label>
          <Input className="input" placeholder={t("cameras.search")} />
        </SearchField>
        <ToggleButtonGroup
          className="segmented"
          aria-label={t("cameras.view")}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[view]}
          onSelectionChange={(keys) => navigate(keys.has("map") ? "/cameras?view=map" : "/cameras", { replace: true })}
        >
          <ToggleButton id="list" className="segment">
            {t("cameras.list")}
          </ToggleButton>
          <ToggleButton id="map" className="segment">
            {t("cameras.map")} <kbd>M</kbd>
          </ToggleButton>
        </ToggleButtonGroup>
      </header>
      {shown.length === 0 ? (
        <EmptyState icon={filter === "attention" && search === "" ? "check" : "camera"} title={filter === "attention" && search === "" ? t("cameras.allWell") : t("cameras.noneFound")} />
      ) : (
        <div className={view === "map" ? "cameras-map" : undefined}>
          {view === "map" ? <CameraMap cameras={shown} /> : null}
          <CameraTable cameras={shown} short={view === "map"} />
        </div>
      )}
    </div>
  );
}

function needsAttention(camera: NumberedCamera): boolean {
  return camera.status.condition === "retrying" || camera.status.condition === "unknown" || isTampered(camera.status);
}

function CameraTable({ cameras, short }: { readonly cameras: readonly NumberedCamera[]; readonly short: boolean }) {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const [, navigate] = useLocation();
  const [details, setDetails] = useState<string | null>(null);
  const detailed = cameras.find((camera) => camera.camera_id === details);
  const nowMs = useNowSeconds();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const watch = (cameraId: string) => {
    saveWall(localStorage, reduceWall(loadWall(localStorage), { type: "assign", cameraId }));
    navigate("/wall");
  };
  return (
    <div className="table-scroll">
      <table className="table cameras-table">
        <thead>
          <tr>
            <th scope="col" className="number">
              {t("cameras.number")}
            </th>
            <th scope="col">{t("cameras.name")}</th>
            <th scope="col">{t("cameras.state")}</th>
            {short ? null : <th scope="col">{t("cameras.stream")}</th>}
            {short ? null : <th scope="col">{t("cameras.recording")}</th>}
            <th scope="col">
              <span className="visually-hidden">{t("cameras.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
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
                <button type="button" className="link-button" onClick={() => setDetails(camera.camera_id)}>
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
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {detailed === undefined ? null : <CameraDetails camera={detailed} onClose={() => setDetails(null)} />}
    </div>
  );
}

function CameraMap({ cameras }: { readonly cameras: readonly NumberedCamera[] }) {
  const { t } = useTranslation();
  const { town } = useTown();
  const [selected, setSelected] = useState<string | undefined>(undefined);
  const markers = useMemo(
    () =>
      cameras.map((camera) => ({
        id: camera.camera_id,
        place: camera.place,
        label: `${camera.number} ${camera.name}: ${t(`condition.${camera.status.condition}`)}`,
        icon: "camera" as const,
        ...(needsAttention(camera) ? { tone: "warning" as const } : {}),
      })),
    [cameras, t],
  );
  const cones = useMemo(() => viewCones(cameras), [cameras]);
  if (town === null) return <Skeleton />;
  const chosen = cameras.find((camera) => camera.camera_id === selected);
  return (
    <div className="camera-map">
      <TownMap
        label={t("cameras.mapLabel")}
        bounds={town.bounds}
        scheme="dark"
        markers={markers}
        areas={cones}
        selected={selected}
        onSelect={setSelected}
        {...(town.map_url === null ? {} : { tiles: town.map_url })}
      />
      <p role="status" className="camera-chosen">
        {chosen === undefined ? t("cameras.choose") : `${chosen.number} ${chosen.name}, ${t(`condition.${chosen.status.condition}`)}. ${chosen.purpose}`}
      </p>
    </div>
  );
}
