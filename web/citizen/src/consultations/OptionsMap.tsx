import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection } from "geojson";
import { type Bounds, circleRing, coneRing, Skeleton, useColorScheme, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import type { Consultation } from "../api.ts";
import { townBounds, useTown } from "../town/use-town.ts";
import { inLanguage } from "./use-consultations.ts";

const AROUND_M = 120;

/** The sites that are asked about, with what a camera would see from each, to scale. The list beside it says the same. */
export default function OptionsMap({ options }: { readonly options: Consultation["options"] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const scheme = useColorScheme();
  const { data: town } = useTown();
  const placed = useMemo(() => options.flatMap(({ code, names, place, view_cone: cone }) => (place ? [{ code, names, place, cone }] : [])), [options]);
  const markers = useMemo(
    () => placed.map(({ code, names, place }) => ({ id: code, place, label: inLanguage(names, language) ?? code, icon: "camera" as const })),
    [placed, language],
  );
  const areas = useMemo(
    (): FeatureCollection => ({
      type: "FeatureCollection",
      features: placed.flatMap(({ code, place, cone }) =>
        cone ? [{ type: "Feature" as const, id: code, geometry: { type: "Polygon" as const, coordinates: [coneRing(place, cone)] }, properties: {} }] : [],
      ),
    }),
    [placed],
  );
  const focus = useMemo((): Bounds | undefined => {
    const ring = placed.flatMap(({ place, cone }) => circleRing(place, Math.max(AROUND_M, cone?.range_m ?? 0)));
    if (!ring.length) return undefined;
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }, [placed]);
  if (!town) return <Skeleton rows={1} />;
  return (
    <div className="map-frame">
      <TownMap
        label={t("consultations.mapLabel")}
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
