"""The town's map as vector tiles in one PMTiles archive."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapely import Polygon, union_all
from shapely.geometry.base import BaseGeometry

from hejnal_town.geometry import to_degrees
from hejnal_town.plan import RIVER_NAME, STREAM_NAME
from hejnal_town.town import NAME, Town, degrees

MIN_ZOOM, MAX_ZOOM = 9, 16
ATTRIBUTION = "Bugielsk – miasto zmyślone"

_ROAD_MIN_ZOOM = {"trunk": 9, "primary": 9, "secondary": 10, "tertiary": 11, "residential": 12, "pedestrian": 12, "footway": 13}
_PLACE_MIN_ZOOM = {"town": 9, "district": 12, "square": 14}

LEAST_OPEN_GROUND_M2 = 40_000
"""Smaller ground between houses is gardens and yards: built-up land."""

Feature = dict[str, Any]


class TilesError(Exception):
    """tippecanoe is missing or failed; says what to do."""


def layers_of(town: Town) -> dict[str, list[Feature]]:
    """GeoJSON features by layer, with the zoom from which each is worth drawing."""
    return {
        "landuse": list(_landuse(town)),
        "water": list(_water(town)),
        "buildings": [_feature(building.outline, 13, kind=building.kind) for building in town.buildings],
        "roads": [
            _feature(street.line, _ROAD_MIN_ZOOM[street.kind], name=_sign(street.name), kind=street.kind)
            for street in sorted(town.streets, key=lambda street: _ROAD_MIN_ZOOM[street.kind], reverse=True)
        ],
        "railway": [_feature(town.ground.railway, 10, kind="rail")],
        "places": list(_places(town)),
        "boundary": [_feature(town.ground.boundary, MIN_ZOOM, name=NAME)],
        "addresses": [
            _point(address.place, 15, number=address.number, street=_sign(address.street)) for address in town.addresses
        ],
    }


def write_tiles(town: Town, path: Path) -> None:
    """Make `path` (a .pmtiles file); raises TilesError."""
    program = shutil.which("tippecanoe", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if program is None:
        raise TilesError("tippecanoe is not there: install the packages of requirements.lock")
    with tempfile.TemporaryDirectory(prefix="hejnal-town-") as folder:
        command = [
            program, "--quiet", "--force", f"--output={Path(folder) / 'town.pmtiles'}", f"--minimum-zoom={MIN_ZOOM}",
            f"--maximum-zoom={MAX_ZOOM}", "--drop-rate=1", "--no-feature-limit", "--no-tile-size-limit",
            "--no-tiny-polygon-reduction", f"--name={NAME}", f"--attribution={ATTRIBUTION}",
        ]  # fmt: skip
        for layer, features in layers_of(town).items():
            source = Path(folder) / f"{layer}.geojson"
            source.write_text("\n".join(json.dumps(feature, ensure_ascii=False) for feature in features), encoding="utf-8")
            command.append(f"--named-layer={layer}:{source}")
        done = subprocess.run(  # noqa: S603 our own program and files
            command, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode != 0:
            raise TilesError(f"tippecanoe failed ({done.returncode}): {done.stderr.strip()[-500:]}")
        draft = path.with_suffix(".new")
        shutil.copyfile(Path(folder) / "town.pmtiles", draft)
        draft.replace(path)


def _landuse(town: Town) -> Iterable[Feature]:
    by_district: dict[str, list[BaseGeometry]] = {}
    for street in town.streets:
        if street.houses is not None and street.kind not in {"primary", "secondary"}:
            by_district.setdefault(street.district, []).append(street.line.buffer(48))
    for district, shapes in by_district.items():
        built = (
            union_all(shapes).buffer(40).buffer(-45).difference(town.ground.river.buffer(20)).intersection(town.ground.boundary)
        )
        yield _feature(_without_small_holes(built), 10, name=district, kind="residential")
    for name, kind, shape, _ in town.ground.areas:
        if not shape.is_empty:
            yield _feature(shape, 14 if kind == "square" else 10, name=name, kind=kind)


def _without_small_holes(shape: BaseGeometry) -> BaseGeometry:
    return union_all(
        [
            Polygon(part.exterior, [ring for ring in part.interiors if Polygon(ring).area > LEAST_OPEN_GROUND_M2])
            for part in getattr(shape, "geoms", [shape])
            if isinstance(part, Polygon)
        ]
    )


def _water(town: Town) -> Iterable[Feature]:
    reach = town.ground.boundary.buffer(900)
    yield _feature(town.ground.river.intersection(reach), MIN_ZOOM, kind="river")
    yield _feature(town.ground.river_line.intersection(reach), MIN_ZOOM, name=RIVER_NAME, kind="river")
    yield _feature(town.ground.stream.intersection(reach), 11, name=STREAM_NAME, kind="stream")
    yield _feature(town.ground.pond, 11, kind="pond")


def _places(town: Town) -> Iterable[Feature]:
    yield _point((0.0, 0.0), MIN_ZOOM, name=NAME, kind="town") | {"tippecanoe": {"minzoom": MIN_ZOOM, "maxzoom": 12}}
    for place in town.places:
        yield _point(place.at, _PLACE_MIN_ZOOM.get(place.kind, 15), name=place.name, kind=place.kind)


def _feature(shape: BaseGeometry, min_zoom: int, **properties: str) -> Feature:
    return {"type": "Feature", "tippecanoe": {"minzoom": min_zoom}, "properties": properties, "geometry": degrees(shape)}


def _point(place: tuple[float, float], min_zoom: int, **properties: str) -> Feature:
    geometry = {"type": "Point", "coordinates": to_degrees(*place)}
    return {"type": "Feature", "tippecanoe": {"minzoom": min_zoom}, "properties": properties, "geometry": geometry}


def _sign(street: str) -> str:
    return street.removeprefix("").replace("aleja ", "al. ")
