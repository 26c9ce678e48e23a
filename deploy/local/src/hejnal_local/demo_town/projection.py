"""Metres around the market square to degrees (WGS 84): good to centimetres over the size of a town."""

import math
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from hejnal_local.demo_town.plan import CENTER_LAT, CENTER_LON, Xy

_NORTH_M_PER_DEG = 111_249.0
_EAST_M_PER_DEG = 111_320.0 * math.cos(math.radians(CENTER_LAT))


def to_degrees(point: Xy) -> tuple[float, float]:
    """Latitude and longitude, to 1 cm."""
    east_m, north_m = point
    return round(CENTER_LAT + north_m / _NORTH_M_PER_DEG, 7), round(CENTER_LON + east_m / _EAST_M_PER_DEG, 7)


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """The geometry as GeoJSON (RFC 7946: longitude first)."""
    moved = shapely.transform(
        geometry,
        lambda points: [(lon, lat) for lat, lon in (to_degrees((float(x), float(y))) for x, y in points)],
    )
    written: dict[str, Any] = shapely.geometry.mapping(moved)
    return written
