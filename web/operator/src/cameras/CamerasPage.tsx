import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useMemo, useState } from "react";
import { Input, Label, SearchField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useSearch } from "wouter";
import { useTown } from "../reports/use-town.ts";
import { useSession } from "../session/session.tsx";
import { matches } from "./camera-search.ts";
import { CameraTable } from "./CameraTable.tsx";
import { isTampered } from "./PictureMark.tsx";
import { RegistryTools } from "./RegistryTools.tsx";
import { type NumberedCamera, useCameras } from "./use-cameras.ts";
import { viewCones } from "./view-cones.ts";
import "./cameras.css";

type Filter = "all" | "attention";
type View = "list" | "map";

/** Every camera with how it is, why, and since when. */
export function CamerasPage() {
  const { t } = useTranslation();
  const { may } = useSession();
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
        {may("deleteFootage") ? (
          <Link href="/deletions" className="button">
            {t("deletions.title")}
          </Link>
        ) : null}
        {may("keepCameras") ? <RegistryTools /> : null}
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
