"""Back-filled runs: footage from cameras' own memories into the gaps of the index. In order: files, rows, facts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_contracts.recordings import GapClosed, GapOpened, SegmentStored
from hejnal_recorder import metrics
from hejnal_recorder.days import SegmentDays
from hejnal_recorder.fragments import pack, pack_further
from hejnal_recorder.takeover.archive import Wanted
from hejnal_recorder.timeline.decide import StoryFact, archive_path
from hejnal_recorder.timeline.fill import FilledRow, Filling, Gap
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import publish

log = structlog.get_logger()

SOURCE = "recorder"
DEFAULT_KEEP_DAYS = 30

Place = tuple[str, int]
Bring = Callable[[dict[Place, tuple[str, Wanted]]], Awaitable[set[Place]]]
"""Makes fragments durable in the archive; gives those whose bytes are gone."""

_LOCK_STORY = text("select gap_id from stories where camera_id = :camera_id for no key update")
_KEEP_DAYS = text("select keep_days from cameras where camera_id = :camera_id")
_INSERT_RUN = text(
    """
    insert into runs (run_id, camera_id, epoch, ingest_id, stream, spool_url, codec, width, height, timescale, started_at,
        backfilled)
    values (:run_id, :camera_id, :epoch, :ingest_id, :stream, :spool_url, :codec, :width, :height, :timescale, :started_at, true)
    on conflict do nothing
    """
)
_RUN = text("select spool_url, next_sequence, open_segment, ended_at from runs where run_id = :run_id and backfilled")
_MOVE_RUN = text("update runs set next_sequence = :next_sequence, open_segment = :open_segment where run_id = :run_id")
_END_RUN = text("update runs set ended_at = :ended_at, cause = :cause, detail = :detail where run_id = :run_id")
_GAPS = text(
    """
    select gap_id, cause, detail, starts_at, ends_at from gaps
    where camera_id = :camera_id and during && tstzrange(cast(:starts_at as timestamptz) - interval '1 second', :ends_at)
    """
)
_ROWS = text(
    """
    select segment_id, part, starts_at, ends_at from segments
    where camera_id = :camera_id and segment_id = any(cast(:segment_ids as text[])) and state = 'stored'
        and starts_at between cast(:starts_at as timestamptz) - interval '24 hours' and cast(:ends_at as timestamptz)
    """
)
_DELETE_GAPS = text("delete from gaps where gap_id = any(cast(:gap_ids as text[]))")
_MOVE_GAP = text("update gaps set starts_at = :starts_at, ends_at = :ends_at where gap_id = :gap_id")
_INSERT_GAP = text(
    """
    insert into gaps (gap_id, camera_id, cause, detail, starts_at, ends_at)
    values (:gap_id, :camera_id, :cause, :detail, :starts_at, :ends_at)
    """
)
# Whoever remembers the story has to read it anew: the gap that lasts may begin later now, the one before it may be gone.
_TOUCH_STORY = text(
    """
    update stories s set version = version + 1, last_gap_id = null, last_gap_cause = null, last_gap_detail = null,
        last_gap_starts_at = null, gap_starts_at = g.starts_at, until = coalesce(g.starts_at, s.until)
    from (values (0)) one left join gaps g on g.camera_id = :camera_id and g.ends_at is null
    where s.camera_id = :camera_id
    """
)
_INSERT_ROW = text(
    """
    insert into segments (segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count, footage_bytes,
        size_bytes, init_size_bytes, init_sha256, fragments)
    values (:segment_id, :part, :camera_id, :run_id, 'stored', :path, :starts_at, :ends_at, :fragment_count, :footage_bytes,
        :size_bytes, :init_size_bytes, :init_sha256, :fragments)
    """
)
_APPEND_ROW = text(
    """
    update segments set ends_at = :ends_at, fragment_count = fragment_count + :fragment_count,
        footage_bytes = footage_bytes + :footage_bytes, size_bytes = greatest(size_bytes, :size_bytes),
        fragments = fragments || :fragments
    where segment_id = :segment_id and part = :part and starts_at = :starts_at
    """
)
_WHOLE = text(
    """
    select min(starts_at) as starts_at, max(ends_at) as ends_at, sum(fragment_count)::integer as fragments,
        max(size_bytes) as size_bytes
    from segments where segment_id = :segment_id and camera_id = :camera_id and state = 'stored'
        and starts_at >= cast(:around as timestamptz) - interval '24 hours'
        and starts_at < cast(:around as timestamptz) + interval '24 hours'
    having count(*) > 0
    """
)


@dataclass(slots=True)
class _Batch:
    """What a run's facts would do, given the rows as they were read."""

    filling: Filling
    before: dict[str, Gap]
    spool_url: str = ""
    next_sequence: int = 0
    open_segment: str | None = None
    wanted: dict[Place, tuple[str, Wanted]] = field(default_factory=dict)
    heads: dict[str, FragmentWritten] = field(default_factory=dict)
    complete: list[tuple[str, datetime]] = field(default_factory=list)
    ended: RunEnded | None = None
    left_out: int = 0


