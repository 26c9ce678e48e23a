"""Reading reports: what everybody may see, and what their authors see."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors
from hejnal_citizen.announcements.schemas import Feature, FeatureCollection
from hejnal_citizen.reports.schemas import Photo, PublicReport, PublicReportPage, ReporterView, ReportEvent
from hejnal_citizen.secrets import token_hash
from hejnal_citizen.sql import query
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind

MOST_FEATURES = 1000
MOST_OWN = 200
PUBLIC_DECIMALS = 3
"""Degrees: about 110 m from north to south, 70 m from west to east."""


@dataclass(frozen=True, slots=True)
class PublicSelection:
    """Which reports are asked for; empty means all."""

    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    near: Point | None = None
    radius_m: float = 0
    since: AwareDatetime | None = None

    def values(self) -> dict[str, Any]:
        """Bind values of `_PUBLIC`."""
        return {
            "categories": list(self.categories),
            "statuses": list(self.statuses),
            "lat": self.near.lat if self.near else None,
            "lon": self.near.lon if self.near else None,
            "radius_m": self.radius_m,
            "since": self.since,
        }


# Distances are judged by the rounded place: a search with a tiny radius must not find the exact one.
_PUBLIC = query(
    f"""
    select * from (
        select id, reference, category, status, outcome, street, submitted_at, updated_at,
               round(st_y(place)::numeric, {PUBLIC_DECIMALS})::float8 as lat,
               round(st_x(place)::numeric, {PUBLIC_DECIMALS})::float8 as lon
        from reports
        where (cardinality(cast(:categories as text[])) = 0 or category = any(:categories))
          and (cardinality(cast(:statuses as text[])) = 0 or status = any(:statuses))
          and (cast(:since as timestamptz) is null or submitted_at > :since)
          and (cast(:after_at as timestamptz) is null or (submitted_at, id) < (:after_at, cast(:after_id as text)))
    ) as shown
    where cast(:lat as float8) is null or st_dwithin(st_setsrid(st_makepoint(lon, lat), 4326)::geography,
        st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography, cast(:radius_m as float8))
    order by submitted_at desc, id desc limit :limit
    """
)
_OWN = """
    select id, reference, category, text, st_y(place) as lat, st_x(place) as lon, address, status, outcome, version, submitted_at,
           updated_at, token_hash, resident_id
    from reports where
"""
_BY_ID = query(_OWN + " id = :id")
_OF_RESIDENT = query(_OWN + " resident_id = :id order by submitted_at desc limit :limit")
PHOTOS = query(
    """
    select id, report_id, width, height, size_bytes from report_photos
    where report_id = any(cast(:ids as text[])) order by report_id, position
    """
)
_EVENTS = query(
    """
    select report_id, at, status, outcome, answer from report_events
    where report_id = any(cast(:ids as text[])) and kind <> 'routed' order by report_id, number
    """
)
_HAS_PHOTO = query("select 1 from report_photos where report_id = :report_id and id = :photo_id")


async def public_page(session: AsyncSession, selection: PublicSelection, *, cursor: str | None, limit: int) -> PublicReportPage:
    """One page of what has been reported."""
    rows = await _public(session, selection, cursor, limit + 1)
    page = rows[:limit]
    next_cursor = cursors.encode(page[-1].submitted_at.isoformat(), page[-1].id) if len(rows) > limit else None
    return PublicReportPage(items=[_public_report(row) for row in page], next_cursor=next_cursor)


async def geojson(session: AsyncSession, selection: PublicSelection) -> FeatureCollection:
    """The same for the map."""
    rows = await _public(session, selection, None, MOST_FEATURES)
    features = [
        Feature(
            id=row.id,
            geometry={"type": "Point", "coordinates": [row.lon, row.lat]},
            properties={
                "reference": row.reference,
                "category": row.category,
                "status": row.status,
                "outcome": row.outcome,
                "submitted_at": row.submitted_at.isoformat(),
            },
        )
        for row in rows
    ]
    return FeatureCollection(features=features)


async def of_resident(session: AsyncSession, resident_id: str) -> list[ReporterView]:
    """A resident's own reports, newest first."""
    rows = list(await session.execute(_OF_RESIDENT, {"id": resident_id, "limit": MOST_OWN}))
    return await _views(session, rows)


async def for_reporter(session: AsyncSession, report_id: str, *, token: str | None, resident_id: str | None) -> ReporterView:
    """A report for whoever can show to be its author; to anybody else AppError(NOT_FOUND), as if it did not exist."""
    row = (await session.execute(_BY_ID, {"id": report_id})).first()
    by_token = row is not None and token is not None and hmac.compare_digest(bytes(row.token_hash), token_hash(token))
    by_session = row is not None and resident_id is not None and row.resident_id == resident_id
    if not (by_token or by_session):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such report, or this link to it is not complete.")
    return (await _views(session, [row]))[0]


async def reporter_view(session: AsyncSession, report_id: str) -> ReporterView:
    """A report as its author sees it; the caller knows who asks."""
    return (await _views(session, [(await session.execute(_BY_ID, {"id": report_id})).one()]))[0]


async def require_photo(session: AsyncSession, report_id: str, photo_id: str) -> None:
    """AppError(NOT_FOUND) unless this report has this photo."""
    if not (await session.execute(_HAS_PHOTO, {"report_id": report_id, "photo_id": photo_id})).first():
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such photo.")


async def photos_of(session: AsyncSession, ids: list[str]) -> dict[str, list[Photo]]:
    """Photos by report id, in the order they were sent."""
    found: dict[str, list[Photo]] = {}
    for row in await session.execute(PHOTOS, {"ids": ids}):
        url = f"reports/{row.report_id}/photos/{row.id}"
        photo = Photo(id=row.id, width=row.width, height=row.height, size_bytes=row.size_bytes, url=url)
        found.setdefault(row.report_id, []).append(photo)
    return found


async def _public(session: AsyncSession, selection: PublicSelection, cursor: str | None, limit: int) -> list[Any]:
    after: dict[str, Any] = {"after_at": None, "after_id": None, "limit": limit}
    if cursor:
        after["after_at"], after["after_id"] = cursors.decode(cursor, (datetime, str))
    return list(await session.execute(_PUBLIC, selection.values() | after))


async def _views(session: AsyncSession, rows: list[Any]) -> list[ReporterView]:
    ids = [row.id for row in rows]
    photos = await photos_of(session, ids)
    events: dict[str, list[ReportEvent]] = {}
    for row in await session.execute(_EVENTS, {"ids": ids}):
        events.setdefault(row.report_id, []).append(ReportEvent.model_validate(row, from_attributes=True))
    names = ("id", "reference", "category", "text", "address", "status", "outcome", "version", "submitted_at", "updated_at")
    return [
        ReporterView(
            place=Point(lat=row.lat, lon=row.lon),
            photos=photos.get(row.id, []),
            events=events.get(row.id, []),
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]


def _public_report(row: Any) -> PublicReport:
    names = ("id", "reference", "category", "status", "outcome", "street", "submitted_at", "updated_at")
    return PublicReport(place=Point(lat=row.lat, lon=row.lon), **{name: getattr(row, name) for name in names})
