"""Deleting footage of a range before its time. Two people decide; a hold wins.

It goes because a person has a right to it, or with its camera, which was taken out of the registry (else it lives on its days).
An approved deletion stays open until nothing of its range is left: what a hold keeps now goes when the hold has ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.playback import index
from hejnal_recorder.retention.deletion import Candidates, condemn
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

LONGEST = timedelta(days=92)
BATCH = 200
PrivacyState = Literal["requested", "approved", "withdrawn", "done"]
Purpose = Literal["privacy", "camera_removed"]

_INSERT = text(
    """
    insert into privacy_deletions
        (deletion_id, state, camera_id, starts_at, ends_at, reason, requested_by, requested_at, purpose)
    values (:deletion_id, 'requested', :camera_id, :starts_at, :ends_at, :reason, :by, :now, :purpose)
    """
)
_GET = """
    select p.*, (
        select count(distinct s.segment_id) from segments s join held_segments h using (segment_id, part, starts_at)
        where s.camera_id = p.camera_id and s.starts_at < p.ends_at and s.ends_at > p.starts_at
            and s.starts_at >= p.starts_at - interval '24 hours') as held_segments
    from privacy_deletions p
"""
_FIND = text(f"{_GET} where deletion_id = :deletion_id")
_LIST = text(f"{_GET} order by requested_at desc, deletion_id limit 500")
_LOCK = text("select state, requested_by from privacy_deletions where deletion_id = :deletion_id for update")
_DECIDE = text(
    "update privacy_deletions set state = :state, decided_by = :by, decided_at = :now where deletion_id = :deletion_id"
)
_PENDING = text(
    "select deletion_id, camera_id, starts_at, ends_at, purpose from privacy_deletions "
    "where state = 'approved' order by decided_at"
)
_LEFT = text(
    """
    select s.segment_id, s.starts_at, exists (select from held_segments h
        where h.segment_id = s.segment_id and h.part = s.part and h.starts_at = s.starts_at) as held
    from segments s
    where s.camera_id = :camera_id and s.state <> 'garbage' and s.starts_at < :ends_at and s.ends_at > :starts_at
        and s.starts_at >= cast(:starts_at as timestamptz) - interval '24 hours'
    order by held, s.starts_at limit :batch
    """
)
_REMOVED = text("select removed from cameras where camera_id = :camera_id")
_COUNT = text(
    """
    update privacy_deletions set deleted_segments = deleted_segments + :segments, deleted_bytes = deleted_bytes + :size_bytes
    where deletion_id = :deletion_id
    """
)
_DONE = text("update privacy_deletions set state = 'done', done_at = :now where deletion_id = :deletion_id")


@dataclass(frozen=True, slots=True)
class PrivacyDeletion:
    """A deletion asked for, and how far it is."""

    deletion_id: str
    state: PrivacyState
    camera_id: str
    starts_at: datetime
    ends_at: datetime
    purpose: Purpose
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    done_at: datetime | None
    deleted_segments: int
    deleted_bytes: int
    held_segments: int
    """Segments of the range that a hold keeps."""


async def request(
    session: AsyncSession, camera_id: str, starts_at: datetime, ends_at: datetime, *, reason: str, by: str, now: datetime
) -> PrivacyDeletion:
    """The first pair of eyes. The range lies in the past."""
    if not starts_at < ends_at <= now or ends_at - starts_at > LONGEST:
        raise AppError(Kind.INVALID, "invalid-range", f"The range lies in the past and covers at most {LONGEST.days} days.")
    return await _insert(session, camera_id, starts_at, ends_at, "privacy", reason=reason, by=by, now=now)


async def request_with_camera(session: AsyncSession, camera_id: str, *, reason: str, by: str, now: datetime) -> PrivacyDeletion:
    """The same for all that there is of a camera. CONFLICT while the registry still has it."""
    if not (await session.execute(_REMOVED, {"camera_id": camera_id})).scalar_one_or_none():
        detail = "The camera is still in the registry. Take it out first; its footage stays until this deletion is agreed to."
        raise AppError(Kind.CONFLICT, "camera-in-use", detail)
    known = await index.find_story(session, camera_id)
    if known is None:
        raise AppError(Kind.NOT_FOUND, "no-footage", "Nothing has been recorded of this camera.")
    return await _insert(session, camera_id, known.first_seen, known.until, "camera_removed", reason=reason, by=by, now=now)


async def _insert(
    session: AsyncSession,
    camera_id: str,
    starts_at: datetime,
    ends_at: datetime,
    purpose: Purpose,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> PrivacyDeletion:
    values = {"camera_id": camera_id, "starts_at": starts_at, "ends_at": ends_at, "reason": reason, "by": by, "now": now}
    deletion_id = new_id()
    await session.execute(_INSERT, values | {"deletion_id": deletion_id, "purpose": purpose})
    return await find(session, deletion_id)


async def decide(session: AsyncSession, deletion_id: str, *, approve: bool, by: str, now: datetime) -> PrivacyDeletion:
    """Approve (somebody else than who asked) or withdraw (anybody who may decide). CONFLICT when it is decided already."""
    row = (await session.execute(_LOCK, {"deletion_id": deletion_id})).one_or_none()
    if row is None:
        raise _unknown()
    if row.state != "requested":
        raise AppError(Kind.CONFLICT, "already-decided", "This deletion has been decided already.")
    if approve and row.requested_by == by:
        raise AppError(Kind.FORBIDDEN, "four-eyes", "You asked for this deletion yourself; somebody else has to agree.")
    state = "approved" if approve else "withdrawn"
    await session.execute(_DECIDE, {"deletion_id": deletion_id, "state": state, "by": by, "now": now})
    return await find(session, deletion_id)


async def find(session: AsyncSession, deletion_id: str) -> PrivacyDeletion:
    """One deletion; NOT_FOUND when there is none."""
    row = (await session.execute(_FIND, {"deletion_id": deletion_id})).one_or_none()
    if row is None:
        raise _unknown()
    return _deletion(row)


async def list_deletions(session: AsyncSession) -> list[PrivacyDeletion]:
    """The newest 500."""
    return [_deletion(row) for row in await session.execute(_LIST)]


async def carry_out(database: Database, now: datetime) -> bool:
    """Condemn a batch of each approved deletion; True when one has more that may go."""
    async with database.read() as session:
        pending = (await session.execute(_PENDING)).all()
    more = False
    for one in pending:
        values = {"camera_id": one.camera_id, "starts_at": one.starts_at, "ends_at": one.ends_at, "batch": BATCH}
        async with database.transaction() as session:
            rows = (await session.execute(_LEFT, values)).all()
            if not rows:
                await session.execute(_DONE, {"deletion_id": one.deletion_id, "now": now})
                continue
            files = [row for row in rows if not row.held]
            if not files:
                continue
            names = tuple({row.segment_id for row in files})
            candidates = Candidates(one.camera_id, names, files[0].starts_at, files[-1].starts_at)
            done = await condemn(session, candidates, one.purpose)
            values = {"deletion_id": one.deletion_id, "segments": done.segments, "size_bytes": done.size_bytes}
            await session.execute(_COUNT, values)
            more = more or done.segments > 0
    return more


def _deletion(row: Any) -> PrivacyDeletion:
    return PrivacyDeletion(**{name: getattr(row, name) for name in PrivacyDeletion.__dataclass_fields__})


def _unknown() -> AppError:
    return AppError(Kind.NOT_FOUND, "no-such-deletion", "There is no such deletion.")
