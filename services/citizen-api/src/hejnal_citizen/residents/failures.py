"""What becomes of a contact that notifier can no longer use."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents import contacts, erasure, subscription
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed

_FIND = query(
    """
    select r.kind, c.verified_at from contacts c join residents r on r.id = c.resident_id
    where c.id = :contact_id and c.resident_id = :resident_id for update of r
    """
)
_KEPT = ("hard_bounce", "key_withdrawn")
"""A browser that only has to subscribe anew finds its wish when its owner opens the app."""
_LOST = query(
    """
    select r.id from residents r join contacts c on c.resident_id = r.id
    where r.kind = 'browser' and c.failed = 'key_withdrawn' and c.failed_at < :before order by r.id limit 500
    """
)
LOST_AFTER = timedelta(days=365)
_FAILED = command("update contacts set failed = :reason, failed_at = :at where id = :contact_id")


async def contact_failed(session: AsyncSession, res: Resources, fact: ContactFailed) -> None:
    """Mark it for the resident to see and to verify anew; an opt-out withdraws the consent; a dead browser is forgotten."""
    key = {"contact_id": fact.contact_id, "resident_id": fact.resident_id}
    found = (await session.execute(_FIND, key)).first()
    if found is None or found.verified_at > (fact.verified_at or fact.at):
        return  # erased, removed, or verified anew since notifier heard of it
    if fact.channel is Channel.PUSH and fact.reason not in _KEPT:
        if found.kind == "browser":
            await erasure.erase(session, fact.resident_id)
            return
        await contacts.delete(session, fact.contact_id)
    else:
        await session.execute(_FAILED, {"contact_id": fact.contact_id, "reason": fact.reason, "at": fact.at})
        if fact.reason == "opted_out":
            await contacts.withdraw(session, fact.resident_id, fact.contact_id, way="opt-out message", now=res.clock.now())
    await subscription.publish_state(session, res, fact.resident_id)


async def forget_lost(session: AsyncSession, *, now: datetime) -> None:
    """Erase browsers without an account that lost their key a year ago and never came back."""
    for resident_id in (await session.execute(_LOST, {"before": now - LOST_AFTER})).scalars().all():
        await erasure.erase(session, resident_id)
