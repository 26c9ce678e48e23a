import type { DataDrivenPropertyValueSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

/** Colours of the map, per scheme: calm ground, roads and names that can be read, nothing that competes with the pins. */
interface Palette {
  land: string;
  outside: string;
  green: string;
  wood: string;
  built: string;
  industry: string;
  water: string;
  building: string;
  buildingEdge: string;
  road: string;
  roadMajor: string;
  roadEdge: string;
  path: string;
  rail: string;
  boundary: string;
  text: string;
  textSoft: string;
  textWater: string;
  halo: string;
}

const LIGHT: Palette = {
  land: "#f6f1e7",
  outside: "#e9e2d4",
  green: "#dfe8cd",
  wood: "#cfdcbb",
  built: "#f1e9dc",
  industry: "#e9e3da",
  water: "#b9d3e6",
  building: "#e2d6c3",
  buildingEdge: "#d3c5ae",
  road: "#ffffff",
  roadMajor: "#f6d58f",
  roadEdge: "#c9bba2",
  path: "#cdbfa6",
  rail: "#a79c8b",
  boundary: "#9a3b1f",
  text: "#2d2921",
  textSoft: "#645c4e",
  textWater: "#2f5a7d",
  halo: "#fffdf9",
};

const DARK: Palette = {
  land: "#1d1e20",
  outside: "#131416",
  green: "#202a22",
  wood: "#1c2820",
  built: "#222326",
  industry: "#262629",
  water: "#1c3a54",
  building: "#2f3135",
  buildingEdge: "#3b3e43",
  road: "#4c5056",
  roadMajor: "#73684f",
  roadEdge: "#15171a",
  path: "#3a3c40",
  rail: "#5d6167",
  boundary: "#c98b74",
  text: "#e6e4df",
  textSoft: "#a9a69f",
  textWater: "#86b3d6",
  halo: "#17181a",
};

/** Drawn by the browser from this family: the style needs no glyph files. */
const FONT = ['"Source Sans 3 Variable"'];

const MAJOR = ["motorway", "trunk", "primary", "secondary"];
const MIDDLE = ["tertiary", "main", "collector"];
const PATHS = ["path", "footway", "cycleway", "track", "steps", "pedestrian"];

function kindIn(kinds: readonly string[]) {
  return ["in", ["get", "kind"], ["literal", [...kinds]]] as never;
}

function roadWidth(extra: number): DataDrivenPropertyValueSpecification<number> {
  const at = (major: number, middle: number, other: number, path: number) => [
    "case",
    kindIn(MAJOR),
    major + extra,
    kindIn(MIDDLE),
    middle + extra,
    kindIn(PATHS),
    path,
    other + extra,
  ];
  return [
    "interpolate",
    ["exponential", 1.6],
    ["zoom"],
    11,
    at(2.2, 1.6, 0.6, 0.2),
    14,
    at(5, 3.5, 2, 0.8),
    18,
    at(26, 22, 16, 4),
  ] as never;
}

function layers(colour: Palette): LayerSpecification[] {
  const source = "town";
  const name = { "text-field": ["get", "name"] as never, "text-font": FONT };
  return [
    { id: "land", type: "background", paint: { "background-color": colour.land } },
    {
      id: "landuse",
      type: "fill",
      source,
      "source-layer": "landuse",
      paint: {
        "fill-color": [
          "match",
          ["get", "kind"],
          ["forest", "wood"],
          colour.wood,
          ["park", "grass", "meadow", "garden", "cemetery", "pitch", "allotments", "farmland", "recreation"],
          colour.green,
          ["industrial", "railway", "commercial"],
          colour.industry,
          colour.built,
        ],
      },
    },
    { id: "water", type: "fill", source, "source-layer": "water", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour.water } },
    {
      id: "stream",
      type: "line",
      source,
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": colour.water, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 11, 1.5, 16, 8] },
    },
    {
      id: "buildings",
      type: "fill",
      source,
      "source-layer": "buildings",
      minzoom: 13,
      paint: { "fill-color": colour.building, "fill-outline-color": colour.buildingEdge },
    },
    {
      id: "road-edges",
      type: "line",
      source,
      "source-layer": "roads",
      minzoom: 11,
      filter: ["!", kindIn(PATHS)],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour.roadEdge, "line-width": roadWidth(1.6) },
    },
    {
      id: "roads",
      type: "line",
      source,
      "source-layer": "roads",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": ["case", kindIn(MAJOR), colour.roadMajor, kindIn(PATHS), colour.path, colour.road],
        "line-width": roadWidth(0),
      },
    },
    {
      id: "railway",
      type: "line",
      source,
      "source-layer": "railway",
      paint: { "line-color": colour.rail, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 3], "line-dasharray": [3, 2] },
    },
    {
      id: "boundary",
      type: "line",
      source,
      "source-layer": "boundary",
      paint: { "line-color": colour.boundary, "line-width": 1.5, "line-opacity": 0.55, "line-dasharray": [4, 3] },
    },
    {
      id: "house-numbers",
      type: "symbol",
      source,
      "source-layer": "addresses",
      minzoom: 16.5,
      layout: { "text-field": ["get", "number"] as never, "text-font": FONT, "text-size": 12 },
      paint: { "text-color": colour.textSoft, "text-halo-color": colour.halo, "text-halo-width": 1.2 },
    },
    {
      id: "road-names",
      type: "symbol",
      source,
      "source-layer": "roads",
      minzoom: 13.5,
      layout: { ...name, "symbol-placement": "line", "text-size": ["interpolate", ["linear"], ["zoom"], 14, 12, 18, 16] },
      paint: { "text-color": colour.text, "text-halo-color": colour.halo, "text-halo-width": 1.6 },
    },
    {
      id: "water-names",
      type: "symbol",
      source,
      "source-layer": "water",
      minzoom: 12,
      filter: ["all", ["has", "name"], ["==", ["geometry-type"], "LineString"]],
      layout: { ...name, "symbol-placement": "line", "text-size": 13 },
      paint: { "text-color": colour.textWater, "text-halo-color": colour.halo, "text-halo-width": 1.2 },
    },
    {
      id: "places",
      type: "symbol",
      source,
      "source-layer": "places",
      minzoom: 10,
      layout: {
        ...name,
        "text-size": ["interpolate", ["linear"], ["zoom"], 11, 12, 16, 15],
        "text-max-width": 8,
        "text-variable-anchor": ["center", "top", "bottom"],
      },
      paint: { "text-color": colour.textSoft, "text-halo-color": colour.halo, "text-halo-width": 1.8 },
    },
  ];
}

/** The whole style of the town's map. `tilesUrl` is the absolute address of the PMTiles archive. */
export function townStyle(scheme: "light" | "dark", tilesUrl: string): StyleSpecification {
  const colour = scheme === "dark" ? DARK : LIGHT;
  return {
    version: 8,
    sources: { town: { type: "vector", url: `pmtiles://${tilesUrl}` } },
    layers: layers(colour),
  };
}
