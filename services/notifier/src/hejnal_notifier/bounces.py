"""Mail that came back: what a bounce says (RFC 3464), whose it is (our envelope sender names the delivery), what follows.

A dead mailbox closes the contact at once. Any other refusal for good fails the delivery, and closes the contact when it keeps
happening. Delays and replies from people or their holiday assistants change nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.contact_failures import fail_contact
from hejnal_notifier.sending.marks import apply_meaning
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

log = structlog.get_logger()

BOUNCE_LIMIT_BYTES = 262_144
"""A bounce is read up to here; what it returns of our own message needs no more."""
MOST_PARTS = 50
SOFT_WITHIN = timedelta(days=30)

_VERP = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
# RFC 3463 §3.2, RFC 7505: no such mailbox, system or domain; moved; null MX. 5.2.1: disabled.
_DEAD = {(1, detail) for detail in (0, 1, 2, 3, 6, 10)} | {(2, 1)}


@dataclass(frozen=True, slots=True)
class Bounce:
    """What came back."""

    delivery_id: UUID
    meaning: Meaning
    status: str
    """Enhanced status code (RFC 3463); empty where none was given."""
    diagnostic: str
    dead: bool
    """The mailbox does not exist or is closed for good."""


def verp(address: str, delivery_id: UUID) -> str:
    """The envelope sender of one delivery: a bounce comes back to it and names what it is about."""
    name, _, domain = address.rpartition("@")
    return f"{name}+{delivery_id.hex}@{domain}"


def read_bounce(raw: bytes) -> Bounce | None:
    """What a message to the bounce address says; None when it is no report about a delivery of ours."""
    message = message_from_bytes(raw[:BOUNCE_LIMIT_BYTES])
    parts = [part for _, part in zip(range(MOST_PARTS), _walk(message), strict=False)]
    reports = [part for part in parts if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")]
    delivery_id = _whose(message, parts)
    if delivery_id is None or not reports:
        return None
    for block in _blocks(reports[0]):
        action = str(block.get("Action", "")).strip().lower()
        if not action:
            continue
        diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).split())
        found = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(diagnostic)
        # Status is often the relay's general 5.0.0; the remote server's own code says more
        precise = _STATUS.search(diagnostic)
        if found and found[2] == "0" and precise:
            found = precise
        meaning = {"failed": Meaning.FAILED, "delivered": Meaning.DELIVERED}.get(action, Meaning.ON_THE_WAY)
        if meaning is Meaning.FAILED and found and found[1] == "2":
            meaning = Meaning.ON_THE_WAY  # contradicts itself
        dead = bool(found) and found is not None and found[1] == "5" and (int(found[2]), int(found[3])) in _DEAD
        if meaning is Meaning.FAILED and not found:
            dead = bool(re.search(r"\b(550|551|553)\b", diagnostic))
        status = found[0] if found else ""
        return Bounce(delivery_id, meaning, status, diagnostic[:300], dead and meaning is Meaning.FAILED)
    return None


def _walk(message: Message) -> Iterator[Message]:
    """Parts, but not those of what is returned inside."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _walk(part)


def _blocks(report: Message) -> Iterator[Message]:
    payload = report.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _whose(message: Message, parts: list[Message]) -> UUID | None:
    for name in _ENVELOPE:
        for _, address in getaddresses([str(value) for value in message.get_all(name, [])]):
            if match := _VERP.search(address):
                return UUID(match[1])
    for part in parts[1:]:
        if part.get_content_type() not in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            continue
        payload = part.get_payload()
        returned = payload[0] if isinstance(payload, list) and payload else message_from_bytes(str(payload).encode())
        if isinstance(returned, Message) and (match := _MESSAGE_ID.search(str(returned.get("Message-ID", "")))):
            return UUID(match[1])
    return None


# not for a contact that has been verified since: it works again
_OWNER = text(
    "select d.resident_id, d.contact_id, v.announcement_id from deliveries d join versions v using (version_id) "
    "join contacts c using (resident_id, contact_id) "
    "where d.delivery_id = :delivery_id and d.channel = 'email' and c.verified_at <= coalesce(d.sent_at, d.created_at)"
)
_KEEP = text(
    "insert into receipts (channel, delivery_id, provider, provider_id, meaning, raw, received_at) "
    "values ('email', :delivery_id, 'bounce', '', :meaning, cast(:raw as jsonb), :now)"
)
_BOUNCED = text(
    "select count(*) from deliveries where resident_id = :resident_id and contact_id = :contact_id and channel = 'email' "
    "and state = 'failed' and cause like 'bounced%' and changed_at > :since"
)


async def take_bounce(database: Database, clock: Clock, raw: bytes, *, soft_limit: int) -> Bounce | None:
    """Apply one message from the bounce address, once it is stored; None when it is none of ours. Safe to repeat."""
    bounce = read_bounce(raw)
    if bounce is None:
        metrics.BOUNCES.labels("not_understood").inc()
        return None
    now = clock.now()
    kept = {"status": bounce.status, "diagnostic": bounce.diagnostic}
    row = {"delivery_id": bounce.delivery_id, "meaning": bounce.meaning.value, "raw": json.dumps(kept), "now": now}
    cause, closed = None, False
    if bounce.meaning is Meaning.FAILED:
        cause = "bounced_no_such_mailbox" if bounce.dead else "bounced"
    async with database.transaction() as session:
        await session.execute(_KEEP, row)
        moved = await apply_meaning(
            session,
            now,
            channel=Channel.EMAIL,
            delivery_id=bounce.delivery_id,
            provider_id="",
            meaning=bounce.meaning,
            cause=cause,
        )
        if bounce.meaning is Meaning.FAILED:
            closed = await _close_contact(session, clock, bounce, soft_limit=soft_limit)
    metrics.BOUNCES.labels(cause or bounce.meaning.value).inc()
    metrics.RECEIPTS.labels(Channel.EMAIL.value, bounce.meaning.value, str(moved).lower()).inc()
    if closed:
        metrics.CONTACTS_FAILED.labels(Channel.EMAIL.value, "hard_bounce").inc()
        log.info("mailbox_closed_by_bounce", status=bounce.status, delivery_id=str(bounce.delivery_id))
    return bounce


async def _close_contact(session: AsyncSession, clock: Clock, bounce: Bounce, *, soft_limit: int) -> bool:
    now = clock.now()
    owner = (await session.execute(_OWNER, {"delivery_id": bounce.delivery_id})).first()
    if owner is None:
        return False
    key = {"resident_id": owner.resident_id, "contact_id": owner.contact_id}
    if not bounce.dead:
        bounced = (await session.execute(_BOUNCED, {**key, "since": now - SOFT_WITHIN})).scalar_one()
        if bounced < soft_limit:
            return False
    return await fail_contact(
        session, now, announcement_id=owner.announcement_id, channel=Channel.EMAIL, reason="hard_bounce", **key
    )
