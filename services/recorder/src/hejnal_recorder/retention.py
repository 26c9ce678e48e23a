"""Deleting footage in time: by age per camera, never later than the legal ceiling."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_contracts.recordings import SegmentDeleted
from hejnal_recorder import metrics
from hejnal_recorder.takeover.archive import Archive
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import is_transient
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

log = structlog.get_logger()

CEILING_DAYS = 90
"""Art. 9a of the act on municipal government: at most 3 months, whatever a setting says."""
BATCH = 200
SOURCE = "recorder"
DETAIL = "Deleted when its time was over"

# A file goes when all its rows are too old and none is open.
_TOO_OLD = text(
    """
    select s.segment_id
    from segments s left join cameras c using (camera_id)
    where s.state = 'stored' and s.ends_at < cast(:now as timestamptz) - interval '1 day'
    group by s.segment_id, s.camera_id, c.keep_days
    having max(s.ends_at) < cast(:now as timestamptz)
            - make_interval(days => least(coalesce(c.keep_days, cast(:default_days as integer)), cast(:ceiling as integer)))
        and not exists (
            select 1 from segments o where o.segment_id = s.segment_id
                and (o.state <> 'stored' or o.ends_at > max(s.ends_at)))
    order by max(s.ends_at) limit :batch
    """
)
_CONDEMN = text(
    """
    update segments set state = 'garbage' where segment_id = any(cast(:segment_ids as text[])) and state = 'stored'
    returning camera_id, starts_at, ends_at
    """
)
_EXTEND_GAP = text(
    "update gaps set ends_at = :ends_at where camera_id = :camera_id and cause = 'retention' and ends_at = :starts_at "
    "returning gap_id"
)
_INSERT_GAP = text(
    """
    insert into gaps (gap_id, camera_id, cause, detail, starts_at, ends_at)
    values (:gap_id, :camera_id, :cause, :detail, :starts_at, :ends_at)
    """
)
_GARBAGE = text(
    """
    select segment_id, min(camera_id) as camera_id, min(path) as path, min(starts_at) as starts_at, max(ends_at) as ends_at
    from segments where state = 'garbage' group by segment_id order by min(starts_at) limit :batch
    """
)
_FORGET = text(
    "delete from segments where segment_id = any(cast(:segment_ids as text[])) and state = 'garbage' returning segment_id"
)


@dataclass(frozen=True, slots=True)
class _Condemned:
    segment_id: str
    camera_id: str
    path: str
    starts_at: datetime
    ends_at: datetime


class Retention:
    """Row to `garbage` with a `retention` gap in its place, file unlinked and folder synced, row gone with `segment.deleted`.

    A crash in between leaves garbage rows, which the next round finishes.
    """

    def __init__(self, database: Database, archive: Archive, clock: Clock, *, default_keep_days: int, interval_s: float) -> None:
        self._database = database
        self._archive = archive
        self._clock = clock
        self._default_keep_days = default_keep_days
        self._interval_s = interval_s

    async def run(self) -> None:
        """Look for what is too old, for ever; trouble is logged and tried again at the next round."""
        while True:
            pause_s = self._interval_s
            try:
                if await self.round() == BATCH:  # there is more
                    pause_s = 0.1
                metrics.ARCHIVE_FREE_BYTES.set(await asyncio.to_thread(self._archive.free_bytes))
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("retention_interrupted", error=repr(error))
            await asyncio.sleep(pause_s)

    async def round(self) -> int:
        """Delete up to a batch of segments; gives how many."""
        await self._condemn()
        async with self._database.read() as session:
            rows = (await session.execute(_GARBAGE, {"batch": BATCH})).all()
        condemned = [_Condemned(row.segment_id, row.camera_id, row.path, row.starts_at, row.ends_at) for row in rows]
        if not condemned:
            return 0
        await asyncio.to_thread(self._unlink, condemned)
        deleted_at = self._clock.now()
        async with self._database.transaction() as session:
            gone = set((await session.execute(_FORGET, {"segment_ids": [one.segment_id for one in condemned]})).scalars())
            facts = [_deleted(one, deleted_at) for one in condemned if one.segment_id in gone]  # another replica may be at it too
            await publish(session, *facts, source=SOURCE)
        metrics.SEGMENTS_DELETED.labels("age").inc(len(facts))
        log.info("segments_deleted", count=len(facts), reason="age")
        return len(condemned)

    async def _condemn(self) -> None:
        values = {
            "now": self._clock.now(),
            "default_days": self._default_keep_days,
            "ceiling": CEILING_DAYS,
            "batch": BATCH,
        }
        async with self._database.transaction() as session:
            old = list((await session.execute(_TOO_OLD, values)).scalars())
            if not old:
                return
            parts = (await session.execute(_CONDEMN, {"segment_ids": old})).all()
            for part in sorted(parts, key=lambda part: part.starts_at):
                if part.ends_at > part.starts_at:
                    await _leave_gap(session, part.camera_id, part.starts_at, part.ends_at)

    def _unlink(self, condemned: list[_Condemned]) -> None:
        for one in condemned:
            self._archive.unlink(one.path)


def _deleted(one: _Condemned, deleted_at: datetime) -> SegmentDeleted:
    return SegmentDeleted(
        camera_id=one.camera_id,
        segment_id=one.segment_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        reason="age",
        deleted_at=deleted_at,
    )


async def _leave_gap(session: AsyncSession, camera_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """The deleted time becomes a gap, one with the deleted time right before it."""
    values = {"camera_id": camera_id, "starts_at": starts_at, "ends_at": ends_at}
    result = await session.execute(_EXTEND_GAP, values)
    if result.first() is None:
        new = {"gap_id": new_id(), "cause": GapCause.RETENTION.value, "detail": DETAIL}
        await session.execute(_INSERT_GAP, values | new)
