import { type Bounds, outlineAreas } from "@hejnal/shared";
import { AreaPicker, circleRing } from "@hejnal/shared/map";
import { useMemo } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Town } from "../api/town.ts";
import type { Draft } from "./draft.ts";

/** What of an announcement, or of anything else with an area, is drawn. */
export type Drawn = Pick<Draft, "area" | "center" | "radiusM" | "ring" | "severity">;

interface AreaMapProps {
  readonly draft: Drawn;
  readonly town: Town;
  readonly onChange: (part: Partial<Drawn>) => void;
}

/** The area on the map: a place sets the circle's centre or the next corner of the outline. */
export function AreaMap({ draft, town, onChange }: AreaMapProps) {
  const { t } = useTranslation();
  const { area, center, radiusM, ring } = draft;
  const circle = area === "circle";
  const areas = useMemo(() => drawn(draft), [draft]);
  const focus = useMemo(() => (circle && center !== null && radiusM > 0 ? around(circleRing(center, radiusM * 1.3)) : undefined), [circle, center, radiusM]);
  const undo = () => onChange({ ring: ring.slice(0, -1) });
  return (
    <div className="area-map">
      <AreaPicker
        label={t("editor.map")}
        help={circle ? t("editor.mapHelpCircle") : t("editor.mapHelpPolygon")}
        bounds={town.bounds}
        scheme="dark"
        tiles={town.map_url ?? undefined}
        areas={areas}
        focus={focus}
        onPoint={(place) => onChange(circle ? { center: place } : { ring: [...ring, place] })}
        onUndo={circle ? undefined : undo}
      />
      <p className="area-words" role="status">
        {circle ? (center === null ? t("editor.noCenter") : t("editor.centerAt", { lat: center.lat.toFixed(5), lon: center.lon.toFixed(5) })) : t("editor.corners", { count: ring.length })}
      </p>
      {area === "polygon" ? (
        <div className="form-actions">
          <Button className="button" isDisabled={ring.length === 0} onPress={undo}>
            {t("editor.removeCorner")}
          </Button>
          <Button className="button" isDisabled={ring.length === 0} onPress={() => onChange({ ring: [] })}>
            {t("editor.clearCorners")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function around(ring: readonly (readonly [number, number])[]): Bounds {
  const lons = ring.map(([lon]) => lon);
  const lats = ring.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** The drafted area as GeoJSON. */
function drawn({ area, center, radiusM, ring, severity }: Drawn): GeoJSON.FeatureCollection {
  if (area === "polygon") return outlineAreas(ring, { severity });
  const shown = area === "circle" && center !== null && radiusM > 0;
  return { type: "FeatureCollection", features: shown ? [{ type: "Feature", properties: { severity }, geometry: { type: "Polygon", coordinates: [circleRing(center, radiusM)] } }] : [] };
}
