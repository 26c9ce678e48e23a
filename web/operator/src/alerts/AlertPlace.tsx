import { EmptyState } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useMemo } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useCameras } from "../cameras/use-cameras.ts";
import { viewCones } from "../cameras/view-cones.ts";
import { useTown } from "../reports/use-town.ts";
import { useSession } from "../session/session.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { hangOnWall } from "./hang-on-wall.ts";
import { LiveTile } from "./LiveTile.tsx";
import { MOST_TILES, seeingCameras } from "./seeing-cameras.ts";

interface AlertPlaceProps {
  readonly place: { readonly lat: number; readonly lon: number } | null;
  readonly address: string;
  readonly cameraIds: readonly string[];
  readonly reason: string;
  readonly atMs: number;
}

/** Where it is, what cameras see there now, and one key that hangs them on the wall. */
export function AlertPlace({ place, address, cameraIds, reason, atMs }: AlertPlaceProps) {
  const { t } = useTranslation();
  const { may, active } = useSession();
  const { cameras } = useCameras();
  const { town } = useTown();
  const [, navigate] = useLocation();
  const seeing = useMemo(() => seeingCameras(cameras, cameraIds, place), [cameras, cameraIds, place]);
  const at = place ?? seeing[0]?.camera.place ?? null;
  const lat = at?.lat ?? null;
  const lon = at?.lon ?? null;
  const focus = useMemo(() => (lat === null || lon === null ? undefined : ([lon - 0.003, lat - 0.0018, lon + 0.003, lat + 0.0018] as const)), [lat, lon]);
  const label = t("alerts.pin", { address });
  const markers = useMemo(() => (lat === null || lon === null ? [] : [{ id: "alert", place: { lat, lon }, label, icon: "bell", tone: "warning" } as const]), [lat, lon, label]);
  const cones = useMemo(() => viewCones(seeing.map(({ camera }) => camera)), [seeing]);
  const hang = () => {
    if (seeing.length === 0 || !may("watchLive")) return false;
    hangOnWall(seeing.map(({ camera }) => camera.camera_id));
    navigate("/wall");
    return undefined;
  };
  useHotkeys({ w: hang }, active);
  const shown = may("watchLive") ? seeing.slice(0, MOST_TILES) : [];
  return (
    <aside className="report-place">
      <section>
        <header className="split-head">
          <h3>{t("alerts.cameras")}</h3>
          {seeing.length > 0 && may("watchLive") ? (
            <Button className="button" onPress={() => hang()}>
              {t("alerts.hang")} <kbd>W</kbd>
            </Button>
          ) : null}
        </header>
        {seeing.length === 0 ? (
          <EmptyState icon="camera" title={t("reports.noCameras")} />
        ) : (
          <ul className="live-tiles">
            {shown.map(({ camera, near }) => (
              <LiveTile
                key={camera.camera_id}
                camera={camera}
                where={near === null ? t("alerts.named") : `${t("reports.metres", { count: Math.round(near.distanceM) })}, ${near.sees ? t("reports.sees") : t("reports.close")}`}
                reason={reason}
                atMs={atMs}
              />
            ))}
          </ul>
        )}
        {seeing.length > MOST_TILES ? <p className="soft">{t("alerts.moreCameras", { count: seeing.length - MOST_TILES })}</p> : null}
      </section>
      <section>
        <h3>{t("reports.place")}</h3>
        <p>{address === "" ? (at === null ? t("alerts.noPlace") : `${at.lat.toFixed(5)}, ${at.lon.toFixed(5)}`) : address}</p>
        {town === null || focus === undefined ? null : <TownMap label={t("reports.map", { address })} bounds={town.bounds} scheme="dark" markers={markers} areas={cones} focus={focus} {...(town.map_url === null ? {} : { tiles: town.map_url })} />}
      </section>
    </aside>
  );
}
