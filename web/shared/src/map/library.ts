import maplibreWorker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { addProtocol, setWorkerUrl } from "maplibre-gl";
import { Protocol } from "pmtiles";

let prepared = false;

/** Teaches MapLibre the PMTiles protocol and starts its worker from our own origin; once per page. */
export function prepareMapLibrary(): void {
  if (prepared) return;
  prepared = true;
  setWorkerUrl(maplibreWorker);
  addProtocol("pmtiles", new Protocol().tile);
}
