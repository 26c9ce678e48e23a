"""Delivery receipts: kept as they come, applied through the state machine; early, twice, late and unknown ones do no harm."""

import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.channels.sms.news import Receipt
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.marks import apply_meaning
from hejnal_notifier.sending.parts import mark_part, settled
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()


_KEEP = text(
    "insert into receipts (channel, delivery_id, provider_id, meaning, raw, received_at) "
    "values (:channel, :delivery_id, :provider_id, :meaning, cast(:raw as jsonb), :now)"
)
_KEEP_OF_PROVIDER = text(
    "insert into receipts (channel, delivery_id, provider, provider_id, number, meaning, raw, received_at) "
    "values ('sms', :delivery_id, :provider, :provider_id, :number, :meaning, cast(:raw as jsonb), :now)"
)
# A receipt whose id we never learnt, because the answer that named it did not come: it belongs to the one delivery to that
# number that this provider left in doubt. With two of them the reference decides that SMSCs may quote from the submission
# (user_message_reference); where it is not told, nobody can say which.
_STRAY = text(
    """
    with found as (
        select r.receipt_id, r.meaning, r.raw, d.delivery_id, count(*) over (partition by r.receipt_id) as candidates
        from receipts r
        join contacts c on c.channel = 'sms' and c.address = r.number
        join deliveries d on d.resident_id = c.resident_id and d.contact_id = c.contact_id and d.channel = 'sms'
            and d.provider = r.provider and d.state = 'unknown' and d.created_at <= r.received_at
            and (r.raw ->> 'reference' is null or r.raw ->> 'reference' = right(cast(d.delivery_id as text), 4))
        where r.delivery_id is null and r.meaning in ('delivered', 'failed')
            and r.received_at > :oldest and r.received_at < :newest)
    update receipts r set delivery_id = found.delivery_id from found
    where r.receipt_id = found.receipt_id and found.candidates = 1
    returning r.delivery_id, r.meaning, r.provider_id
    """
)
STRAY_AFTER = timedelta(seconds=60)
"""By then the answer to a submission is noted: a receipt that is still nobody's is a stray one."""
STRAY_FOR = timedelta(days=3)
SETTLE_EVERY_S = 20.0


async def apply_receipt(
    session: AsyncSession,
    clock: Clock,
    *,
    channel: Channel,
    delivery_id: UUID | None,
    provider_id: str,
    meaning: Meaning,
    cause: str | None,
    raw: Mapping[str, str],
) -> bool:
    """Keep a receipt and let it move its delivery; True when it did."""
    now = clock.now()
    key = {"channel": channel.value, "delivery_id": delivery_id, "provider_id": provider_id, "now": now}
    await session.execute(_KEEP, {**key, "meaning": meaning.value, "raw": json.dumps(dict(raw))})
    applied = False
    if delivery_id is not None:
        applied = await apply_meaning(
            session, now, channel=channel, delivery_id=delivery_id, provider_id=provider_id, meaning=meaning, cause=cause
        )
    return applied


async def apply_part_receipt(session: AsyncSession, clock: Clock, receipt: Receipt) -> bool:
    """Keep a receipt that a provider brings under its own id; True when it moved a delivery.

    One that comes before the submission is noted waits and is applied with it (`sending/parts.py`).
    """
    delivery_id = await mark_part(session, receipt.provider, receipt.provider_id, receipt.meaning, receipt.cause)
    key = {"provider": receipt.provider, "provider_id": receipt.provider_id, "number": receipt.number}
    values = {"delivery_id": delivery_id, "meaning": receipt.meaning.value, "raw": json.dumps(receipt.raw), "now": clock.now()}
    await session.execute(_KEEP_OF_PROVIDER, {**key, **values})
    applied = False
    if delivery_id is not None and (outcome := await settled(session, delivery_id)) is not None:
        meaning, cause = outcome
        applied = await apply_meaning(
            session,
            clock.now(),
            channel=Channel.SMS,
            delivery_id=delivery_id,
            provider_id=receipt.provider_id,
            meaning=meaning,
            cause=cause,
        )
    return applied


def count_receipt(channel: Channel, meaning: Meaning, *, applied: bool) -> None:
    """Count a receipt that is stored: once it is committed, for what is rolled back comes again."""
    metrics.RECEIPTS.labels(channel.value, meaning.value, str(applied).lower()).inc()


class StrayReceipts:
    """Settles deliveries in doubt by receipts whose ids were never learnt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Look for ever; a database that is away is tried again."""
        every_s = SETTLE_EVERY_S
        await PeriodicLoop("stray_receipts_not_settled", self.settle, every_s=every_s, begin_with_pause=True).run()

    async def settle(self) -> int:
        """One look; how many deliveries it settled."""
        now = self._clock.now()
        settled_now = 0
        async with self._database.transaction() as session:
            for row in (await session.execute(_STRAY, {"oldest": now - STRAY_FOR, "newest": now - STRAY_AFTER})).all():
                meaning = Meaning(row.meaning)
                cause = "undelivered" if meaning is Meaning.FAILED else None
                if await apply_meaning(
                    session,
                    now,
                    channel=Channel.SMS,
                    delivery_id=row.delivery_id,
                    provider_id=row.provider_id,
                    meaning=meaning,
                    cause=cause,
                ):
                    settled_now += 1
        metrics.DOUBTFUL.labels(Channel.SMS.value, "by_receipt").inc(settled_now)
        return settled_now
