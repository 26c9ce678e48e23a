import { useEffect, useMemo } from "react";
import { LngLatBounds } from "maplibre-gl";
import type { FeatureCollection } from "geojson";
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../ui/icons.tsx";
import type { Severity } from "../ui/SeverityBadge.tsx";
import { showAreas } from "./areas.ts";
import { clusterPoints } from "./clusters.ts";
import { useMapMoves } from "./use-map-moves.ts";
import { useTownMap } from "./use-town-map.ts";
import type { Bounds, LatLon } from "./view.ts";

/** A place on the map that can be chosen. Its list entry elsewhere on the page says the same. */
export interface MapMarker {
  readonly id: string;
  readonly place: LatLon;
  readonly label: string;
  readonly icon: IconName;
  readonly tone?: Severity;
}

export interface TownMapProps {
  /** Accessible name: what this map shows. */
  readonly label: string;
  readonly bounds: Bounds;
  readonly scheme: "light" | "dark";
  readonly tiles?: string | undefined;
  readonly markers?: readonly MapMarker[];
  /** Areas under the markers; `properties.severity` gives the colour, other areas take the accent. */
  readonly areas?: FeatureCollection | undefined;
  readonly selected?: string | undefined;
  readonly onSelect?: (id: string) => void;
  /** Show these bounds whenever they change. */
  readonly focus?: Bounds | undefined;
}

const CLUSTER_PX = 44;
const NO_MARKERS: readonly MapMarker[] = [];

/** The town's map with places and areas. Markers are buttons: they take focus and have names. */
export function TownMap({ label, bounds, scheme, tiles, markers = NO_MARKERS, areas, selected, onSelect, focus }: TownMapProps) {
  const { t } = useTranslation("shared");
  const { container, map, state } = useTownMap({ bounds, scheme, tiles, keyboard: true });
  const moved = useMapMoves(map);

  useEffect(() => {
    if (map && focus) map.fitBounds([focus[0], focus[1], focus[2], focus[3]], { padding: 48, maxZoom: 16, animate: false });
  }, [map, focus]);

  useEffect(() => {
    if (!map || !areas) return;
    return showAreas(map, areas, scheme);
  }, [map, areas, scheme]);

  const clusters = useMemo(() => {
    if (!map || moved < 0) return [];
    return clusterPoints(
      markers.map((item) => {
        const { x, y } = map.project([item.place.lon, item.place.lat]);
        return { item, x, y };
      }),
      CLUSTER_PX,
    );
  }, [map, markers, moved]);

  const zoomTo = (items: readonly MapMarker[]) => {
    const box = new LngLatBounds();
    for (const { place } of items) box.extend([place.lon, place.lat]);
    map?.fitBounds(box, { padding: 64, maxZoom: 18, animate: false });
  };

  return (
    <div className="town-map" role="region" aria-label={label}>
      <div ref={container} className="town-map-canvas" />
      {state === "failed" ? <p className="town-map-failed">{t("map.failed")}</p> : null}
      <div className="town-map-markers">
        {clusters.map(({ items, x, y }) => {
          const first = items[0];
          if (!first) return null;
          const single = items.length === 1;
          return (
            <button
              key={items.map(({ id }) => id).join(" ")}
              type="button"
              className={single ? `map-marker map-marker-${first.tone ?? "plain"}` : "map-cluster"}
              ref={(button) => {
                // The position is set through CSSOM: a style attribute would break the content security policy.
                if (button) button.style.translate = `calc(${x}px - 50%) calc(${y}px - ${single ? "100%" : "50%"})`;
              }}
              aria-label={single ? first.label : t("map.cluster", { count: items.length })}
              aria-pressed={single && selected !== undefined ? first.id === selected : undefined}
              onClick={() => (single ? onSelect?.(first.id) : zoomTo(items))}
            >
              {single ? <Icon name={first.icon} size="1.25rem" /> : items.length}
            </button>
          );
        })}
      </div>
    </div>
  );
}
