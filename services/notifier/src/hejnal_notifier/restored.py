"""What a restore from a backup left in doubt, and a person's decision about it (decision 0016).

The queue of a restored database is older than the world: what it calls waiting may have been sent. None of it goes out by itself.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from hejnal_notifier.delivery import Event, State, allowed_from, target
from hejnal_notifier.resources import SCHEMA
from hejnal_notifier.sending.marks import TOUCH, WAKE
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database

_WAITING = text(
    """
    select v.announcement_id, v.version, coalesce(v.texts -> 'pl' ->> 'title', '') as title, d.channel,
        count(*) filter (where d.expires_at > :now and v.version = a.newest_version) as can_be_sent, count(*) as deliveries,
        max(d.expires_at) as expires_at
    from deliveries d join versions v using (version_id) join announcements a using (announcement_id)
    where d.state = 'unknown' and d.cause = 'restored' group by 1, 2, 3, 4 order by 1, 2, 4
    """
)
# Who waited for a digest gets each message by itself now: the digest's hour has passed.
_SEND = text(
    """
    update deliveries d
    set state = :queued, cause = null, not_before = greatest(d.not_before, :now), attempts = 0, changed_at = :now
    from versions v join announcements a using (announcement_id)
    where v.version_id = d.version_id and v.announcement_id = :announcement_id and v.version = a.newest_version
        and d.state = any(:may_queue) and d.cause = 'restored' and d.expires_at > :now
    returning d.version_id
    """
)
_LEAVE = text(
    """
    update deliveries d set state = :expired, changed_at = :now from versions v
    where v.version_id = d.version_id and v.announcement_id = :announcement_id and d.state = any(:may_end)
        and d.state = :unknown and d.cause = 'restored'
    returning d.version_id
    """
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Deliveries of one version on one channel that may have been sent before the restore."""

    announcement_id: str
    version: int
    title: str
    channel: str
    deliveries: int
    can_be_sent: int
    """Those still valid, of the newest version."""
    expires_at: datetime


class RestoredDeliveries:
    """Looks at the doubts and settles them, announcement by announcement."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def waiting(self) -> list[Doubt]:
        """What waits for a decision."""
        async with self._database.read() as session:
            rows = await session.execute(_WAITING, {"now": self._clock.now()})
            return [Doubt(**row) for row in rows.mappings()]

    async def send(self, announcement_id: str) -> int:
        """Send what is still valid, knowing that some may get it twice; older versions and what is over end. How many go out."""
        async with self._database.transaction() as session:
            guard = {"queued": target(Event.REQUEUED).value, "may_queue": allowed_from(Event.REQUEUED)}
            parameters = {"announcement_id": announcement_id, "now": self._clock.now()}
            sent = list((await session.execute(_SEND, parameters | guard)).scalars())
            left = await self._end(session, parameters)
            await session.execute(TOUCH, {"versions": sorted({*sent, *left})})
            await session.execute(WAKE)
        return len(sent)

    async def leave(self, announcement_id: str) -> int:
        """Send nothing of it: they end as expired, with the cause `restored`. How many."""
        async with self._database.transaction() as session:
            left = await self._end(session, {"announcement_id": announcement_id, "now": self._clock.now()})
            await session.execute(TOUCH, {"versions": sorted(set(left))})
        return len(left)

    async def _end(self, session: Any, parameters: dict[str, Any]) -> list[int]:
        guard = {"expired": target(Event.OUTDATED).value, "may_end": allowed_from(Event.OUTDATED), "unknown": State.UNKNOWN.value}
        return list((await session.execute(_LEAVE, parameters | guard)).scalars())


def run_restored(database_url: str, act: str, announcement_id: str | None) -> int:
    """The command `restored`; 1 when the announcement has nothing in doubt."""

    async def work() -> int:
        database = Database(database_url, schema=SCHEMA)
        try:
            deliveries = RestoredDeliveries(database, SystemClock())
            if announcement_id is None:
                for doubt in await deliveries.waiting():
                    sys.stdout.write(json.dumps(asdict(doubt), ensure_ascii=False, default=str) + "\n")
                return 0
            done = await (deliveries.send if act == "send" else deliveries.leave)(announcement_id)
            sys.stdout.write(json.dumps({"announcement_id": announcement_id, act: done}) + "\n")
            return 0 if done else 1
        finally:
            await database.close()

    return asyncio.run(work())
