"""Deleting in an order that a crash cannot hurt.

1. `condemn`: rows to `garbage`, a `retention` gap in their place; one transaction that asks for holds under the story's lock.
2. `finish`: file unlinked and folder synced, its object in the store removed, then rows gone with `segment.deleted`. The next
   round finishes what a crash left.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_contracts.recordings import SegmentDeleted
from hejnal_recorder import metrics
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

log = structlog.get_logger()

Reason = Literal["age", "space", "privacy", "camera_removed", "lost"]
SOURCE = "recorder"
FINISH_BATCH = 200
DETAILS: dict[Reason, str] = {
    "age": "Deleted when its time was over",
    "space": "Deleted early to make room",
    "privacy": "Deleted for the sake of privacy",
    "camera_removed": "Deleted with its camera",
    "lost": "Its file was lost from the archive",
}

_LOCK_STORY = text("select 1 from stories where camera_id = :camera_id for no key update")
# Locked before it is judged: a hold that is being placed is waited for, and then seen by the next statement.
_LOCK_PARTS = text(
    """
    select segment_id, part, starts_at, ends_at, state, footage_bytes from segments
    where camera_id = :camera_id and segment_id = any(cast(:segment_ids as text[])) and state <> 'garbage'
        and starts_at between :oldest and :newest
    order by starts_at for no key update
    """
)
_HELD = text(
    """
    select distinct segment_id from (
        select segment_id, starts_at from held_segments union all select segment_id, starts_at from export_pins) bound
    where segment_id = any(cast(:segment_ids as text[])) and starts_at between :oldest and :newest
    """
)
_CONDEMN = text(
    """
    update segments set state = 'garbage', garbage_reason = :reason
    where camera_id = :camera_id and segment_id = any(cast(:segment_ids as text[])) and state = 'stored'
        and starts_at between :oldest and :newest
    """
)
_NEIGHBOURS = text(
    """
    select gap_id, starts_at, ends_at from gaps
    where camera_id = :camera_id and cause = :cause and detail = :detail and (ends_at = :starts_at or starts_at = :ends_at)
    order by starts_at
    """
)
_DELETE_GAP = text("delete from gaps where gap_id = :gap_id")
_EXTEND_GAP = text("update gaps set ends_at = :ends_at where gap_id = :gap_id")
_INSERT_GAP = text(
    """
    insert into gaps (gap_id, camera_id, cause, detail, starts_at, ends_at)
    values (:gap_id, :camera_id, :cause, :detail, :starts_at, :ends_at)
    """
)
_GARBAGE = text(
    """
    select segment_id, min(camera_id) as camera_id, min(path) as path, min(starts_at) as starts_at, max(ends_at) as ends_at,
        max(starts_at) as newest, coalesce(min(garbage_reason), 'age') as reason
    from segments where state = 'garbage' and (tier <> 'local') = :in_store
    group by segment_id order by min(starts_at) limit :batch
    """
)
_FORGET = text(
    """
    delete from segments where segment_id = any(cast(:segment_ids as text[])) and state = 'garbage'
        and starts_at between :oldest and :newest
    returning segment_id
    """
)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Files of one camera that should go; `oldest` and `newest` bound where their rows begin."""

    camera_id: str
    segment_ids: tuple[str, ...]
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Condemned:
    """What will be deleted, and what may not be."""

    segments: int
    size_bytes: int
    held: int
    open: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What one batch has deleted: files, and how much of them the disk gives back only when ingest's spool lets go."""

    files: int
    lingering_bytes: int


@dataclass(frozen=True, slots=True)
class _Garbage:
    segment_id: str
    camera_id: str
    path: str
    starts_at: datetime
    ends_at: datetime
    newest: datetime
    reason: Reason


async def condemn(session: AsyncSession, candidates: Candidates, reason: Reason) -> Condemned:
    """Mark files for deletion; those with a held or open row stay whole. The rows' time becomes a gap at once."""
    await session.execute(_LOCK_STORY, {"camera_id": candidates.camera_id})
    reach = timedelta(hours=24)  # other parts of the same files
    values = {
        "camera_id": candidates.camera_id,
        "segment_ids": list(candidates.segment_ids),
        "oldest": candidates.oldest - reach,
        "newest": candidates.newest + reach,
    }
    parts = (await session.execute(_LOCK_PARTS, values)).all()
    there = {part.segment_id for part in parts}
    held = there & set((await session.execute(_HELD, values)).scalars())
    opened = {part.segment_id for part in parts if part.state == "open"} - held
    doomed = [part for part in parts if part.segment_id not in held | opened]
    if doomed:
        await session.execute(_CONDEMN, values | {"segment_ids": sorted({part.segment_id for part in doomed}), "reason": reason})
        for starts_at, ends_at in _stretches((part.starts_at, part.ends_at) for part in doomed):
            await _leave_gap(session, candidates.camera_id, starts_at, ends_at, reason)
    return Condemned(
        segments=len({part.segment_id for part in doomed}),
        size_bytes=sum(part.footage_bytes for part in doomed),
        held=len(held),
        open=len(opened),
    )


