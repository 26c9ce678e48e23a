import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection } from "geojson";
import { type Bounds, circleRing, coneRing, Skeleton, useColorScheme } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import type { CameraRegister } from "../api.ts";
import { townBounds, useTown } from "../town/use-town.ts";

type Camera = CameraRegister["items"][number];

interface CamerasMapProps {
  readonly cameras: readonly Camera[];
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

const AROUND_M = 150;

/** Cameras and the ground they see, to scale. */
export default function CamerasMap({ cameras, selected, onSelect }: CamerasMapProps) {
  const { t } = useTranslation();
  const scheme = useColorScheme();
  const { data: town } = useTown();
  const markers = useMemo(
    () => cameras.map(({ id, name, place }) => ({ id, place, label: name, icon: "camera" as const })),
    [cameras],
  );
  const areas = useMemo(
    (): FeatureCollection => ({
      type: "FeatureCollection",
      features: cameras.flatMap(({ id, place, view_cone: cone }) =>
        cone ? [{ type: "Feature" as const, id, geometry: { type: "Polygon" as const, coordinates: [coneRing(place, cone)] }, properties: {} }] : [],
      ),
    }),
    [cameras],
  );
  const focus = useMemo((): Bounds | undefined => {
    const camera = cameras.find(({ id }) => id === selected);
    if (!camera) return undefined;
    const ring = circleRing(camera.place, AROUND_M);
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }, [cameras, selected]);
  if (!town) return <Skeleton rows={1} />;
  return (
    <div className="map-frame">
      <TownMap
        label={t("cameras.mapLabel")}
        bounds={townBounds(town)}
        scheme={scheme}
        tiles={town.map_url ?? undefined}
        markers={markers}
        areas={areas}
        selected={selected}
        onSelect={onSelect}
        focus={focus}
      />
    </div>
  );
}
