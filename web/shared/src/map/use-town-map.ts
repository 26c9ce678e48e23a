import { useEffect, useRef, useState, type RefObject } from "react";
import { AttributionControl, Map as MapLibreMap, NavigationControl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { useTranslation } from "react-i18next";
import { prepareMapLibrary } from "./library.ts";
import { townStyle } from "./style.ts";
import { type Bounds, TOWN_TILES } from "./view.ts";

export type MapState = "loading" | "ready" | "failed";

export interface TownMapHandle {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly map: MapLibreMap | null;
  readonly state: MapState;
}

interface Options {
  readonly bounds: Bounds;
  readonly scheme: "light" | "dark";
  readonly tiles?: string | undefined;
  /** MapLibre's own arrow keys; off where the arrows move a pin. */
  readonly keyboard: boolean;
}

/** Creates the map in `container` and keeps it for the component's life; a new scheme changes the style, not the view. */
export function useTownMap({ bounds, scheme, tiles = TOWN_TILES, keyboard }: Options): TownMapHandle {
  const { t } = useTranslation("shared");
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<MapLibreMap | null>(null);
  const [state, setState] = useState<MapState>("loading");
  const tilesUrl = new URL(tiles, window.location.href).href;
  const start = useRef({ bounds, style: townStyle(scheme, tilesUrl), scheme, t, keyboard });

  useEffect(() => {
    const { bounds: view, style, t: words, keyboard: keys } = start.current;
    const element = container.current;
    if (!element) return;
    prepareMapLibrary();
    let created: MapLibreMap;
    try {
      created = new MapLibreMap({
        container: element,
        style,
        bounds: [view[0], view[1], view[2], view[3]],
        fitBoundsOptions: { padding: 16, animate: false },
        minZoom: 9,
        maxZoom: 19,
        dragRotate: false,
        pitchWithRotate: false,
        keyboard: keys,
        attributionControl: false,
        locale: {
          "Map.Title": words("map.label"),
          "NavigationControl.ZoomIn": words("map.zoomIn"),
          "NavigationControl.ZoomOut": words("map.zoomOut"),
        },
      });
    } catch {
      setState("failed"); // no WebGL: the list says the same
      return;
    }
    created.touchZoomRotate.disableRotation();
    created.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    created.addControl(new AttributionControl({ compact: true }), "bottom-left");
    created.once("load", () => setState("ready"));
    // Before the first picture an error means that there is no map; later it is one tile that can come again.
    created.on("error", () => setState((current) => (current === "ready" ? current : "failed")));
    setMap(created);
    return () => {
      setMap(null);
      created.remove();
    };
  }, []);

  useEffect(() => {
    if (!map || start.current.scheme === scheme) return;
    start.current.scheme = scheme;
    map.setStyle(townStyle(scheme, tilesUrl));
  }, [map, scheme, tilesUrl]);

  return { container, map, state };
}
