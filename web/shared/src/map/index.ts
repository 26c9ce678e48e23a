import "./map.css";

export { clusterPoints } from "./clusters.ts";
export { PinPicker, type PinPickerProps } from "./PinPicker.tsx";
export { type MapMarker, TownMap, type TownMapProps } from "./TownMap.tsx";
