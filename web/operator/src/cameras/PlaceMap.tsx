import { rounded, showAreas, useMapMoves, useMapPress, useTownMap } from "@hejnal/shared/map";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Town } from "../api/town.ts";
import { Icon } from "@hejnal/shared";
import type { Cone } from "./camera-form.ts";
import { aimed, aimKey, edgeKey, handlesOf, widened } from "./cone-geometry.ts";
import { viewCones } from "./view-cones.ts";

interface Place {
  readonly lat: number;
  readonly lon: number;
}

interface PlaceMapProps {
  readonly town: Town;
  readonly place: Place | null;
  readonly cone: Cone | null;
  readonly onPlace: (place: Place) => void;
  readonly onCone: (cone: Cone) => void;
}

const STEP_PX = 4;
const BIG_STEP_PX = 40;
const PLACE_ZOOM = 17;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Where a camera stands and what it sees: a press or the arrow keys set the place, two handles set the cone. */
export function PlaceMap({ town, place, cone, onPlace, onCone }: PlaceMapProps) {
  const { t } = useTranslation();
  const help = useId();
  const { container, map, state } = useTownMap({ bounds: town.bounds, scheme: "dark", tiles: town.map_url ?? undefined, keyboard: false });
  const moves = useMapMoves(map);
  const areas = useMemo(() => viewCones(place === null ? [] : [{ place, view_cone: cone === null ? null : { azimuth_deg: cone.azimuthDeg, angle_deg: cone.angleDeg, range_m: cone.rangeM } }]), [place, cone]);
  useEffect(() => (map === null ? undefined : showAreas(map, areas, "dark")), [map, areas]);

  useMapPress(map, onPlace);

  // A place set by address, by numbers or by keys comes into view; one that is in sight stays where it is.
  useEffect(() => {
    if (map === null || place === null) return;
    const { x, y } = map.project([place.lon, place.lat]);
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    if (x < 24 || y < 48 || x > width - 24 || y > height - 24 || map.getZoom() < PLACE_ZOOM - 2) {
      map.jumpTo({ center: [place.lon, place.lat], zoom: Math.max(map.getZoom(), PLACE_ZOOM) });
    }
  }, [map, place]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (map === null || event.target !== event.currentTarget) return;
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const step = event.shiftKey ? BIG_STEP_PX : STEP_PX;
      const from = place === null ? map.project(map.getCenter()) : map.project([place.lon, place.lat]);
      onPlace(rounded(map.unproject([from.x + arrow[0] * step, from.y + arrow[1] * step])));
    } else if (event.key === "Enter" || event.key === " ") onPlace(rounded(map.getCenter()));
    else if (event.key === "+" || event.key === "=") map.zoomTo(map.getZoom() + 1, { animate: false });
    else if (event.key === "-") map.zoomTo(map.getZoom() - 1, { animate: false });
    else return;
    event.preventDefault();
  };

  const at = useMemo(() => {
    if (map === null || place === null || moves < 0) return null;
    const on = ({ lat, lon }: Place) => map.project([lon, lat]);
    const handles = cone === null ? null : handlesOf(place, cone);
    return { pin: on(place), aim: handles === null ? null : on(handles.aim), edge: handles === null ? null : on(handles.edge) };
  }, [map, place, cone, moves]);

  const drag = (change: (to: Place) => Cone) => ({
    onPointerDown: (event: PointerEvent<HTMLButtonElement>) => event.currentTarget.setPointerCapture(event.pointerId),
    onPointerMove: (event: PointerEvent<HTMLButtonElement>) => {
      if (map === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
      const box = map.getContainer().getBoundingClientRect();
      onCone(change(rounded(map.unproject([event.clientX - box.left, event.clientY - box.top]))));
    },
  });
  const keys = (change: (key: string, big: boolean) => Cone | null) => (event: KeyboardEvent<HTMLButtonElement>) => {
    const next = change(event.key, event.shiftKey);
    if (next === null) return;
    onCone(next);
    event.preventDefault();
  };
  return (
    <div className="place-map">
      <p id={help} className="field-help">
        {t("registry.mapHelp")}
      </p>
      {/* A map steered by keys is a widget of its own kind: role application hands it the arrow keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className="town-map"
        role="application"
        aria-label={t("registry.map")}
        aria-describedby={help}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={container} className="town-map-canvas" />
        {state === "failed" ? <p className="town-map-failed">{t("map.failed", { ns: "shared" })}</p> : null}
        {at === null ? null : (
          <span className="map-pin" ref={(pin) => placed(pin, at.pin, "100%")}>
            <Icon name="camera" size="1.5rem" />
          </span>
        )}
        {at?.aim === null || at?.aim === undefined || place === null || cone === null ? null : (
          <>
            <button
              type="button"
              role="slider"
              className="cone-handle"
              aria-label={t("registry.aim")}
              aria-valuemin={0}
              aria-valuemax={359}
              aria-valuenow={cone.azimuthDeg}
              aria-valuetext={t("registry.aimAt", { degrees: cone.azimuthDeg, metres: cone.rangeM })}
              ref={(handle) => placed(handle, at.aim, "50%")}
              onKeyDown={keys((key, big) => aimKey(cone, key, big))}
              {...drag((to) => aimed(place, cone, to))}
            />
            <button
              type="button"
              role="slider"
              className="cone-handle cone-handle-edge"
              aria-label={t("registry.edge")}
              aria-valuemin={5}
              aria-valuemax={360}
              aria-valuenow={cone.angleDeg}
              aria-valuetext={t("registry.edgeAt", { degrees: cone.angleDeg })}
              ref={(handle) => placed(handle, at.edge, "50%")}
              onKeyDown={keys((key, big) => edgeKey(cone, key, big))}
              {...drag((to) => widened(place, cone, to))}
            />
          </>
        )}
      </div>
      <p className="visually-hidden" role="status">
        {place === null ? "" : t("registry.placeAt", { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5) })}
      </p>
    </div>
  );
}

/** The position is set through CSSOM: a style attribute would break the content security policy. */
function placed(element: HTMLElement | null, at: { x: number; y: number } | null, up: string): void {
  if (element !== null && at !== null) element.style.translate = `calc(${at.x}px - 50%) calc(${at.y}px - ${up})`;
}