class Filler:
    """Fills gaps, run by run. Safe to repeat: a run's next sequence is part of each transaction."""

    def __init__(self, database: Database, bring: Bring, days: SegmentDays, clock: Clock, new_id: Callable[[], str]) -> None:
        self._database = database
        self._bring = bring
        self._days = days
        self._clock = clock
        self._new_id = new_id

    async def take(self, run_id: str, facts: Sequence[StoryFact]) -> None:
        """Facts of one back-filled run, in order. Transient errors are the caller's to retry."""
        camera_id = facts[0].camera_id
        brought: set[Place] = set()
        missing: set[Place] = set()
        async with self._database.read() as session:
            batch = await self._plan(session, run_id, facts, missing)
        while True:
            todo = {place: one for place, one in batch.wanted.items() if place not in brought}
            lost = await self._bring(todo)
            missing |= lost
            brought |= todo.keys() - lost
            fragments = [fact for fact in facts if isinstance(fact, FragmentWritten)]
            if todo:
                await self._days.make({fact.starts_at.astimezone(UTC).date() for fact in fragments})
            async with self._database.transaction() as session:
                await session.execute(_LOCK_STORY, {"camera_id": camera_id})
                for fact in facts:
                    if isinstance(fact, RunStarted):
                        await session.execute(_INSERT_RUN, _run_values(fact))
                batch = await self._plan(session, run_id, facts, missing)
                if not batch.wanted.keys() - brought:
                    await self._write(session, run_id, camera_id, batch)
                    break
        metrics.FRAGMENTS.labels("stored").inc(len(batch.wanted))
        metrics.FRAGMENTS.labels("left_out").inc(batch.left_out)
        metrics.FRAGMENTS.labels("missing").inc(len(missing))

    async def _plan(self, session: AsyncSession, run_id: str, facts: Sequence[StoryFact], missing: set[Place]) -> _Batch:
        fragments = [fact for fact in facts if isinstance(fact, FragmentWritten)]
        run = (await session.execute(_RUN, {"run_id": run_id})).one_or_none()
        started = next((fact for fact in facts if isinstance(fact, RunStarted)), None)
        batch = await self._around(session, facts[0].camera_id, fragments)
        if run is not None:
            batch.spool_url, batch.next_sequence, batch.open_segment = run.spool_url, run.next_sequence, run.open_segment
            if run.ended_at is not None:
                return batch
        elif started is not None:
            batch.spool_url = started.spool_url
        oldest = await self._oldest(session, facts[0].camera_id)
        for fact in facts:
            if isinstance(fact, RunEnded):
                batch.ended = fact
            elif isinstance(fact, FragmentWritten) and fact.sequence >= batch.next_sequence:
                batch.next_sequence = fact.sequence + 1
                self._add(batch, fact, gone=(run_id, fact.sequence) in missing or fact.ends_at < oldest)
        return batch

    def _add(self, batch: _Batch, fact: FragmentWritten, *, gone: bool) -> None:
        row = None if gone else batch.filling.add(fact)
        if row is None:
            batch.left_out += 1
        else:
            batch.heads.setdefault(fact.segment_id, fact)
            batch.open_segment = fact.segment_id
            batch.wanted[fact.run_id, fact.sequence] = (batch.spool_url, _wanted(fact, batch.filling.rows[fact.segment_id][0]))
        if fact.segment_ends and batch.open_segment == fact.segment_id:
            batch.complete.append((fact.segment_id, fact.starts_at))
            batch.open_segment = None

    async def _around(self, session: AsyncSession, camera_id: str, fragments: Sequence[FragmentWritten]) -> _Batch:
        """Gaps and rows that the fragments may touch."""
        if not fragments:
            return _Batch(Filling((), (), self._new_id), {})
        values: dict[str, Any] = {
            "camera_id": camera_id,
            "starts_at": min(fact.starts_at for fact in fragments),
            "ends_at": max(fact.ends_at for fact in fragments),
        }
        found = await session.execute(_GAPS, values)
        gaps = [Gap(gap.gap_id, GapCause(gap.cause), gap.detail, gap.starts_at, gap.ends_at) for gap in found]
        segment_ids = sorted({fact.segment_id for fact in fragments})
        found = await session.execute(_ROWS, values | {"segment_ids": segment_ids})
        rows = [FilledRow(row.segment_id, row.part, row.starts_at, row.ends_at, is_new=False) for row in found]
        return _Batch(Filling(gaps, rows, self._new_id), {gap.gap_id: gap for gap in gaps})

    async def _oldest(self, session: AsyncSession, camera_id: str) -> datetime:
        """What ended before this would be deleted at once."""
        days = (await session.execute(_KEEP_DAYS, {"camera_id": camera_id})).scalar_one_or_none()
        return self._clock.now() - timedelta(days=DEFAULT_KEEP_DAYS if days is None else days)

    async def _write(self, session: AsyncSession, run_id: str, camera_id: str, batch: _Batch) -> None:
        facts = await self._write_gaps(session, camera_id, batch)
        for segment_id, rows in batch.filling.rows.items():
            for row in rows:
                if row.added:
                    await self._write_row(session, run_id, camera_id, row, batch.heads[segment_id], rows[0])
        complete = list(batch.complete)
        if batch.ended is not None and batch.open_segment is not None:
            complete.append((batch.open_segment, batch.ended.ended_at))
            batch.open_segment = None
        for segment_id, around in complete:
            values = {"segment_id": segment_id, "camera_id": camera_id, "around": around}
            whole = (await session.execute(_WHOLE, values)).one_or_none()
            if whole is not None:
                facts.append(
                    SegmentStored(
                        camera_id=camera_id,
                        segment_id=segment_id,
                        run_id=run_id,
                        starts_at=whole.starts_at,
                        ends_at=whole.ends_at,
                        fragments=whole.fragments,
                        size_bytes=whole.size_bytes,
                    )
                )
        values = {"run_id": run_id, "next_sequence": batch.next_sequence, "open_segment": batch.open_segment}
        await session.execute(_MOVE_RUN, values)
        if batch.ended is not None:
            ended = {"ended_at": batch.ended.ended_at, "cause": batch.ended.cause.value, "detail": batch.ended.detail}
            await session.execute(_END_RUN, ended | {"run_id": run_id})
        await publish(session, *facts, source=SOURCE)

    async def _write_gaps(self, session: AsyncSession, camera_id: str, batch: _Batch) -> list[Fact]:
        before, after = batch.before, batch.filling.gaps
        changed = [gap for gap_id, gap in after.items() if gap_id in before and gap != before[gap_id]]
        new = [gap for gap_id, gap in after.items() if gap_id not in before]
        gone = [gap for gap_id, gap in before.items() if gap_id not in after]
        if not changed and not gone:
            return []
        if gone:
            await session.execute(_DELETE_GAPS, {"gap_ids": [gap.gap_id for gap in gone]})
        for gap in changed:
            await session.execute(_MOVE_GAP, {"gap_id": gap.gap_id, "starts_at": gap.starts_at, "ends_at": gap.ends_at})
        for gap in new:
            await session.execute(
                _INSERT_GAP,
                {
                    "gap_id": gap.gap_id,
                    "camera_id": camera_id,
                    "cause": gap.cause.value,
                    "detail": gap.detail,
                    "starts_at": gap.starts_at,
                    "ends_at": gap.ends_at,
                },
            )
        await session.execute(_TOUCH_STORY, {"camera_id": camera_id})
        return _told(camera_id, before, gone, sorted([*changed, *new], key=lambda gap: gap.starts_at))

    async def _write_row(
        self, session: AsyncSession, run_id: str, camera_id: str, row: FilledRow, head: FragmentWritten, first: FilledRow
    ) -> None:
        values: dict[str, Any] = {
            "segment_id": row.segment_id,
            "part": row.part,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "fragment_count": len(row.added),
            "footage_bytes": sum(fragment.size_bytes for fragment in row.added),
            "size_bytes": max(fragment.end_bytes for fragment in row.added),
            "fragments": pack(row.added) if row.is_new else pack_further(row.added, after=None),
        }
        if not row.is_new:
            await session.execute(_APPEND_ROW, values)
            return
        values |= {
            "camera_id": camera_id,
            "run_id": run_id,
            "path": archive_path(camera_id, row.segment_id, first.starts_at),
            "init_size_bytes": head.init_size_bytes,
            "init_sha256": bytes.fromhex(head.init_sha256),
        }
        await session.execute(_INSERT_ROW, values)


