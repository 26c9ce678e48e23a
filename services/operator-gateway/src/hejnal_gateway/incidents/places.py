"""Which cameras see a place: inside the sector of a view cone, or near where no cone is drawn. Nearest first."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Point

NEAR_M = 120.0
"""A camera without a view cone may see so far."""

_QUERY = text(
    """
    with place as (select ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography as at),
    camera as (
        select camera_id, state,
            (state->'view_cone'->>'azimuth_deg')::float8 as azimuth,
            (state->'view_cone'->>'angle_deg')::float8 as angle,
            (state->'view_cone'->>'range_m')::float8 as range_m,
            ST_SetSRID(
                ST_MakePoint((state->'place'->>'lon')::float8, (state->'place'->>'lat')::float8), 4326
            )::geography as at
        from cameras where removed_at is null and (state->>'enabled')::boolean),
    seen as (
        select camera.*, ST_Distance(camera.at, place.at) as distance_m, degrees(ST_Azimuth(camera.at, place.at)) as bearing
        from camera, place where ST_DWithin(camera.at, place.at, coalesce(range_m, :near_m)))
    select camera_id, state->>'name' as name, (state->>'restricted')::boolean as restricted, azimuth, angle, range_m,
        distance_m, bearing,
        (state->'place'->>'lat')::float8 as lat, (state->'place'->>'lon')::float8 as lon
    from seen
    where azimuth is null or bearing is null
        or abs(mod((bearing - azimuth + 540)::numeric, 360) - 180) <= angle / 2
    order by distance_m, camera_id
    limit :limit
    """
)


class SeeingCamera(BaseModel):
    """A camera that sees a place, and where the place lies from it."""

    camera_id: str
    name: str
    place: Point
    restricted: bool
    sees: Literal["cone", "near"] = Field(description="By its view cone; or it is near and no cone is drawn")
    distance_m: float
    bearing_deg: float | None = Field(description="From the camera to the place, clockwise from north; null: it is right there")
    azimuth_deg: float | None = Field(description="Direction in which the camera looks")
    angle_deg: float | None
    range_m: float | None


async def cameras_seeing(session: AsyncSession, place: Point, *, limit: int) -> list[SeeingCamera]:
    """Enabled cameras that see a place (WGS 84), nearest first."""
    values: dict[str, Any] = {"lat": place.lat, "lon": place.lon, "near_m": NEAR_M, "limit": limit}
    rows = (await session.execute(_QUERY, values)).mappings().all()
    return [
        SeeingCamera(
            camera_id=row["camera_id"],
            name=row["name"],
            place=Point(lat=row["lat"], lon=row["lon"]),
            restricted=bool(row["restricted"]),
            sees="near" if row["azimuth"] is None else "cone",
            distance_m=round(row["distance_m"], 1),
            bearing_deg=None if row["bearing"] is None else round(row["bearing"] % 360, 1),
            azimuth_deg=row["azimuth"],
            angle_deg=row["angle"],
            range_m=row["range_m"],
        )
        for row in rows
    ]
