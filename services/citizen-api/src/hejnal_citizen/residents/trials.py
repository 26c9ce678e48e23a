"""Test messages: does a contact work? And what devices say they have shown."""

import hashlib
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, rates
from hejnal_citizen.residents import push
from hejnal_citizen.residents.schemas import Shown, TestMessage, TestMessagesSent
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import query
from hejnal_contracts.base import Language
from hejnal_contracts.deliveries import MessageShown
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_WRITTEN_TO = query(
    """
    select c.id, c.channel, c.address, c.push_p256dh, c.push_auth, c.push_server_key, r.language
    from contacts c join residents r on r.id = c.resident_id
    where c.resident_id = :id and c.consent_id is not null and c.failed is null order by c.id
    """
)
_SHOWN_BY = query("select resident_id from contacts where id = :id and channel = 'push'")
SHOWN_PER_HOUR = 240
"""Of one device: more notifications than the town could announce."""


async def send(res: Resources, resident_id: str, contact_id: str | None, key: str | None) -> TestMessagesSent:
    """Send a test message to one contact or to all that are written to.

    AppError: NOT_FOUND (no such contact), CONFLICT (nothing is sent there, or key reused), RATE_LIMITED, UNAVAILABLE.
    """
    now = res.clock.now()
    async with res.database.transaction() as session:
        found = list(await session.execute(_WRITTEN_TO, {"id": resident_id}))
        chosen = [row for row in found if contact_id in (None, row.id)]
        if not chosen:
            detail = "Nothing is sent to this contact: it has no consent, failed, or does not exist. Agree first, then try it."
            raise AppError(Kind.CONFLICT, "contact-not-written-to", detail)
        request = idempotency.fingerprint("test", contact_id or "")
        earlier = await idempotency.claim(session, res.secrets.caller_key("test", resident_id), key, request, {}, now=now)
        if earlier is None:
            await rates.spend(
                session, res.secrets.caller_key("tests", resident_id), res.settings.tests_per_resident_hour, now=now
            )
    attempt = f"{resident_id}:{key}" if key else new_id()
    return TestMessagesSent(messages=[await _send_one(res, row, attempt) for row in chosen])


async def send_to_browser(res: Resources, resident_id: str, secret: str, key: str | None) -> TestMessagesSent:
    """The same for a browser without an account; AppError(NOT_FOUND) without the right secret."""
    async with res.database.read() as session:
        await push.authorise(session, resident_id, secret)
    return await send(res, resident_id, None, key)


async def note_shown(session: AsyncSession, res: Resources, contact_id: str, shown: Shown) -> None:
    """Tell notifier that a device has shown a message. A device that is not known is told nothing of that."""
    resident_id = (await session.execute(_SHOWN_BY, {"id": contact_id})).scalar()
    if resident_id is None:
        return
    now = res.clock.now()
    await rates.spend(session, res.secrets.caller_key("shown", contact_id), SHOWN_PER_HOUR, now=now)
    fact = MessageShown(
        resident_id=resident_id,
        contact_id=contact_id,
        announcement_id=shown.announcement_id,
        version=shown.version,
        shown_at=now,
    )
    await publish(session, fact, source=SERVICE)


async def _send_one(res: Resources, row: Any, attempt: str) -> TestMessage:
    keys = None
    if row.push_p256dh:
        keys = {"p256dh": row.push_p256dh, "auth": row.push_auth, "server_key": row.push_server_key}
    accepted = await res.notifier.send_test(
        channel=row.channel,
        address=row.address,
        push_keys=keys,
        language=Language(row.language),
        idempotency_key=hashlib.sha256(f"{attempt}:{row.id}".encode()).hexdigest(),
    )
    return TestMessage(contact_id=row.id, channel=row.channel, state="queued" if accepted else "channel_off")
