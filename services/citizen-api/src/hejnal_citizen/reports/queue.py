"""The staff's queue of reports and one report with everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors
from hejnal_citizen.reports import conversation, moderation
from hejnal_citizen.reports.followup_schemas import Open311State, Rated, StaffPhoto, StaffReport
from hejnal_citizen.reports.listing import PHOTOS, photo_fields
from hejnal_citizen.reports.schemas import StaffReportEvent, StaffReportPage, StaffReportSummary
from hejnal_citizen.sql import query
from hejnal_citizen.staff_access import CLERKS
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind


@dataclass(frozen=True, slots=True)
class StaffSelection:
    """Which reports are asked for; empty means all."""

    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    unit: str | None = None
    urgent: bool | None = None
    q: str | None = None
    near: Point | None = None
    radius_m: float = 0
    since: AwareDatetime | None = None

    def values(self) -> dict[str, Any]:
        """Bind values of `_PAGE`."""
        return {
            "statuses": list(self.statuses),
            "categories": list(self.categories),
            "unit": self.unit,
            "urgent": self.urgent,
            "pattern": f"%{_literal(self.q)}%" if self.q else None,
            "lat": self.near.lat if self.near else None,
            "lon": self.near.lon if self.near else None,
            "radius_m": self.radius_m,
            "since": self.since,
        }


_PAGE = query(
    """
    select r.id, reference, category, left(text, 160) as excerpt, st_y(place) as lat, st_x(place) as lon, address, status,
           outcome, unit, urgent, version, submitted_at, updated_at,
           (select count(*) from report_photos p where p.report_id = r.id) as photos
    from reports r
    where (cardinality(cast(:statuses as text[])) = 0 or status = any(:statuses))
      and (cardinality(cast(:categories as text[])) = 0 or category = any(:categories))
      and (cast(:unit as text) is null or unit = :unit)
      and (cast(:urgent as boolean) is null or urgent = :urgent)
      and (cast(:pattern as text) is null or reference ilike :pattern or text ilike :pattern or address ilike :pattern)
      and (cast(:since as timestamptz) is null or submitted_at > :since)
      and (cast(:lat as float8) is null or st_dwithin(place::geography,
           st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography, cast(:radius_m as float8)))
      and (cast(:after_at as timestamptz) is null or (submitted_at, r.id) < (:after_at, cast(:after_id as text)))
    order by submitted_at desc, r.id desc limit :limit
    """
)
_ONE = query(
    """
    select id, reference, category, text, st_y(place) as lat, st_x(place) as lon, address, status, outcome, unit, urgent, version,
           submitted_at, updated_at, coalesce(contact, (
               select address from contacts c where c.resident_id = r.resident_id and c.channel in ('email', 'sms')
               order by c.id limit 1)) as contact,
           resident_id is null as anonymous, answers, source, text_public, merged_into, reopened, rating, rating_comment,
           rated_at, (select count(*) from report_followers f where f.report_id = r.id) as me_too
    from reports r where id = :id
    """
)
_PUSH = query(
    """
    select state, service_request_id, status, error, attempts, next_at, updated_at from open311_pushes where report_id = :id
    """
)
_EVENTS = query("select kind, at, status, outcome, unit, answer, by from report_events where report_id = :id order by number")


async def page(session: AsyncSession, selection: StaffSelection, *, cursor: str | None, limit: int) -> StaffReportPage:
    """One page of the queue, newest first."""
    after: dict[str, Any] = {"after_at": None, "after_id": None}
    if cursor:
        after["after_at"], after["after_id"] = cursors.decode(cursor, (datetime, str))
    rows = list(await session.execute(_PAGE, selection.values() | after | {"limit": limit + 1}))
    shown = rows[:limit]
    next_cursor = cursors.encode(shown[-1].submitted_at.isoformat(), shown[-1].id) if len(rows) > limit else None
    return StaffReportPage(items=[_summary(row) for row in shown], next_cursor=next_cursor)


async def detail(session: AsyncSession, report_id: str, *, role: str) -> StaffReport:
    """One report; its contact in full only for roles that answer reports. AppError(NOT_FOUND)."""
    row = (await session.execute(_ONE, {"id": report_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no report with this id.")
    events = [
        StaffReportEvent.model_validate(event, from_attributes=True)
        for event in await session.execute(_EVENTS, {"id": report_id})
    ]
    names = ("id", "reference", "category", "text", "address", "anonymous", "status", "outcome", "unit", "urgent", "version")
    grown = ("answers", "source", "text_public", "merged_into", "reopened", "me_too", "submitted_at", "updated_at")
    contact = row.contact if role in CLERKS or row.contact is None else masked(row.contact)
    photos = [_photo(photo) for photo in await session.execute(PHOTOS, {"ids": [report_id], "only_public": False})]
    rated = Rated(rating=row.rating, comment=row.rating_comment, at=row.rated_at) if row.rating else None
    private = role in CLERKS
    return StaffReport(
        place=Point(lat=row.lat, lon=row.lon),
        contact=contact,
        photos=photos,
        events=events,
        history=await moderation.history_of(session, report_id),
        messages=await conversation.messages_of(session, report_id) if private else [],
        satisfaction=rated,
        open311=await _open311(session, report_id),
        **{name: getattr(row, name) for name in (*names, *grown)},
    )


async def _open311(session: AsyncSession, report_id: str) -> Open311State | None:
    row = (await session.execute(_PUSH, {"id": report_id})).first()
    return Open311State.model_validate(row, from_attributes=True) if row else None


def _photo(row: Any) -> StaffPhoto:
    return StaffPhoto(**photo_fields(row), public=row.public, blurs=row.blurs, unblurred_until=row.unblurred_until)


def masked(contact: str) -> str:
    """Enough to recognise a contact one knows, too little to use it: `a…@example.pl`, `+48…200`."""
    if "@" in contact:
        local, _, domain = contact.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"{contact[:3]}…{contact[-3:]}"


def _literal(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _summary(row: Any) -> StaffReportSummary:
    names = ("id", "reference", "category", "excerpt", "address", "status", "outcome", "unit", "urgent", "photos", "version")
    times = ("submitted_at", "updated_at")
    return StaffReportSummary(place=Point(lat=row.lat, lon=row.lon), **{name: getattr(row, name) for name in (*names, *times)})
