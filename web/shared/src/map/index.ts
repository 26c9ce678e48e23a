import "./map.css";

export { showAreas } from "./areas.ts";
export { clusterPoints } from "./clusters.ts";
export { PinPicker, type PinPickerProps } from "./PinPicker.tsx";
export { type MapMarker, TownMap, type TownMapProps } from "./TownMap.tsx";
export { useTownMap } from "./use-town-map.ts";
export { type Bounds, circleRing, coneRing, type LatLon } from "./view.ts";
