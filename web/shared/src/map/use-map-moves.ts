import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useState } from "react";

/** Counts view changes, so that what depends on the projection is computed again; -1 before the map is there. */
export function useMapMoves(map: MapLibreMap | null): number {
  const [moves, setMoves] = useState(-1);
  useEffect(() => {
    if (!map) return;
    const count = () => setMoves((current) => current + 1);
    map.on("move", count);
    map.on("resize", count);
    count();
    return () => {
      map.off("move", count);
      map.off("resize", count);
    };
  }, [map]);
  return moves;
}
