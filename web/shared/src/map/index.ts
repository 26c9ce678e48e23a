import "./map.css";

export { AreaPicker, type AreaPickerProps } from "./AreaPicker.tsx";
export { showAreas } from "./areas.ts";
export { clusterPoints } from "./clusters.ts";
export { isSimple, outlineAreas } from "./outline.ts";
export { PinPicker, type PinPickerProps } from "./PinPicker.tsx";
export { type MapMarker, TownMap, type TownMapProps } from "./TownMap.tsx";
export { useMapMoves } from "./use-map-moves.ts";
export { rounded, useMapPress } from "./use-map-press.ts";
export { useTownMap } from "./use-town-map.ts";
export { type Bounds, circleRing, coneRing, type LatLon } from "./view.ts";
