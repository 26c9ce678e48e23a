"""From what an editor or resident means by an area to its shape on the ground (PostGIS, WGS 84)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import query
from hejnal_contracts.announcements import Area, CircleArea, Footprint, PolygonArea, StreetsArea, TownArea
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """An area on the ground."""

    geometry: str
    """Hex EWKB of a MultiPolygon, as PostGIS reads it."""
    rings: Footprint
    """Closed outer rings for facts; empty for the whole town."""
    geojson: dict[str, Any]
    addresses: int
    """Known address points inside."""


_TOWN = "select boundary from town"
_CIRCLE = "select st_buffer(st_setsrid(st_makepoint(:lon, :lat), 4326)::geography, :radius_m, 16)::geometry"
_POLYGON = "select st_geomfromewkt(:ewkt)"
_STREETS = "select st_union(footprint) from streets where name = any(cast(:streets as text[])) and footprint is not null"
_UNKNOWN_STREETS = query(
    """
    select wanted from unnest(cast(:streets as text[])) as wanted
    where not exists (select 1 from streets where name = wanted and footprint is not null)
    """
)
_SHAPE = """
    with drawn as materialized ({shape}),
         shape as materialized (
             select case when st_isvalid(geometry) then st_multi(geometry) end as geometry from drawn as d(geometry))
    select encode(st_asewkb(geometry), 'hex') as geometry,
           st_asgeojson(st_multi(st_simplifypreservetopology(geometry, 0.00001)), 6)::json as geojson,
           st_intersects(geometry, (select boundary from town)) as in_town,
           (select count(*) from addresses a where st_covers(shape.geometry, a.place)) as addresses
    from shape
"""


async def shape_of(session: AsyncSession, area: Area) -> Shape:
    """The shape of an area; AppError(INVALID) when it is no area, unknown, or outside the town."""
    statement, values = await _drawn(session, area)
    row = (await session.execute(query(_SHAPE.format(shape=statement)), values)).first()
    if row is None or row.geometry is None:
        if isinstance(area, TownArea):
            raise AppError(Kind.NOT_FOUND, "no-town", "No town has been imported yet.")
        raise AppError(Kind.INVALID, "area-invalid", "The area's outline crosses itself. Draw it again.")
    if not row.in_town:
        raise AppError(Kind.INVALID, "outside-town", "The area lies outside the town. Draw it where the town's people are.")
    outline = () if isinstance(area, TownArea) else rings(row.geojson)
    return Shape(row.geometry, outline, row.geojson, row.addresses)


async def _drawn(session: AsyncSession, area: Area) -> tuple[str, dict[str, Any]]:
    match area:
        case TownArea():
            return _TOWN, {}
        case CircleArea(center=center, radius_m=radius_m):
            return _CIRCLE, {"lat": center.lat, "lon": center.lon, "radius_m": radius_m}
        case PolygonArea(ring=ring):
            if ring[0] != ring[-1]:
                raise AppError(Kind.INVALID, "area-invalid", "The outline is not closed: its last point must equal the first.")
            points = ",".join(f"{point.lon!r} {point.lat!r}" for point in ring)
            return _POLYGON, {"ewkt": f"SRID=4326;POLYGON(({points}))"}
        case StreetsArea(streets=streets):
            unknown = [row.wanted for row in await session.execute(_UNKNOWN_STREETS, {"streets": list(streets)})]
            if unknown:
                names = ", ".join(sorted(unknown)[:10])
                detail = f"The address register has no addresses on: {names}. Check the names or draw the area."
                raise AppError(Kind.INVALID, "unknown-street", detail)
            return _STREETS, {"streets": list(streets)}


def rings(geojson: dict[str, Any]) -> Footprint:
    """Outer rings of a MultiPolygon. Holes are left out: whoever lives in one is told rather than forgotten."""
    return tuple(tuple(Point(lat=lat, lon=lon) for lon, lat, *_ in polygon[0]) for polygon in geojson["coordinates"])
