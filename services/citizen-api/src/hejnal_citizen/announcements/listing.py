"""Reading announcements: pages, one with its history, shapes for the map, progress."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors
from hejnal_citizen.announcements import attachments
from hejnal_citizen.announcements.schemas import (
    AnnouncementDetail,
    AnnouncementPage,
    AnnouncementSummary,
    AnnouncementVersionView,
    Feature,
    FeatureCollection,
    StaffAnnouncementDetail,
    StaffAnnouncementPage,
    StaffAnnouncementSummary,
    StaffVersionView,
    VersionProgress,
)
from hejnal_citizen.sql import query
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind

MOST_FEATURES = 500
MAP_TOLERANCE = 0.00005
"""Degrees, about five metres; more for what is large."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which announcements are asked for; empty means all."""

    categories: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    near: Point | None = None
    radius_m: float = 0
    since: AwareDatetime | None = None

    def values(self, now: datetime) -> dict[str, Any]:
        """Bind values of `_CURRENT`."""
        return {
            "now": now,
            "categories": list(self.categories),
            "states": list(self.states),
            "lat": self.near.lat if self.near else None,
            "lon": self.near.lon if self.near else None,
            "radius_m": self.radius_m,
            "since": self.since,
        }


# `rules.state_of` in SQL; a test compares the two.
_CURRENT = """
    with current as (
        select v.*, a.issued_at as first_issued_at,
               case when v.kind = 'cancelled' then 'cancelled' when v.valid_until <= :now then 'past'
                    when v.valid_from > :now then 'upcoming' else 'active' end as state
        from announcements a join announcement_versions v on v.announcement_id = a.id and v.version = a.version),
    selected as (
        select *, case state when 'active' then 0 when 'upcoming' then 1 else 2 end as rank from current
        where (cardinality(cast(:categories as text[])) = 0 or category = any(:categories))
          and (cardinality(cast(:states as text[])) = 0 or state = any(:states))
          and (cast(:since as timestamptz) is null or issued_at > :since)
          and (cast(:lat as float8) is null or st_dwithin(footprint::geography,
               st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography, cast(:radius_m as float8))))
"""
_FIELDS = """
    announcement_id as id, version, kind, state, rank, category, severity, texts, origins, area, valid_from, valid_until, drill,
    channels, issued_by, attachments, first_issued_at, issued_at as updated_at, st_x(inner_point) as lon, st_y(inner_point) as lat
"""
_PAGE = query(
    _CURRENT
    + f"""
    select {_FIELDS} from selected cross join lateral (select st_pointonsurface(footprint) as inner_point) as p
    where cast(:after_rank as integer) is null or rank > :after_rank
       or (rank = :after_rank and (issued_at, announcement_id) < (cast(:after_at as timestamptz), cast(:after_id as text)))
    order by rank, issued_at desc, announcement_id desc limit :limit
    """
)
_SHAPES = query(
    _CURRENT
    + """
    select announcement_id as id, version, state, category, severity, texts, valid_from, valid_until, drill, area,
           st_asgeojson(st_multi(st_simplifypreservetopology(footprint,
               greatest(:least, sqrt(st_area(footprint)) / 200))), 5)::json as geometry
    from selected order by rank, issued_at desc limit :limit
    """
)
_ONE = query(
    _CURRENT
    + f"""
    select {_FIELDS}, st_asgeojson(st_multi(st_simplifypreservetopology(footprint, 0.00001)), 6)::json as geometry
    from selected cross join lateral (select st_pointonsurface(footprint) as inner_point) as p
    where announcement_id = :id
    """
)
_HISTORY = query(
    """
    select version, kind, category, severity, texts, origins, area, valid_from, valid_until, issued_at, channels, drill, issued_by
    from announcement_versions where announcement_id = :id order by version desc
    """
)
_PROGRESS = query(
    """
    select announcement_id, version, finished, at, counts from delivery_progress
    where announcement_id = any(cast(:ids as text[])) order by version desc
    """
)


async def public_page(
    session: AsyncSession, selection: Selection, *, cursor: str | None, limit: int, now: datetime
) -> AnnouncementPage:
    """One page of announcements as residents see them."""
    rows, next_cursor = await _page(session, selection, cursor=cursor, limit=limit, now=now)
    return AnnouncementPage(items=[AnnouncementSummary(**_summary(row)) for row in rows], next_cursor=next_cursor)


async def staff_page(
    session: AsyncSession, selection: Selection, *, cursor: str | None, limit: int, now: datetime
) -> StaffAnnouncementPage:
    """One page of announcements with the progress of each newest version."""
    rows, next_cursor = await _page(session, selection, cursor=cursor, limit=limit, now=now)
    found = await _progress_of(session, [row.id for row in rows])
    items = [StaffAnnouncementSummary(**_staff_summary(row, found.get(row.id, []))) for row in rows]
    return StaffAnnouncementPage(items=items, next_cursor=next_cursor)