def _stretches(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Spans in order of time, those that touch joined, empty ones left out."""
    joined: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in spans:
        if joined and joined[-1][1] == starts_at:
            joined[-1] = (joined[-1][0], ends_at)
        elif ends_at > starts_at:
            joined.append((starts_at, ends_at))
    return joined


async def _leave_gap(session: AsyncSession, camera_id: str, starts_at: datetime, ends_at: datetime, reason: Reason) -> None:
    """The deleted time becomes a gap, one with deleted time right before and after it."""
    cause = GapCause.INGEST_LOST if reason == "lost" else GapCause.RETENTION
    span = {"camera_id": camera_id, "starts_at": starts_at, "ends_at": ends_at}
    values = span | {"cause": cause.value, "detail": DETAILS[reason]}
    neighbours = (await session.execute(_NEIGHBOURS, values)).all()
    before = next((gap for gap in neighbours if gap.ends_at == starts_at), None)
    after = next((gap for gap in neighbours if gap.starts_at == ends_at), None)
    if after is not None:
        await session.execute(_DELETE_GAP, {"gap_id": after.gap_id})
        values["ends_at"] = after.ends_at
    if before is not None:
        await session.execute(_EXTEND_GAP, {"gap_id": before.gap_id, "ends_at": values["ends_at"]})
    else:
        await session.execute(_INSERT_GAP, values | {"gap_id": new_id()})


async def finish(database: Database, archive: Archive, now: datetime, store: ObjectStore | None = None) -> Finished:
    """Unlink a batch of condemned files and forget their rows.

    What also lies in the object store is a batch of its own, so that a store that is away holds up nothing else.
    """
    garbage = await _garbage(database, in_store=False)
    lingering_bytes = 0
    if garbage:
        lingering_bytes = await asyncio.to_thread(_unlink, archive, garbage)
        await _forget(database, garbage, now)
    stored = await _garbage(database, in_store=True)
    if not stored:
        return Finished(len(garbage), lingering_bytes)
    lingering_bytes += await asyncio.to_thread(_unlink, archive, stored)
    if store is None:
        log.error("store_not_configured", waiting_files=len(stored))
        return Finished(len(garbage), lingering_bytes)
    try:
        for one in stored:
            await store.delete(one.path)
    except AppError as error:
        log.warning("store_deletion_interrupted", waiting_files=len(stored), error=error.detail)
        return Finished(len(garbage), lingering_bytes)
    await _forget(database, stored, now)
    return Finished(max(len(garbage), len(stored)), lingering_bytes)


async def _garbage(database: Database, *, in_store: bool) -> list[_Garbage]:
    async with database.read() as session:
        rows = (await session.execute(_GARBAGE, {"batch": FINISH_BATCH, "in_store": in_store})).all()
    return [_Garbage(row.segment_id, row.camera_id, row.path, row.starts_at, row.ends_at, row.newest, row.reason) for row in rows]


async def _forget(database: Database, garbage: Sequence[_Garbage], now: datetime) -> None:
    values = {
        "segment_ids": [one.segment_id for one in garbage],
        "oldest": min(one.starts_at for one in garbage),
        "newest": max(one.newest for one in garbage),
    }
    async with database.transaction() as session:
        gone = set((await session.execute(_FORGET, values)).scalars())
        facts = [_deleted(one, now) for one in garbage if one.segment_id in gone]  # another replica may be at it too
        await publish(session, *facts, source=SOURCE)
    for reason, number in _counted(facts).items():
        metrics.SEGMENTS_DELETED.labels(reason).inc(number)
        log.info("segments_deleted", count=number, reason=reason)


def _unlink(archive: Archive, garbage: Sequence[_Garbage]) -> int:
    return sum(archive.unlink(one.path) for one in garbage)


def _counted(facts: Iterable[SegmentDeleted]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.reason] = counts.get(fact.reason, 0) + 1
    return counts


def _deleted(one: _Garbage, deleted_at: datetime) -> SegmentDeleted:
    return SegmentDeleted(
        camera_id=one.camera_id,
        segment_id=one.segment_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        reason=one.reason,
        deleted_at=deleted_at,
    )
