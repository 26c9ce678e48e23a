import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { FeatureCollection } from "geojson";
import { answer, categoryIcon, useColorScheme, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { type AnnouncementSummary, api, type Town } from "../api.ts";
import { townBounds } from "../town/use-town.ts";
import { centerOf, wording } from "./words.ts";

interface AnnouncementsMapProps {
  readonly town: Town;
  readonly announcements: readonly AnnouncementSummary[];
  readonly onSelect: (id: string) => void;
}

/** Where things happen: one marker per announcement that has a place, and its area under it. */
export default function AnnouncementsMap({ town, announcements, onSelect }: AnnouncementsMapProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const scheme = useColorScheme();
  const { data: shapes } = useQuery({
    queryKey: ["announcements.geojson"],
    queryFn: () => answer(api.GET("/api/v1/announcements.geojson")),
  });

  const markers = useMemo(
    () =>
      announcements.flatMap((announcement) => {
        const place = centerOf(announcement);
        if (!place || announcement.area.kind === "town") return []; // the whole town is no place; the list has it
        const { id, texts, category, severity } = announcement;
        return [{ id, place, label: wording(texts, language).text.title, icon: categoryIcon(category), tone: severity }];
      }),
    [announcements, language],
  );
  const areas = useMemo(() => {
    const shown = new Set(announcements.filter(({ area }) => area.kind !== "town").map(({ id }) => id));
    const features = (shapes?.features ?? []).filter((feature) => shown.has(feature.id) && feature.geometry);
    return { type: "FeatureCollection", features } as unknown as FeatureCollection;
  }, [announcements, shapes]);

  return (
    <div className="map-frame">
      <TownMap
        label={t("home.mapLabel")}
        bounds={townBounds(town)}
        scheme={scheme}
        tiles={town.map_url ?? undefined}
        markers={markers}
        areas={areas}
        onSelect={onSelect}
      />
    </div>
  );
}
