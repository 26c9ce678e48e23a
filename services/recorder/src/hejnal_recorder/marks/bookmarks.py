"""Bookmarks: a stretch of a camera's time with a title. They secure nothing; that is what holds are for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

MOST = 1000

_INSERT = text(
    """
    insert into bookmarks (bookmark_id, camera_id, starts_at, ends_at, title, note, owner, made_at, changed_at)
    values (:bookmark_id, :camera_id, :starts_at, :ends_at, :title, :note, :owner, :now, :now) returning *
    """
)
_UPDATE = text(
    """
    update bookmarks set starts_at = :starts_at, ends_at = :ends_at, title = :title, note = :note, changed_at = :now
    where bookmark_id = :bookmark_id returning *
    """
)
_DELETE = text("delete from bookmarks where bookmark_id = :bookmark_id returning camera_id")
_FIND = text("select * from bookmarks where bookmark_id = :bookmark_id")
_SELECT = text(
    """
    select * from bookmarks where camera_id = :camera_id and starts_at < :ends_at and ends_at >= :starts_at
    order by starts_at, bookmark_id limit :most
    """
)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A mark on the time bar."""

    bookmark_id: str
    camera_id: str
    starts_at: datetime
    ends_at: datetime
    title: str
    note: str
    owner: str
    made_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BookmarkText:
    """What a person writes."""

    starts_at: datetime
    ends_at: datetime
    title: str
    note: str


async def make(session: AsyncSession, camera_id: str, written: BookmarkText, *, owner: str, now: datetime) -> Bookmark:
    """A new one."""
    values = {"bookmark_id": new_id(), "camera_id": camera_id, "owner": owner, "now": now} | _checked(written)
    return _bookmark((await session.execute(_INSERT, values)).one())


async def change(session: AsyncSession, bookmark_id: str, written: BookmarkText, *, now: datetime) -> Bookmark:
    """Replace what is written in it; NOT_FOUND when there is none."""
    row = (await session.execute(_UPDATE, {"bookmark_id": bookmark_id, "now": now} | _checked(written))).one_or_none()
    return _bookmark(_there(row))


async def remove(session: AsyncSession, bookmark_id: str) -> None:
    """Take it away; NOT_FOUND when there is none."""
    _there((await session.execute(_DELETE, {"bookmark_id": bookmark_id})).one_or_none())


async def find(session: AsyncSession, bookmark_id: str) -> Bookmark:
    """One of them; NOT_FOUND when there is none."""
    return _bookmark(_there((await session.execute(_FIND, {"bookmark_id": bookmark_id})).one_or_none()))


async def bookmarks_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[Bookmark]:
    """Those that touch the interval, in order, at most 1000."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at, "most": MOST}
    return [_bookmark(row) for row in await session.execute(_SELECT, values)]


def _checked(written: BookmarkText) -> dict[str, Any]:
    if written.ends_at < written.starts_at:
        raise AppError(Kind.INVALID, "invalid-bookmark", "`to` lies before `from`.")
    return {"starts_at": written.starts_at, "ends_at": written.ends_at, "title": written.title, "note": written.note}


def _there(row: Any) -> Any:
    if row is None:
        raise AppError(Kind.NOT_FOUND, "no-such-bookmark", "There is no such bookmark.")
    return row


def _bookmark(row: Any) -> Bookmark:
    return Bookmark(**{name: getattr(row, name) for name in Bookmark.__dataclass_fields__})
