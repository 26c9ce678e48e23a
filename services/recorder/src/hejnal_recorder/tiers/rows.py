"""Where the index says that files lie, and how that changes.

`local` → `copying` (an object may exist) → `leaving` (the store has it, the local file may exist) → `store`. Each change is one
transaction; readers take the local file in the first two states and the object in the last two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.fragments import Fragment, unpack

_REACH = timedelta(hours=24)
"""Other parts of the same file begin within it."""

_BOUND = (
    "exists (select from held_segments h where h.segment_id = s.segment_id and h.part = s.part and h.starts_at = s.starts_at)"
    " or exists (select from export_pins p where p.segment_id = s.segment_id and p.part = s.part and p.starts_at = s.starts_at)"
)
_DUE = text(
    f"""
    select segment_id, camera_id, path, min(starts_at) as oldest
    from (
        select s.segment_id, s.camera_id, s.path, s.starts_at from segments s join runs r using (run_id)
        where s.state = 'stored' and s.tier in ('local', 'copying') and s.starts_at < :before and s.ends_at < :before
            and s.segment_id <> all(cast(:skip as text[])) and r.open_segment is distinct from s.segment_id and not ({_BOUND})
        order by s.starts_at limit :batch) parts
    group by segment_id, camera_id, path order by min(starts_at)
    """  # noqa: S608 constants only
)
_OLDEST = text(
    """
    select min(starts_at) from segments where state = 'stored' and tier in ('local', 'copying') and starts_at < :before
    """
)
_LOCK_STORY = text("select 1 from stories where camera_id = :camera_id for no key update")
_LOCK_PARTS = text(
    """
    select part, starts_at, size_bytes, init_size_bytes, init_sha256, fragments, state, tier from segments
    where camera_id = :camera_id and segment_id = :segment_id and starts_at between :oldest and :newest
    order by part for no key update
    """
)
_BOUND_PARTS = text(
    """
    select 1 from (select segment_id, starts_at from held_segments union all select segment_id, starts_at from export_pins) b
    where segment_id = :segment_id and starts_at between :oldest and :newest limit 1
    """
)
_SET_TIER = text(
    """
    update segments set tier = :tier
    where camera_id = :camera_id and segment_id = :segment_id and state = 'stored' and starts_at between :oldest and :newest
    """
)
_STORED = text(
    """
    select 1 from segments
    where segment_id = :segment_id and state = 'stored' and starts_at between :oldest and :newest limit 1
    """
)
_LEAVING = text(
    """
    select segment_id, min(camera_id) as camera_id, min(path) as path, min(starts_at) as oldest from segments
    where tier = 'leaving' and state = 'stored' group by segment_id order by segment_id limit :batch
    """
)
_SETTLE = text(
    """
    update segments set tier = 'store' where tier = 'leaving' and state = 'stored'
        and segment_id = any(cast(:segment_ids as text[])) and starts_at between :oldest and :newest
    """
)
_BYTES = text(
    """
    select coalesce(sum(amount) filter (where kind = 'bytes'), 0)::bigint as all_bytes,
        coalesce(sum(amount) filter (where kind = 'store_bytes'), 0)::bigint as store_bytes
    from coverage where level = 'day' and kind in ('bytes', 'store_bytes')
    """
)


class Tier(StrEnum):
    """Where a file lies."""

    LOCAL = "local"
    COPYING = "copying"
    LEAVING = "leaving"
    STORE = "store"

    @property
    def read_from_store(self) -> bool:
        """Whether readers take the object."""
        return self in (Tier.LEAVING, Tier.STORE)


@dataclass(frozen=True, slots=True)
class DueFile:
    """A file of the local disk that is old enough."""

    segment_id: str
    camera_id: str
    path: str
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the file, as its copy is checked by it."""

    part: int
    size_bytes: int
    init_size_bytes: int
    init_sha256: bytes
    fragments: tuple[Fragment, ...]


async def due_files(session: AsyncSession, before: datetime, *, skip: Sequence[str], batch: int) -> list[DueFile]:
    """The oldest complete files that ended before an instant and that neither a hold nor an export binds."""
    rows = await session.execute(_DUE, {"before": before, "skip": list(skip), "batch": batch})
    return [DueFile(row.segment_id, row.camera_id, row.path, row.oldest) for row in rows]


async def oldest_waiting(session: AsyncSession, before: datetime) -> datetime | None:
    """When the oldest footage begins that should have been moved and was not, held footage included."""
    oldest: datetime | None = (await session.execute(_OLDEST, {"before": before})).scalar_one()
    return oldest


async def mark(session: AsyncSession, file: DueFile) -> tuple[Part, ...] | None:
    """From now on an object may exist; gives the rows. None when the file may not be moved (any more)."""
    return await _move(session, file, None, Tier.COPYING)


async def switch(session: AsyncSession, file: DueFile, copied: tuple[Part, ...]) -> bool:
    """From now on readers take the object. False when the rows are not those that were copied, or are bound."""
    return await _move(session, file, copied, Tier.LEAVING) is not None


async def _move(session: AsyncSession, file: DueFile, expected: tuple[Part, ...] | None, tier: Tier) -> tuple[Part, ...] | None:
    """Under the story's lock, as everybody who changes a camera's rows: deletion, holds and take-over wait or are seen."""
    values = {
        "camera_id": file.camera_id,
        "segment_id": file.segment_id,
        "oldest": file.oldest - _REACH,
        "newest": file.oldest + _REACH,
    }
    await session.execute(_LOCK_STORY, values)
    rows = (await session.execute(_LOCK_PARTS, values)).all()
    movable = bool(rows) and all(
        row.state == "stored" and (row.tier == Tier.COPYING or (expected is None and row.tier == Tier.LOCAL)) for row in rows
    )
    if not movable or (await session.execute(_BOUND_PARTS, values)).one_or_none() is not None:
        return None
    parts = tuple(
        Part(row.part, row.size_bytes, row.init_size_bytes, row.init_sha256, tuple(unpack(row.fragments))) for row in rows
    )
    if expected is not None and parts != expected:
        return None
    if any(row.tier != tier for row in rows):
        await session.execute(_SET_TIER, values | {"tier": tier.value})
    return parts


async def is_stored(session: AsyncSession, file: DueFile) -> bool:
    """Whether a row still names the file, and it is not about to be deleted."""
    values = {"segment_id": file.segment_id, "oldest": file.oldest - _REACH, "newest": file.oldest + _REACH}
    return (await session.execute(_STORED, values)).one_or_none() is not None


async def leaving_files(session: AsyncSession, *, batch: int) -> list[DueFile]:
    """Files in the store whose local copy is to be removed."""
    rows = await session.execute(_LEAVING, {"batch": batch})
    return [DueFile(row.segment_id, row.camera_id, row.path, row.oldest) for row in rows]


async def settle(session: AsyncSession, files: Sequence[DueFile]) -> None:
    """Their local copies are gone."""
    oldest = [file.oldest for file in files]
    values = {"segment_ids": [file.segment_id for file in files], "oldest": min(oldest) - _REACH, "newest": max(oldest) + _REACH}
    await session.execute(_SETTLE, values)


async def bytes_by_tier(session: AsyncSession) -> tuple[int, int]:
    """Footage on the local disk and in the store."""
    row = (await session.execute(_BYTES)).one()
    return row.all_bytes - row.store_bytes, row.store_bytes