async def public_detail(session: AsyncSession, announcement_id: str, *, now: datetime) -> AnnouncementDetail:
    """One announcement with its shape and all versions; AppError(NOT_FOUND)."""
    row = await _one(session, announcement_id, now)
    history = [
        AnnouncementVersionView.model_validate(version, from_attributes=True)
        for version in await session.execute(_HISTORY, {"id": announcement_id})
    ]
    files = await attachments.some(session, row.attachments)
    return AnnouncementDetail(**_summary(row), geometry=row.geometry, history=history, attachments=files)


async def staff_detail(session: AsyncSession, announcement_id: str, *, now: datetime, page_url: str) -> StaffAnnouncementDetail:
    """One announcement with everything staff may know of it; AppError(NOT_FOUND)."""
    row = await _one(session, announcement_id, now)
    history = [
        StaffVersionView.model_validate(version, from_attributes=True)
        for version in await session.execute(_HISTORY, {"id": announcement_id})
    ]
    found = await _progress_of(session, [announcement_id])
    summary = _staff_summary(row, found.get(announcement_id, []))
    files = await attachments.some(session, row.attachments)
    return StaffAnnouncementDetail(**summary, geometry=row.geometry, history=history, page_url=page_url, attachments=files)


async def geojson(session: AsyncSession, selection: Selection, *, now: datetime) -> FeatureCollection:
    """Areas for the map of all; each one's own page has its exact outline."""
    rows = await session.execute(_SHAPES, selection.values(now) | {"limit": MOST_FEATURES, "least": MAP_TOLERANCE})
    return FeatureCollection(features=[_feature(row) for row in rows])


async def progress(session: AsyncSession, announcement_id: str) -> list[VersionProgress]:
    """How each version fares, newest first; AppError(NOT_FOUND)."""
    if not (await session.execute(query("select 1 from announcements where id = :id"), {"id": announcement_id})).first():
        raise _not_found()
    return (await _progress_of(session, [announcement_id])).get(announcement_id, [])


async def _page(
    session: AsyncSession, selection: Selection, *, cursor: str | None, limit: int, now: datetime
) -> tuple[list[Any], str | None]:
    after: dict[str, Any] = {"after_rank": None, "after_at": None, "after_id": None}
    if cursor:  # the moment of the first page, so that nothing changes its rank between two pages
        now, after["after_rank"], after["after_at"], after["after_id"] = cursors.decode(  # type: ignore[assignment]
            cursor, (datetime, int, datetime, str)
        )
    rows = list(await session.execute(_PAGE, selection.values(now) | after | {"limit": limit + 1}))
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], cursors.encode(now.isoformat(), last.rank, last.updated_at.isoformat(), last.id)


async def _one(session: AsyncSession, announcement_id: str, now: datetime) -> Any:
    row = (await session.execute(_ONE, Selection().values(now) | {"id": announcement_id})).first()
    if row is None:
        raise _not_found()
    return row


async def _progress_of(session: AsyncSession, ids: list[str]) -> dict[str, list[VersionProgress]]:
    found: dict[str, list[VersionProgress]] = {}
    for row in await session.execute(_PROGRESS, {"ids": ids}):
        version = VersionProgress(version=row.version, finished=row.finished, at=row.at, channels=row.counts)
        found.setdefault(row.announcement_id, []).append(version)
    return found


def _not_found() -> AppError:
    return AppError(Kind.NOT_FOUND, "not-found", "There is no announcement with this id.")


def _summary(row: Any) -> dict[str, Any]:
    names = (
        "id",
        "version",
        "kind",
        "state",
        "category",
        "severity",
        "texts",
        "origins",
        "area",
        "valid_from",
        "valid_until",
        "drill",
    )
    fields = {name: getattr(row, name) for name in names}
    return fields | {
        "issued_at": row.first_issued_at,
        "updated_at": row.updated_at,
        "center": (round(row.lon, 6), round(row.lat, 6)),
    }


def _staff_summary(row: Any, versions: list[VersionProgress]) -> dict[str, Any]:
    newest = [one for one in versions if one.version == row.version]
    return _summary(row) | {"channels": row.channels, "issued_by": row.issued_by, "progress": newest}


def _feature(row: Any) -> Feature:
    titles = {language: text["title"] for language, text in row.texts.items()}
    names = ("version", "state", "category", "severity", "drill")
    properties = {name: getattr(row, name) for name in names} | {
        "titles": titles,
        "area_kind": row.area["kind"],
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat(),
    }
    return Feature(id=row.id, geometry=row.geometry, properties=properties)
