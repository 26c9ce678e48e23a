"""Open reports around a place that may be about the same thing."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.reports.followup_schemas import NearbyReport, NearbyReports
from hejnal_citizen.reports.listing import PUBLIC_DECIMALS, photos_of, public_report
from hejnal_citizen.sql import query
from hejnal_contracts.base import Point

NEAR_M = 200.0
"""Between rounded places: two pins on one hole in the road may be rounded 70 m apart."""
MOST = 10

_ROUND = "round({}::numeric, " + str(PUBLIC_DECIMALS) + ")::float8"
_NEAR = query(
    f"""
    select shown.*, (select count(*) from report_followers f where f.report_id = shown.id) as me_too,
           st_distance(at::geography, here::geography) as distance_m
    from (
        select id, reference, category, status, outcome, street, submitted_at, updated_at,
               case when text_public then text end as text, {_ROUND.format("st_y(place)")} as lat,
               {_ROUND.format("st_x(place)")} as lon,
               st_setsrid(st_makepoint({_ROUND.format("st_x(place)")}, {_ROUND.format("st_y(place)")}), 4326) as at,
               st_setsrid(st_makepoint(:lon, :lat), 4326) as here
        from reports
        where status <> 'closed' and category = :category
          and st_dwithin(place::geography, st_setsrid(st_makepoint(:lon, :lat), 4326)::geography, :within_m + 150)
    ) as shown
    where st_dwithin(at::geography, here::geography, :within_m)
    order by distance_m, submitted_at desc limit :limit
    """
)


async def open_nearby(session: AsyncSession, category: str, place: Point) -> NearbyReports:
    """Reports of the category that are not closed, within 200 m, nearest first. Places are the rounded ones on both sides."""
    here = {"lat": round(place.lat, PUBLIC_DECIMALS), "lon": round(place.lon, PUBLIC_DECIMALS)}
    rows = list(await session.execute(_NEAR, here | {"category": category, "within_m": NEAR_M, "limit": MOST}))
    photos = await photos_of(session, [row.id for row in rows], only_public=True)
    items = [NearbyReport(**public_report(row, photos).model_dump(), distance_m=int(round(row.distance_m, -1))) for row in rows]
    return NearbyReports(items=items)
