"""Reading reports: what everybody may see, and what their authors see."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors
from hejnal_citizen.announcements.schemas import Feature, FeatureCollection
from hejnal_citizen.reports.followup_schemas import PublicReportView
from hejnal_citizen.reports.schemas import Photo, PublicReport, PublicReportPage, ReporterView, ReportEvent
from hejnal_citizen.secrets import token_hash
from hejnal_citizen.sql import query
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind

MOST_FEATURES = 1000
MOST_OWN = 200
REOPEN_WITHIN = timedelta(days=30)
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
    id: str | None = None

    def values(self) -> dict[str, Any]:
        """Bind values of `_PUBLIC`."""
        return {
            "categories": list(self.categories),
            "statuses": list(self.statuses),
            "lat": self.near.lat if self.near else None,
            "lon": self.near.lon if self.near else None,
            "radius_m": self.radius_m,
            "since": self.since,
            "id": self.id,
        }


# Distances are judged by the rounded place: a search with a tiny radius must not find the exact one.
_PUBLIC = query(
    f"""
    select * from (
        select id, reference, category, status, outcome, street, submitted_at, updated_at,
               round(st_y(place)::numeric, {PUBLIC_DECIMALS})::float8 as lat,
               round(st_x(place)::numeric, {PUBLIC_DECIMALS})::float8 as lon,
               case when text_public then text end as text,
               (select count(*) from report_followers f where f.report_id = reports.id) as me_too
        from reports
        where (cardinality(cast(:categories as text[])) = 0 or category = any(:categories))
          and (cardinality(cast(:statuses as text[])) = 0 or status = any(:statuses))
          and (cast(:since as timestamptz) is null or submitted_at > :since)
          and (cast(:id as text) is null or id = :id)
          and (cast(:after_at as timestamptz) is null or (submitted_at, id) < (:after_at, cast(:after_id as text)))
    ) as shown
    where cast(:lat as float8) is null or st_dwithin(st_setsrid(st_makepoint(lon, lat), 4326)::geography,
        st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography, cast(:radius_m as float8))
    order by submitted_at desc, id desc limit :limit
    """
)
_OWN = """
    select id, reference, category, text, st_y(place) as lat, st_x(place) as lon, address, status, outcome, version, submitted_at,
           updated_at, token_hash, resident_id, answers, rating, rated_at,
           (select count(*) from report_followers f where f.report_id = reports.id) as me_too,
           (select count(*) from report_messages m where m.report_id = reports.id) as messages,
           (select reference from reports other where other.id = reports.merged_into) as merged_into
    from reports where
"""
_BY_ID = query(_OWN + " id = :id")
_OF_RESIDENT = query(_OWN + " resident_id = :id order by submitted_at desc limit :limit")
PHOTOS = query(
    """
    select id, report_id, width, height, size_bytes, version, public, blurs, unblurred_until from report_photos
    where report_id = any(cast(:ids as text[])) and (public or not :only_public) order by report_id, position
    """
)
_EVENTS = query(
    """
    select report_id, at, status, outcome, answer from report_events
    where report_id = any(cast(:ids as text[])) and kind <> 'routed' order by report_id, number
    """
)
_HAS_PHOTO = query("select public from report_photos where report_id = :report_id and id = :photo_id")


async def public_page(session: AsyncSession, selection: PublicSelection, *, cursor: str | None, limit: int) -> PublicReportPage:
    """One page of what has been reported."""
    rows = await _public(session, selection, cursor, limit + 1)
    page = rows[:limit]
    next_cursor = cursors.encode(page[-1].submitted_at.isoformat(), page[-1].id) if len(rows) > limit else None
    photos = await photos_of(session, [row.id for row in page], only_public=True)
    return PublicReportPage(items=[public_report(row, photos) for row in page], next_cursor=next_cursor)


async def public_view(session: AsyncSession, report_id: str) -> PublicReportView:
    """One report as everybody may see it. AppError(NOT_FOUND)."""
    rows = await _public(session, PublicSelection(id=report_id), None, 1)
    if not rows:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such report.")
    photos = await photos_of(session, [report_id], only_public=True)
    events = [
        ReportEvent.model_validate(row, from_attributes=True) for row in await session.execute(_EVENTS, {"ids": [report_id]})
    ]
    return PublicReportView(**public_report(rows[0], photos).model_dump(), events=events)


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


async def of_resident(session: AsyncSession, resident_id: str, *, now: datetime) -> list[ReporterView]:
    """A resident's own reports, newest first."""
    rows = list(await session.execute(_OF_RESIDENT, {"id": resident_id, "limit": MOST_OWN}))
    return await _views(session, rows, now)


