"""Gathers what waits for a resident's hour into one message per contact; only what is still valid and newest."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Severity
from hejnal_notifier import metrics
from hejnal_notifier.sending.marks import TOUCH
from hejnal_notifier.severity import priority
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

LOOK_S = 20.0
MOST_CONTACTS = 2000

# two replicas must not gather the same contact into two digests
_ALONE = text("select pg_try_advisory_xact_lock(hashtext('hejnal digests'))")
_WHO = text(
    "select resident_id, contact_id from deliveries where state = 'held' and digest_id is null and not_before <= :now "
    "group by resident_id, contact_id order by min(not_before), resident_id, contact_id limit :limit"
)
_END = text(
    """
    update deliveries d set changed_at = :now,
        state = case when d.expires_at <= :now then 'expired' else 'cancelled' end,
        cause = case when d.expires_at <= :now then 'too_late' when c.contact_id is null or c.failed_at is not null
            then 'contact_gone' else 'superseded' end
    from deliveries h join versions v using (version_id) join announcements a using (announcement_id)
        left join contacts c on c.resident_id = h.resident_id and c.contact_id = h.contact_id
    where d.delivery_id = h.delivery_id and h.state = 'held' and h.digest_id is null and h.not_before <= :now
        and (h.expires_at <= :now or v.version < a.newest_version or c.contact_id is null or c.failed_at is not null)
    returning d.version_id
    """
)
_ITEMS = text(
    """
    select d.delivery_id, d.version_id, d.resident_id, d.contact_id, d.channel, d.expires_at
    from deliveries d join unnest(cast(:residents as text[]), cast(:contacts as text[])) as w(resident_id, contact_id)
        on w.resident_id = d.resident_id and w.contact_id = d.contact_id
    where d.state = 'held' and d.digest_id is null and d.not_before <= :now order by d.delivery_id for update of d
    """
)
_DIGEST = text(
    """
    insert into deliveries (delivery_id, resident_id, contact_id, channel, priority, state, not_before, expires_at, digest,
        created_at, changed_at)
    values (:delivery_id, :resident_id, :contact_id, :channel, :priority, 'queued', :now, :expires_at, true, :now, :now)
    """
)
_GATHERED = text("update deliveries set digest_id = :digest_id, changed_at = :now where delivery_id = any(:items)")


class DigestGatherer:
    """The loop from held deliveries to digests in the queue. `on_gathered` wakes the senders."""

    def __init__(self, database: Database, clock: Clock, on_gathered: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._on_gathered = on_gathered

    async def run(self) -> None:
        """Gather for ever; a database that is away is tried again."""

        async def work() -> bool:
            return await self.gather() == MOST_CONTACTS

        await PeriodicLoop("digests_interrupted", work, every_s=LOOK_S, longest_s=60).run()

    async def gather(self) -> int:
        """One look; how many contacts had something due."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            if not (await session.execute(_ALONE)).scalar_one():
                return 0
            who = (await session.execute(_WHO, {"now": now, "limit": MOST_CONTACTS})).all()
            if not who:
                return 0
            touched = {row.version_id for row in await session.execute(_END, {"now": now})}
            columns = {"residents": [row.resident_id for row in who], "contacts": [row.contact_id for row in who]}
            found: dict[tuple[str, str], list[Any]] = {}
            for row in await session.execute(_ITEMS, {**columns, "now": now}):
                found.setdefault((row.resident_id, row.contact_id), []).append(row)
            for items in found.values():
                await self._put_together(session, items, now)
            if touched:
                await session.execute(TOUCH, {"versions": sorted(touched)})
        metrics.DIGESTS.inc(len(found))
        if found:
            self._on_gathered()
        return len(who)

    async def _put_together(self, session: AsyncSession, items: list[Any], now: datetime) -> None:
        names = b"".join(row.delivery_id.bytes for row in items)
        digest_id = UUID(bytes=hashlib.sha256(b"digest" + names).digest()[:16])
        first = items[0]
        row = {"resident_id": first.resident_id, "contact_id": first.contact_id, "channel": first.channel}
        row |= {"priority": priority(Severity.INFO), "expires_at": max(one.expires_at for one in items)}
        await session.execute(_DIGEST, {**row, "delivery_id": digest_id, "now": now})
        await session.execute(_GATHERED, {"digest_id": digest_id, "now": now, "items": [one.delivery_id for one in items]})
