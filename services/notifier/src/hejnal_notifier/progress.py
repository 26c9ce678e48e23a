"""Tells the deliveries topic how each version fares: on change, at most once a second per version, and a last time."""

import asyncio
import contextlib
import random
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import DeliveryProgressed
from hejnal_notifier import metrics
from hejnal_notifier.counts import PaceSeconds, counts_of, paces_of
from hejnal_notifier.sending.contact_failures import SOURCE
from hejnal_notifier.sending.queue import DeliveryQueue, Due
from hejnal_notifier.sending.spending import spent_in_month
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import is_transient
from hejnal_runtime.outbox import publish
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

LOOK_S = 0.25
"""Between two looks while something changes."""
REST_S = 30.0
"""Between two looks while nobody wakes us."""
MEASURE_EVERY_S = 15.0
KNOWN_VERSIONS = 100

_DUE = text(
    "select p.version_id, p.changes, v.announcement_id, v.version from progress p join versions v using (version_id) "
    "where p.changes > p.reported_changes and (p.reported_at is null or p.reported_at <= :not_since) "
    "order by p.version_id limit 1 for update of p skip locked"
)
_UNFINISHED = text(
    "select exists (select from deliveries where version_id = :version_id and state in ('held', 'queued', 'sending'))"
)
_WAITING = text("select exists (select from progress where changes > reported_changes)")
_REPORTED = text("update progress set reported_changes = :changes, reported_at = :now where version_id = :version_id")


class ProgressReporter:
    """The loop from changed deliveries to progress facts."""

    def __init__(self, database: Database, clock: Clock, queue: DeliveryQueue, *, interval: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._queue = queue
        self._interval = interval
        self._wake = asyncio.Event()
        self._known_paces: dict[int, tuple[float, dict[str, PaceSeconds]]] = {}

    def wake(self) -> None:
        """Something has changed."""
        self._wake.set()

    async def run(self) -> None:
        """Report for ever; a database that is away is tried again."""
        failures, measure_at = 0, 0.0
        while True:
            try:
                self._wake.clear()
                while await self.report_one():
                    pass
                if self._clock.monotonic() >= measure_at:
                    await self._measure()
                    measure_at = self._clock.monotonic() + MEASURE_EVERY_S
                failures = 0
                if await self._waits():
                    await asyncio.sleep(LOOK_S)
                else:
                    with contextlib.suppress(TimeoutError):
                        await wait_for(self._wake.wait(), min(REST_S, measure_at - self._clock.monotonic()))
            except Exception as error:
                if not is_transient(error):
                    raise
                failures += 1
                log.warning("progress_interrupted", error=repr(error))
                await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def _waits(self) -> bool:
        """Whether a version has news that it is too early to tell."""
        async with self._database.read() as session:
            return bool((await session.execute(_WAITING)).scalar_one())

    async def report_one(self) -> bool:
        """Tell the news of one version; False when none has any that may be told now."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            due = (await session.execute(_DUE, {"not_since": now - self._interval})).first()
            if due is None:
                return False
            counts = await counts_of(session, due.version_id, await self._paces(session, due.version_id))
            fact = DeliveryProgressed(
                announcement_id=due.announcement_id,
                version=due.version,
                counts=counts,
                finished=not any(one.queued for one in counts),
                at=now,
            )
            await publish(session, fact, source=SOURCE)
            await session.execute(_REPORTED, {"version_id": due.version_id, "changes": due.changes, "now": now})
        return True

    async def _paces(self, session: AsyncSession, version_id: int) -> dict[str, PaceSeconds]:
        """Sorting a hundred thousand rows every second is more than a figure is worth: at least 20 times as long as it took."""
        known = self._known_paces.get(version_id)
        started = self._clock.monotonic()
        if known is not None and started < known[0] and await self._unfinished(session, version_id):
            return known[1]
        paces = await paces_of(session, version_id)
        ended = self._clock.monotonic()
        self._known_paces[version_id] = ended + 20 * (ended - started), paces
        while len(self._known_paces) > KNOWN_VERSIONS:
            self._known_paces.pop(next(iter(self._known_paces)))
        return paces

    async def _unfinished(self, session: AsyncSession, version_id: int) -> bool:
        return bool((await session.execute(_UNFINISHED, {"version_id": version_id})).scalar_one())

    async def _measure(self) -> None:
        due = await self._queue.due()
        for channel in Channel:
            waiting = due.get(channel.value, Due())
            metrics.QUEUED.labels(channel.value).set(waiting.deliveries)
            metrics.OLDEST_DUE_S.labels(channel.value).set(waiting.oldest_s)
        async with self._database.read() as session:
            metrics.SMS_SPENT_ZL.set(await spent_in_month(session, self._clock.now()) / 100)
