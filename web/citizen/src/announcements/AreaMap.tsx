import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection, Geometry, Position } from "geojson";
import { type Bounds, categoryIcon, Skeleton, useColorScheme, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import type { AnnouncementDetail } from "../api.ts";
import { townBounds, useTown } from "../town/use-town.ts";
import { centerOf, wording } from "./words.ts";

/** West, south, east, north of a geometry; undefined where it has no points. */
function extent(geometry: Geometry | null): Bounds | undefined {
  const points: Position[] = [];
  const collect = (node: unknown): void => {
    if (!Array.isArray(node)) return;
    if (typeof node[0] === "number") points.push(node as Position);
    else node.forEach(collect);
  };
  const parts = geometry?.type === "GeometryCollection" ? geometry.geometries : geometry ? [geometry] : [];
  for (const part of parts) if (part.type !== "GeometryCollection") collect(part.coordinates);
  if (!points.length) return undefined;
  const lons = points.map(([lon = 0]) => lon);
  const lats = points.map(([, lat = 0]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** The area of one announcement. Its words stand above the map. */
export default function AreaMap({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const scheme = useColorScheme();
  const { data: town } = useTown();
  const areas = useMemo((): FeatureCollection => {
    const { id, geometry, severity } = announcement;
    return { type: "FeatureCollection", features: [{ type: "Feature", id, geometry: geometry as unknown as Geometry, properties: { severity } }] };
  }, [announcement]);
  const focus = useMemo(() => extent(announcement.geometry as unknown as Geometry | null), [announcement]);
  const markers = useMemo(() => {
    const { id, texts, category, severity } = announcement;
    const place = centerOf(announcement);
    return place ? [{ id, place, label: wording(texts, language).text.title, icon: categoryIcon(category), tone: severity }] : [];
  }, [announcement, language]);
  if (!town) return <Skeleton rows={1} />;
  return (
    <div className="map-frame">
      <TownMap
        label={t("announcement.mapLabel")}
        bounds={townBounds(town)}
        scheme={scheme}
        tiles={town.map_url ?? undefined}
        markers={markers}
        areas={areas}
        focus={focus}
      />
    </div>
  );
}
