"""A contact that can no longer be used: closed here at once, told to citizen-api by a fact."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed
from hejnal_notifier.sending.outcome import ContactReason
from hejnal_runtime.outbox import publish

SOURCE = "notifier"

_CLOSE = text(
    "update contacts set failed_at = :now, failed_reason = :reason where resident_id = :resident_id and contact_id = :contact_id "
    "and failed_at is null and address = coalesce(:address, address) returning verified_at"
)


async def fail_contact(
    session: AsyncSession,
    now: datetime,
    *,
    announcement_id: str,
    resident_id: str,
    contact_id: str,
    channel: Channel,
    reason: ContactReason,
    address: str | None = None,
) -> bool:
    """Close a contact until it is verified anew; False when it is gone, was closed before, or has another address meanwhile."""
    key = {"resident_id": resident_id, "contact_id": contact_id}
    closed = (await session.execute(_CLOSE, {**key, "now": now, "reason": reason, "address": address})).first()
    if closed is None:
        return False
    verified_at = closed.verified_at
    fact = ContactFailed(announcement_id=announcement_id, channel=channel, reason=reason, at=now, verified_at=verified_at, **key)
    await publish(session, fact, source=SOURCE)
    return True
