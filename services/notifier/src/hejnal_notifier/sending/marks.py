"""Statements that more than one room uses to move a delivery and to say that there is news."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_notifier.delivery import RECEIPT_EVENTS, Meaning, allowed_from, target
from hejnal_notifier.sending.digests import follow

# In the order of ids, so that two writers never wait for each other in a circle.
TOUCH = text(
    "update progress p set changes = p.changes + 1 from "
    "(select version_id from progress where version_id = any(:versions) order by version_id for update) locked "
    "where p.version_id = locked.version_id"
)
# New rows tell of themselves (a trigger); what was made due earlier than it was has to be told of.
WAKE = text("select pg_notify('wake_' || current_schema(), 'deliveries')")
_APPLY = text(
    "update deliveries set state = :state, cause = :cause, lease_until = null, changed_at = :now, "
    "provider_id = coalesce(provider_id, :provider_id), sent_at = coalesce(sent_at, :now) "
    "where delivery_id = :delivery_id and channel = :channel and state = any(:allowed_from) returning version_id, digest"
)


async def apply_meaning(
    session: AsyncSession,
    now: datetime,
    *,
    channel: Channel,
    delivery_id: UUID,
    provider_id: str,
    meaning: Meaning,
    cause: str | None,
) -> bool:
    """Let what a receipt says move its delivery; True when it did."""
    event = RECEIPT_EVENTS.get(meaning)
    if event is None:
        return False
    parameters = {
        "channel": channel.value,
        "delivery_id": delivery_id,
        "provider_id": provider_id,
        "now": now,
        "state": target(event).value,
        "cause": cause,
        "allowed_from": allowed_from(event),
    }
    row = (await session.execute(_APPLY, parameters)).first()
    if row is not None:
        changed = await follow(session, [delivery_id], now) if row.digest else {row.version_id} - {None}
        if changed:
            await session.execute(TOUCH, {"versions": sorted(changed)})
    return row is not None
