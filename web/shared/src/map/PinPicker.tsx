import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../ui/icons.tsx";
import { rounded } from "./use-map-press.ts";
import { useTownMap } from "./use-town-map.ts";
import type { Bounds, LatLon } from "./view.ts";

export interface PinPickerProps {
  readonly label: string;
  readonly bounds: Bounds;
  readonly scheme: "light" | "dark";
  readonly tiles?: string | undefined;
  readonly value: LatLon | null;
  readonly onChange: (place: LatLon) => void;
  /** What is at the pin, e.g. the nearest address; read out when it changes. */
  readonly description: string;
}

const STEP_PX = 10;
const BIG_STEP_PX = 60;
const PIN_ZOOM = 16;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** A pin that can be set by tapping and moved by arrow keys (Shift: faster); plus and minus zoom. */
export function PinPicker({ label, bounds, scheme, tiles, value, onChange, description }: PinPickerProps) {
  const { t } = useTranslation("shared");
  const { container, map, state } = useTownMap({ bounds, scheme, tiles, keyboard: false });
  const help = useId();
  const at = usePinPosition(map, value);

  useEffect(() => {
    if (!map) return;
    const set = ({ lngLat }: { lngLat: { lat: number; lng: number } }) => onChange(rounded(lngLat));
    map.on("click", set);
    return () => {
      map.off("click", set);
    };
  }, [map, onChange]);

  // A place chosen elsewhere (address, GPS, keyboard) comes into view.
  useEffect(() => {
    if (!map || !value) return;
    const { x, y } = map.project([value.lon, value.lat]);
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const visible = x > 24 && y > 48 && x < width - 24 && y < height - 24;
    if (!visible || map.getZoom() < PIN_ZOOM - 1.5) {
      map.jumpTo({ center: [value.lon, value.lat], zoom: Math.max(map.getZoom(), PIN_ZOOM) });
    }
  }, [map, value]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (!map || event.target !== event.currentTarget) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? BIG_STEP_PX : STEP_PX;
      const from = value ? map.project([value.lon, value.lat]) : map.project(map.getCenter());
      onChange(rounded(map.unproject([from.x + arrow[0] * step, from.y + arrow[1] * step])));
    } else if (event.key === "Enter" || event.key === " ") {
      onChange(rounded(map.getCenter()));
    } else if (event.key === "+" || event.key === "=") {
      map.zoomTo(map.getZoom() + 1, { animate: false });
    } else if (event.key === "-") {
      map.zoomTo(map.getZoom() - 1, { animate: false });
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div className="pin-picker">
      <p id={help} className="pin-help">
        {t("map.pinHelp")} <span className="pin-keys">{t("map.pinKeys")}</span>
      </p>
      {/* A map steered by keys is a widget of its own kind: role application hands it the arrow keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className="town-map"
        role="application"
        aria-label={`${label}. ${t("map.pinLabel")}`}
        aria-describedby={help}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={container} className="town-map-canvas" />
        {state === "failed" ? <p className="town-map-failed">{t("map.failed")}</p> : null}
        {at ? (
          <span
            className="map-pin"
            ref={(pin) => {
              if (pin) pin.style.translate = `calc(${at.x}px - 50%) calc(${at.y}px - 100%)`;
            }}
          >
            <Icon name="pin" size="2.5rem" />
          </span>
        ) : null}
      </div>
      <p className="visually-hidden" role="status">
        {value ? description || t("map.pinAt", { lat: value.lat.toFixed(5), lon: value.lon.toFixed(5) }) : ""}
      </p>
    </div>
  );
}

function usePinPosition(map: ReturnType<typeof useTownMap>["map"], value: LatLon | null) {
  const [, setMoves] = useState(0);
  useEffect(() => {
    if (!map) return;
    const moved = () => setMoves((count) => count + 1);
    map.on("move", moved);
    map.on("resize", moved);
    return () => {
      map.off("move", moved);
      map.off("resize", moved);
    };
  }, [map]);
  return map && value ? map.project([value.lon, value.lat]) : null;
}
