import { circleRing, showAreas, useTownMap } from "@hejnal/shared/map";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Town } from "../api/town.ts";
import type { Draft, Point } from "./draft.ts";

/** What of an announcement, or of anything else with an area, is drawn. */
export type Drawn = Pick<Draft, "area" | "center" | "radiusM" | "ring" | "severity">;

interface AreaMapProps {
  readonly draft: Drawn;
  readonly town: Town;
  readonly onChange: (part: Partial<Drawn>) => void;
}

const PAN_PX = 40;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [0, -PAN_PX], ArrowDown: [0, PAN_PX], ArrowLeft: [-PAN_PX, 0], ArrowRight: [PAN_PX, 0] };

/** The area on the map: a press sets the circle's centre or the next corner; arrows move the map under the cross, Enter sets there. */
export function AreaMap({ draft, town, onChange }: AreaMapProps) {
  const { t } = useTranslation();
  const help = useId();
  const tiles = town.map_url ?? undefined;
  const { container, map, state } = useTownMap({ bounds: town.bounds, scheme: "dark", tiles, keyboard: false });
  const areas = useMemo(() => drawn(draft), [draft]);
  useEffect(() => (map === null ? undefined : showAreas(map, areas, "dark")), [map, areas]);

  const set = useRef<(place: Point) => void>(() => undefined);
  useEffect(() => {
    set.current = (place) => {
      if (draft.area === "circle") onChange({ center: place });
      else onChange({ ring: [...draft.ring, place] });
    };
  });
  useEffect(() => {
    if (map === null) return;
    const pressed = ({ lngLat }: { lngLat: { lat: number; lng: number } }) => set.current(rounded(lngLat));
    map.on("click", pressed);
    return () => {
      map.off("click", pressed);
    };
  }, [map]);

  const { center, radiusM } = draft;
  useEffect(() => {
    if (map === null || draft.area !== "circle" || center === null || !(radiusM > 0)) return;
    const ring = circleRing(center, radiusM * 1.3);
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { animate: false, maxZoom: 17 });
  }, [map, draft.area, center, radiusM]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (map === null || event.target !== event.currentTarget) return;
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) map.panBy([arrow[0], arrow[1]], { animate: false });
    else if (event.key === "Enter" || event.key === " ") set.current(rounded(map.getCenter()));
    else if (event.key === "+" || event.key === "=") map.zoomTo(map.getZoom() + 1, { animate: false });
    else if (event.key === "-") map.zoomTo(map.getZoom() - 1, { animate: false });
    else if (event.key === "Backspace" && draft.area === "polygon") onChange({ ring: draft.ring.slice(0, -1) });
    else return;
    event.preventDefault();
  };
  return (
    <div className="area-map">
      <p id={help} className="field-help">
        {draft.area === "circle" ? t("editor.mapHelpCircle") : t("editor.mapHelpPolygon")}
      </p>
      {/* A map steered by keys is a widget of its own kind: role application hands it the arrow keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className="town-map"
        role="application"
        aria-label={t("editor.map")}
        aria-describedby={help}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={container} className="town-map-canvas" />
        {state === "failed" ? <p className="town-map-failed">{t("map.failed", { ns: "shared" })}</p> : null}
        <span className="map-cross" aria-hidden="true" />
      </div>
      <p className="area-words" role="status">
        {draft.area === "circle" ? (center === null ? t("editor.noCenter") : t("editor.centerAt", { lat: center.lat.toFixed(5), lon: center.lon.toFixed(5) })) : t("editor.corners", { count: draft.ring.length })}
      </p>
      {draft.area === "polygon" ? (
        <div className="form-actions">
          <Button className="button" isDisabled={draft.ring.length === 0} onPress={() => onChange({ ring: draft.ring.slice(0, -1) })}>
            {t("editor.removeCorner")}
          </Button>
          <Button className="button" isDisabled={draft.ring.length === 0} onPress={() => onChange({ ring: [] })}>
            {t("editor.clearCorners")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** Six decimals are 10 cm: more would only pretend. */
function rounded({ lat, lng }: { lat: number; lng: number }): Point {
  return { lat: Math.round(lat * 1e6) / 1e6, lon: Math.round(lng * 1e6) / 1e6 };
}

/** The drafted area as GeoJSON; corners are drawn too, so that the first two can be seen. */
function drawn(draft: Drawn): GeoJSON.FeatureCollection {
  const properties = { severity: draft.severity };
  const features: GeoJSON.Feature[] = [];
  const polygon = (ring: [number, number][]) => features.push({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } });
  if (draft.area === "circle" && draft.center !== null && draft.radiusM > 0) polygon(circleRing(draft.center, draft.radiusM));
  if (draft.area === "polygon") {
    const corners = draft.ring.map(({ lat, lon }): [number, number] => [lon, lat]);
    for (const corner of draft.ring) polygon(circleRing(corner, 8));
    if (corners.length > 1) features.push({ type: "Feature", properties, geometry: { type: "LineString", coordinates: corners } });
    if (corners.length > 2 && corners[0] !== undefined) polygon([...corners, corners[0]]);
  }
  return { type: "FeatureCollection", features };
}
