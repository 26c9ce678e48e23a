import type { ExpressionSpecification, GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import type { FeatureCollection } from "geojson";

const COLOURS = {
  light: { info: "#35506b", notice: "#1f5c46", warning: "#b26a00", emergency: "#b3261e", other: "#9a3b1f" },
  dark: { info: "#a9c7e4", notice: "#95d3b6", warning: "#f5c66b", emergency: "#ff8d82", other: "#f2a283" },
} as const;

/** Draws areas below the map's names and keeps them through style changes. Returns what takes them away again. */
export function showAreas(map: MapLibreMap, areas: FeatureCollection, scheme: "light" | "dark"): () => void {
  const tone = COLOURS[scheme];
  const colour: ExpressionSpecification = [
    "match",
    ["coalesce", ["get", "severity"], ""],
    "info",
    tone.info,
    "notice",
    tone.notice,
    "warning",
    tone.warning,
    "emergency",
    tone.emergency,
    tone.other,
  ];
  const draw = () => {
    if (!map.getLayer("land")) return;
    const source = map.getSource<GeoJSONSource>("areas");
    if (source) {
      void source.setData(areas);
      return;
    }
    map.addSource("areas", { type: "geojson", data: areas });
    map.addLayer({ id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": colour, "fill-opacity": 0.2 } }, "house-numbers");
    map.addLayer(
      { id: "areas-edge", type: "line", source: "areas", paint: { "line-color": colour, "line-width": 2, "line-opacity": 0.9 } },
      "house-numbers",
    );
  };
  draw();
  map.on("styledata", draw);
  return () => {
    map.off("styledata", draw);
  };
}
