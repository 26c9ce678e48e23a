import { type Bounds, useLanguage } from "@hejnal/shared";
import { circleRing, TownMap } from "@hejnal/shared/map";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ConsultationOption } from "../api/consultations.ts";
import { viewCones } from "../cameras/view-cones.ts";
import { useTown } from "../reports/use-town.ts";
import { inLanguage } from "./words.ts";

const AROUND_M = 120;

/** The sites that are asked about, with what a camera would see from each, to scale. The list beside it says the same. */
export function OptionsMap({ options }: { readonly options: readonly ConsultationOption[] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { town } = useTown();
  const placed = useMemo(() => options.flatMap(({ code, names, place, view_cone }) => (place === null || place === undefined ? [] : [{ code, names, place, view_cone: view_cone ?? null }])), [options]);
  const markers = useMemo(() => placed.map(({ code, names, place }) => ({ id: code, place, label: inLanguage(names, language) ?? code, icon: "camera" as const })), [placed, language]);
  const areas = useMemo(() => viewCones(placed), [placed]);
  const focus = useMemo<Bounds>(() => {
    const ring = placed.flatMap(({ place, view_cone: cone }) => circleRing(place, Math.max(AROUND_M, cone?.range_m ?? 0)));
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }, [placed]);
  if (town === null || placed.length === 0) return null;
  return <TownMap label={t("consultations.map")} bounds={town.bounds} scheme="dark" areas={areas} markers={markers} focus={focus} {...(town.map_url === null ? {} : { tiles: town.map_url })} />;
}
