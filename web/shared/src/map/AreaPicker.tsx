import { type KeyboardEvent, useEffect, useId } from "react";
import type { FeatureCollection } from "geojson";
import { useTranslation } from "react-i18next";
import { showAreas } from "./areas.ts";
import { rounded, useMapPress } from "./use-map-press.ts";
import { useTownMap } from "./use-town-map.ts";
import type { Bounds, LatLon } from "./view.ts";

export interface AreaPickerProps {
  /** Accessible name: what is being drawn. */
  readonly label: string;
  /** How it is done, by hand and by keys. */
  readonly help: string;
  readonly bounds: Bounds;
  readonly scheme: "light" | "dark";
  readonly tiles?: string | undefined;
  /** What has been drawn so far. */
  readonly areas: FeatureCollection;
  /** Show these bounds whenever they change. */
  readonly focus?: Bounds | undefined;
  /** A place was pressed, or taken under the cross by Enter. */
  readonly onPoint: (place: LatLon) => void;
  /** Backspace: take the last one back. */
  readonly onUndo?: (() => void) | undefined;
}

const PAN_PX = 40;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [0, -PAN_PX], ArrowDown: [0, PAN_PX], ArrowLeft: [-PAN_PX, 0], ArrowRight: [PAN_PX, 0] };

/** A map to draw on: a press sets a place; arrow keys move the map under the cross, Enter sets the place there. */
export function AreaPicker({ label, help, bounds, scheme, tiles, areas, focus, onPoint, onUndo }: AreaPickerProps) {
  const { t } = useTranslation("shared");
  const helpId = useId();
  const { container, map, state } = useTownMap({ bounds, scheme, tiles, keyboard: false });
  useEffect(() => (map === null ? undefined : showAreas(map, areas, scheme)), [map, areas, scheme]);
  useEffect(() => {
    if (map !== null && focus !== undefined) map.fitBounds([focus[0], focus[1], focus[2], focus[3]], { animate: false, maxZoom: 17 });
  }, [map, focus]);

  useMapPress(map, onPoint);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (map === null || event.target !== event.currentTarget) return;
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) map.panBy([arrow[0], arrow[1]], { animate: false });
    else if (event.key === "Enter" || event.key === " ") onPoint(rounded(map.getCenter()));
    else if (event.key === "+" || event.key === "=") map.zoomTo(map.getZoom() + 1, { animate: false });
    else if (event.key === "-") map.zoomTo(map.getZoom() - 1, { animate: false });
    else if (event.key === "Backspace" && onUndo !== undefined) onUndo();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <p id={helpId} className="area-help">
        {help}
      </p>
      {/* A map steered by keys is a widget of its own kind: role application hands it the arrow keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className="town-map"
        role="application"
        aria-label={label}
        aria-describedby={helpId}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={container} className="town-map-canvas" />
        {state === "failed" ? <p className="town-map-failed">{t("map.failed")}</p> : null}
        <span className="map-cross" aria-hidden="true" />
      </div>
    </>
  );
}
