"""The loop that deletes in time, makes room, ends expired holds and keeps the index's days."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import structlog
from sqlalchemy import text

from hejnal_recorder import metrics
from hejnal_recorder.days import SegmentDays
from hejnal_recorder.holds.store import end_expired
from hejnal_recorder.marks.events import forget_events
from hejnal_recorder.retention import privacy
from hejnal_recorder.retention.candidates import PER_CAMERA, for_room, over_share, too_old
from hejnal_recorder.retention.deletion import FINISH_BATCH, Candidates, Reason, condemn, finish
from hejnal_recorder.retention.pressure import (
    GIVES_WAY,
    KEPT_AT_LEAST,
    Admission,
    Disk,
    Lasting,
    Level,
    Lingering,
    bytes_to_free,
    level_of,
)
from hejnal_recorder.retention.steady import SteadyClock
from hejnal_recorder.retention.storage import read_forecast
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, is_transient

log = structlog.get_logger()

MEASURE_S = 5.0
FORECAST_EVERY_S = 600.0
FORECAST_MOVED = 0.02
"""Share of the disk: whoever made that much room, or filled it, wants to know at once what it means."""

_PRIORITIES = text("select camera_id, priority from cameras")
_HELD_CAMERAS = text(
    """
    select distinct c.camera_id from hold_cameras c join holds h using (hold_id)
    where h.state = 'active' and h.ends_at > :now
    """
)


class Retention:
    """Looks every `interval_s`; while the disk is short, every few seconds. Trouble is logged and tried again."""

    def __init__(
        self,
        database: Database,
        archive: Archive,
        clock: Clock,
        admission: Admission,
        *,
        default_keep_days: int,
        ceiling_days: int,
        interval_s: float,
        open_store: Callable[[], Awaitable[ObjectStore | None]] | None = None,
        local_days: float | None = None,
    ) -> None:
        self._open_store = open_store
        self._local_days = local_days
        self._database = database
        self._archive = archive
        self._clock = clock
        self._steady = SteadyClock(clock)
        self._admission = admission
        self._default_keep_days = default_keep_days
        self._ceiling_days = ceiling_days
        self._interval_s = interval_s
        self._days = SegmentDays(database)
        self._forecast_at: float | None = None
        self._forecast_free_bytes = 0
        self._lasting = Lasting()
        self._lingering = Lingering()
        self.level = Level.FINE
        """How short the room is now."""

    async def run(self) -> None:
        """For ever."""
        round_at = self._clock.monotonic()
        while True:
            try:
                await self.measure()
                if self.level is not Level.FINE or self._clock.monotonic() >= round_at:
                    more = await self.round()
                    round_at = self._clock.monotonic() + (0.1 if more else self._interval_s)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("retention_interrupted", error=repr(error))
                round_at = self._clock.monotonic() + self._interval_s
            await asyncio.sleep(min(MEASURE_S, max(0.1, round_at - self._clock.monotonic())))

    async def measure(self) -> Disk:
        """How full the disk is; decides whose recording is taken over from now on."""
        disk = await asyncio.to_thread(self._archive.disk)
        metrics.ARCHIVE_FREE_BYTES.set(disk.free_bytes)
        level = level_of(disk, self.level)
        if level is not self.level:
            log.warning("disk_pressure", level=level.name.lower(), used_percent=round(disk.used_share * 100, 1))
        if level >= Level.VERY_SHORT:
            async with self._database.read() as session:
                self._admission.priorities = {row.camera_id: row.priority for row in await session.execute(_PRIORITIES)}
                held = (await session.execute(_HELD_CAMERAS, {"now": self._clock.now()})).scalars()
                self._admission.held = frozenset(held)
        self.level = level
        self._admission.level = self._lasting.lasted(level, self._clock.monotonic())
        metrics.DISK_LEVEL.set(int(level))
        return disk

    async def round(self) -> bool:
        """One look at everything; True when there is more to delete at once."""
        now = self._steady.now()
        async with self._database.transaction() as session:
            for hold in await end_expired(session, now=now):
                log.info("hold_expired", hold_id=hold.hold_id)
        async with self._database.read() as session:
            old = await too_old(session, now, default_days=self._default_keep_days, ceiling_days=self._ceiling_days)
        await self._condemn(old, "age")
        more = any(len(one.segment_ids) >= PER_CAMERA for one in old)
        more = await privacy.carry_out(self._database, now) or more
        disk = await asyncio.to_thread(self._archive.disk)
        async with self._database.read() as session:
            excess = await over_share(session, now, disk.total_bytes)
        await self._condemn(excess, "space")
        await self._make_room(disk)
        more = await self._finish() >= FINISH_BATCH or more
        await self._days.keep_up(now)
        await forget_events(self._database, now)
        await self._tell_forecast(disk)
        return more

    async def _make_room(self, disk: Disk) -> None:
        """Delete the oldest of who gives way first, until enough is condemned or nothing is left that may go."""
        level = self.level
        wanted = bytes_to_free(disk, level) - self._lingering.size_bytes(self._clock.monotonic())
        now = self._steady.now()
        for priority in GIVES_WAY[level]:
            kept = KEPT_AT_LEAST[level] if priority == "high" or level is Level.FULL else timedelta(days=1)
            while wanted > 0:
                async with self._database.read() as session:
                    candidates = await for_room(session, priority, wanted, before=now - kept)
                freed = await self._condemn(candidates, "space")
                if not freed:
                    break
                wanted -= freed
                await self._finish()
        if wanted > 0:
            log.warning("no_room_to_make", missing_bytes=wanted, level=level.name.lower())

    async def _finish(self) -> int:
        store = None
        if self._open_store is not None:
            try:
                store = await self._open_store()
            except AppError as error:  # what lies there waits
                log.warning("store_not_usable", error=error.detail)
        done = await finish(self._database, self._archive, self._clock.now(), store)
        self._lingering.add(done.lingering_bytes, self._clock.monotonic())
        return done.files

    async def _condemn(self, all_candidates: Iterable[Candidates], reason: Reason) -> int:
        """Gives the bytes that were condemned."""
        size_bytes = 0
        for candidates in all_candidates:
            async with self._database.transaction() as session:
                size_bytes += (await condemn(session, candidates, reason)).size_bytes
        return size_bytes

    async def _tell_forecast(self, disk: Disk) -> None:
        now = self._clock.monotonic()
        moved = abs(disk.free_bytes - self._forecast_free_bytes) > disk.total_bytes * FORECAST_MOVED
        if self._forecast_at is not None and now < self._forecast_at and not moved:
            return
        self._forecast_at = now + FORECAST_EVERY_S
        self._forecast_free_bytes = disk.free_bytes
        async with self._database.read() as session:
            told = await read_forecast(
                session, disk, self._clock.now(), default_days=self._default_keep_days, local_days=self._local_days
            )
        metrics.DAYS_UNTIL_FULL.set(float("inf") if told.days_until_full is None else told.days_until_full)
        metrics.GROWTH_BYTES_PER_DAY.set(told.growth_bytes_per_day)