def _told(camera_id: str, before: Mapping[str, Gap], gone: list[Gap], left: list[Gap]) -> list[Fact]:
    """The gaps' changes: a filled one is closed where it began, the rest of one is told anew."""
    facts: list[Fact] = [_closed(camera_id, gap, gap.starts_at) for gap in gone]
    for gap in left:
        old = before.get(gap.gap_id)
        if old is None or old.starts_at != gap.starts_at:
            facts.append(
                GapOpened(camera_id=camera_id, gap_id=gap.gap_id, cause=gap.cause, detail=gap.detail, starts_at=gap.starts_at)
            )
        if gap.ends_at is not None:
            facts.append(_closed(camera_id, gap, gap.ends_at))
    return facts


def _closed(camera_id: str, gap: Gap, ends_at: datetime) -> GapClosed:
    return GapClosed(camera_id=camera_id, gap_id=gap.gap_id, cause=gap.cause, starts_at=gap.starts_at, ends_at=ends_at)


def _run_values(fact: RunStarted) -> dict[str, Any]:
    names = ("run_id", "camera_id", "epoch", "ingest_id", "stream", "spool_url", "codec", "width", "height", "timescale")
    return {"started_at": fact.started_at} | {name: getattr(fact, name) for name in names}


def _wanted(fact: FragmentWritten, first: FilledRow) -> Wanted:
    return Wanted(
        run_id=fact.run_id,
        sequence=fact.sequence,
        spool_path=fact.segment_path,
        archive_path=archive_path(fact.camera_id, fact.segment_id, first.starts_at),
        init_size_bytes=fact.init_size_bytes,
        init_sha256=fact.init_sha256,
        offset_bytes=fact.offset_bytes,
        size_bytes=fact.size_bytes,
        sha256=fact.sha256,
    )