async def require_reporter(session: AsyncSession, report_id: str, *, token: str | None, resident_id: str | None) -> Any:
    """The row of a report for whoever can show to be its author; to anybody else AppError(NOT_FOUND), as if there were none."""
    row = (await session.execute(_BY_ID, {"id": report_id})).first()
    by_token = row is not None and token is not None and hmac.compare_digest(bytes(row.token_hash), token_hash(token))
    by_session = row is not None and resident_id is not None and row.resident_id == resident_id
    if not (by_token or by_session):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such report, or this link to it is not complete.")
    return row


async def for_reporter(
    session: AsyncSession, report_id: str, *, token: str | None, resident_id: str | None, now: datetime
) -> ReporterView:
    """A report for its author. AppError(NOT_FOUND) as `require_reporter`."""
    row = await require_reporter(session, report_id, token=token, resident_id=resident_id)
    return (await _views(session, [row], now))[0]


async def reporter_view(session: AsyncSession, report_id: str, *, now: datetime) -> ReporterView:
    """A report as its author sees it; the caller knows who asks."""
    return (await _views(session, [(await session.execute(_BY_ID, {"id": report_id})).one()], now))[0]


async def require_photo(session: AsyncSession, report_id: str, photo_id: str) -> bool:
    """Whether everybody may see this photo. AppError(NOT_FOUND) unless this report has it."""
    found = (await session.execute(_HAS_PHOTO, {"report_id": report_id, "photo_id": photo_id})).first()
    if not found:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such photo.")
    return bool(found.public)


async def photos_of(session: AsyncSession, ids: list[str], *, only_public: bool = False) -> dict[str, list[Photo]]:
    """Photos by report id, in the order they were sent."""
    found: dict[str, list[Photo]] = {}
    for row in await session.execute(PHOTOS, {"ids": ids, "only_public": only_public}):
        found.setdefault(row.report_id, []).append(Photo(**photo_fields(row)))
    return found


def photo_fields(row: Any) -> dict[str, Any]:
    """What is said of a photo; its address changes with each new picture of it, for pictures are kept by browsers."""
    url = f"reports/{row.report_id}/photos/{row.id}" + (f"?v={row.version}" if row.version > 1 else "")
    return {"id": row.id, "width": row.width, "height": row.height, "size_bytes": row.size_bytes, "url": url}


async def _public(session: AsyncSession, selection: PublicSelection, cursor: str | None, limit: int) -> list[Any]:
    after: dict[str, Any] = {"after_at": None, "after_id": None, "limit": limit}
    if cursor:
        after["after_at"], after["after_id"] = cursors.decode(cursor, (datetime, str))
    return list(await session.execute(_PUBLIC, selection.values() | after))


async def _views(session: AsyncSession, rows: list[Any], now: datetime) -> list[ReporterView]:
    ids = [row.id for row in rows]
    photos = await photos_of(session, ids)
    events: dict[str, list[ReportEvent]] = {}
    for row in await session.execute(_EVENTS, {"ids": ids}):
        events.setdefault(row.report_id, []).append(ReportEvent.model_validate(row, from_attributes=True))
    names = ("id", "reference", "category", "text", "address", "status", "outcome", "version", "submitted_at", "updated_at")
    grown = ("answers", "me_too", "messages", "rating", "merged_into")
    return [
        ReporterView(
            place=Point(lat=row.lat, lon=row.lon),
            photos=photos.get(row.id, []),
            events=events.get(row.id, []),
            can_reopen=row.status == "closed" and row.merged_into is None and row.updated_at > now - REOPEN_WITHIN,
            **{name: getattr(row, name) for name in (*names, *grown)},
        )
        for row in rows
    ]


def public_report(row: Any, photos: dict[str, list[Photo]]) -> PublicReport:
    """A row of the public statement with the photos that may be shown."""
    names = ("id", "reference", "category", "status", "outcome", "street", "text", "me_too", "submitted_at", "updated_at")
    place = Point(lat=row.lat, lon=row.lon)
    return PublicReport(place=place, photos=photos.get(row.id, []), **{name: getattr(row, name) for name in names})
