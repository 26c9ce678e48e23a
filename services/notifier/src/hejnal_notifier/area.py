"""Where an announcement or a wish applies, in a form PostGIS can match."""

import re
from dataclasses import dataclass
from enum import StrEnum

from hejnal_contracts.announcements import Area, CircleArea, Footprint, PolygonArea, StreetsArea
from hejnal_contracts.base import Point

_STREET_PREFIX = re.compile(r"^(ul|al|aleja|ulica|pl|plac|os|osiedle|rondo|skwer)\.?\s+")


class Reach(StrEnum):
    """How an area is matched."""

    EVERYWHERE = "everywhere"
    AREA = "area"
    STREETS = "streets"
    """By name only: nobody has worked out a footprint. Meets every drawn area, for nobody may be missed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An area ready for the database: EWKT of rings, or a circle, or street names."""

    reach: Reach
    ewkt: str | None = None
    """Of a polygon or multipolygon; for a circle its centre."""
    radius_m: float = 0.0
    streets: tuple[str, ...] = ()


def street_key(name: str) -> str:
    """A street's name as it is compared: no case, no "ul.", one space."""
    return _STREET_PREFIX.sub("", " ".join(name.casefold().split()))


def _ring(points: tuple[Point, ...]) -> str:
    closed = points if points[0] == points[-1] else (*points, points[0])
    return "(" + ",".join(f"{point.lon!r} {point.lat!r}" for point in closed) + ")"


def shape_of(area: Area | None, footprint: Footprint) -> Shape:
    """The shape of an area: its footprint where the address register has worked it out, else what was drawn."""
    rings = [ring for ring in footprint if len(ring) >= 3]
    if rings:
        return Shape(Reach.AREA, "SRID=4326;MULTIPOLYGON(" + ",".join(f"({_ring(ring)})" for ring in rings) + ")")
    match area:
        case PolygonArea(ring=ring):
            return Shape(Reach.AREA, f"SRID=4326;POLYGON({_ring(ring)})")
        case CircleArea(center=center, radius_m=radius_m):
            return Shape(Reach.AREA, f"SRID=4326;POINT({center.lon!r} {center.lat!r})", radius_m)
        case StreetsArea(streets=streets):
            return Shape(Reach.STREETS, streets=tuple(sorted({street_key(street) for street in streets})))
        case _:
            return Shape(Reach.EVERYWHERE)


GEOMETRY_SQL = (
    "case when cast(:ewkt as text) is null then null "
    "when cast(:radius_m as float8) > 0 "
    "then cast(ST_Buffer(cast(ST_GeomFromEWKT(:ewkt) as geography), :radius_m, 24) as geometry) "
    "else ST_UnaryUnion(ST_MakeValid(ST_GeomFromEWKT(:ewkt))) end"
)
"""The geometry of a shape; takes `:ewkt` and `:radius_m`."""
