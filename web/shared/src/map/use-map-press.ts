import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef } from "react";
import type { LatLon } from "./view.ts";

/** Six decimals are 10 cm: more would only pretend. */
export function rounded({ lat, lng }: { lat: number; lng: number }): LatLon {
  return { lat: Math.round(lat * 1e6) / 1e6, lon: Math.round(lng * 1e6) / 1e6 };
}

/** Calls the newest `onPlace` with each place that is pressed on the map. */
export function useMapPress(map: MapLibreMap | null, onPlace: (place: LatLon) => void): void {
  const set = useRef(onPlace);
  useEffect(() => {
    set.current = onPlace;
  });
  useEffect(() => {
    if (map === null) return;
    const pressed = ({ lngLat }: { lngLat: { lat: number; lng: number } }) => set.current(rounded(lngLat));
    map.on("click", pressed);
    return () => {
      map.off("click", pressed);
    };
  }, [map]);
}
