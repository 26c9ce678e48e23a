"""How many browsers hang on each VAPID key, and the end of those whose key was withdrawn."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import text

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed
from hejnal_notifier import metrics
from hejnal_notifier.channels.vapid_ring import KeyState, Ring, RingKey, VapidRing
from hejnal_notifier.sending.contact_failures import SOURCE
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import publish
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
"""How soon a change of the file is noticed where nothing is being sent."""
COUNT_EVERY_S = 300.0
ROWS_AT_ONCE = 500
NO_ANNOUNCEMENT = "-"

_COUNT = text(
    "select push_server_key, count(*) as browsers from contacts where channel = 'push' and failed_at is null group by 1"
)
_END = text(
    """
    update contacts c set failed_at = :now, failed_reason = 'key_withdrawn'
    from (
        select resident_id, contact_id from contacts
        where channel = 'push' and failed_at is null
            and (push_server_key = any(:withdrawn) or (:untold and push_server_key is null))
        order by resident_id, contact_id limit :rows for update skip locked) ended
    where c.resident_id = ended.resident_id and c.contact_id = ended.contact_id
    returning c.resident_id, c.contact_id, c.verified_at
    """
)
_HURRY = text(
    "update deliveries set not_before = :now where state = 'queued' and channel = 'push' and not_before > :now "
    "and cause = 'push_key_missing'"
)


@dataclass(frozen=True, slots=True)
class KeyCount:
    """A key and the browsers that get push by it."""

    key: RingKey
    browsers: int


async def count_by_key(database: Database, ring: Ring) -> list[KeyCount]:
    """Every key of the ring, and those that subscriptions name and it does not know, oldest first."""
    async with database.read() as session:
        rows = (await session.execute(_COUNT)).all()
    browsers: dict[RingKey, int] = dict.fromkeys(ring.keys, 0)
    for row in rows:
        key = ring.find(row.push_server_key)
        browsers[key] = browsers.get(key, 0) + row.browsers
    return [KeyCount(key, count) for key, count in browsers.items()]


class PushSubscriptions:
    """Counts browsers by key, and ends subscriptions of withdrawn keys as soon as the file says so."""

    def __init__(self, database: Database, clock: Clock, ring: VapidRing, on_change: Callable[[], None]) -> None:
        """`on_change` is called when other keys can sign than before: what waited for one may go."""
        self._database = database
        self._clock = clock
        self._ring = ring
        self._on_change = on_change
        self._settled: Ring | None = None
        self._count_at = 0.0
        self._told: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look for ever; a database that is away is asked again at the next look."""
        await PeriodicLoop("push_subscriptions_not_looked_after", self.once, every_s=LOOK_EVERY_S, longest_s=60.0).run()

    async def once(self) -> None:
        """Act on what has changed in the file, and count when it is time."""
        ring = self._ring.read()
        if ring is not self._settled:
            await self._end_withdrawn(ring)
            await self._release()
            self._settled = ring
            self._count_at = 0.0
        if self._clock.monotonic() >= self._count_at:
            await self._end_withdrawn(ring)  # what an old state or a late message has brought since
            await self._count(ring)
            self._count_at = self._clock.monotonic() + COUNT_EVERY_S

    async def _end_withdrawn(self, ring: Ring) -> None:
        untold = ring.oldest.state is KeyState.WITHDRAWN
        if not ring.withdrawn:
            return
        ended = 0
        while True:
            now = self._clock.now()
            parameters = {"now": now, "withdrawn": ring.withdrawn, "untold": untold, "rows": ROWS_AT_ONCE}
            async with self._database.transaction() as session:
                rows = (await session.execute(_END, parameters)).all()
                for row in rows:
                    fact = ContactFailed(
                        announcement_id=NO_ANNOUNCEMENT,
                        resident_id=row.resident_id,
                        contact_id=row.contact_id,
                        channel=Channel.PUSH,
                        reason="key_withdrawn",
                        at=now,
                        verified_at=row.verified_at,
                    )
                    await publish(session, fact, source=SOURCE)
            ended += len(rows)
            metrics.CONTACTS_FAILED.labels(Channel.PUSH.value, "key_withdrawn").inc(len(rows))
            if len(rows) < ROWS_AT_ONCE:
                break
        if ended:
            log.info("push_subscriptions_ended", cause="key_withdrawn", browsers=ended)

    async def _release(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(_HURRY, {"now": self._clock.now()})
        self._on_change()

    async def _count(self, ring: Ring) -> None:
        counts = await count_by_key(self._database, ring)
        told = {(one.key.key_id, one.key.state.value) for one in counts}
        for labels in self._told - told:
            metrics.PUSH_SUBSCRIPTIONS.remove(*labels)
        for one in counts:
            metrics.PUSH_SUBSCRIPTIONS.labels(one.key.key_id, one.key.state.value).set(one.browsers)
            if one.key.state is KeyState.MISSING:
                log.error("push_key_missing", key=one.key.key_id, browsers=one.browsers)
        self._told = told
