"""The read model of who wants what, kept from the subscriptions topic: whole states and tombstones, in batches."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.residents import SubscriptionChanged
from hejnal_notifier.area import GEOMETRY_SQL, shape_of
from hejnal_notifier.severity import RANK
from hejnal_runtime.bus.message import Message
from hejnal_runtime.database import Database
from hejnal_runtime.inbox import first_time

TOPIC = "subscriptions"
CONSUMER = "subscriptions"

_POSITION = text(
    "insert into positions (topic, partition, next_offset) values (:topic, :partition, :next_offset) "
    "on conflict (topic, partition) do update set next_offset = excluded.next_offset"
)
# Receipts and residents' SMS name numbers, each provider in its own way: the last nine digits find them all.
_NUMBERS = (
    "(select right(regexp_replace(address, '\\D', '', 'g'), 9) as digits from contacts "
    "where resident_id = any(:residents) and channel = 'sms')"
)
_FORGET_RECEIPTS = text(
    "update receipts set raw = '{}', number = '' where raw <> '{}' "  # noqa: S608 a constant
    f"and exists (select 1 from {_NUMBERS} as n where position(n.digits in raw::text || number) > 0)"
)
_FORGET_INBOUND = text(
    "update inbound set sender = '', body = '' where sender <> '' "  # noqa: S608 a constant
    f"and exists (select 1 from {_NUMBERS} as n where position(n.digits in regexp_replace(sender, '\\D', '', 'g')) > 0)"
)
_ERASE = text("delete from recipients where resident_id = any(:residents)")
_RECIPIENT = text(
    "insert into recipients (resident_id, version, language, quiet_starts, quiet_ends, paused_until, digest_every, digest_at, "
    "digest_weekday, digest_up_to, changed_at) values (:resident_id, :version, :language, :quiet_starts, :quiet_ends, "
    ":paused_until, :digest_every, :digest_at, :digest_weekday, :digest_up_to, :changed_at) "
    "on conflict (resident_id) do update set version = excluded.version, language = excluded.language, "
    "quiet_starts = excluded.quiet_starts, quiet_ends = excluded.quiet_ends, paused_until = excluded.paused_until, "
    "digest_every = excluded.digest_every, digest_at = excluded.digest_at, digest_weekday = excluded.digest_weekday, "
    "digest_up_to = excluded.digest_up_to, changed_at = excluded.changed_at"
)
_KNOWN = text("select resident_id, version from recipients where resident_id = any(:residents) for update")
_DROP_CONTACTS = text("delete from contacts where resident_id = :resident_id and not contact_id = any(:kept)")
# a contact that failed stays unused until the resident has verified it anew
_CONTACT = text(
    "insert into contacts (resident_id, contact_id, channel, address, push_p256dh, push_auth, push_server_key, "
    "unsubscribe_url, consent_id, verified_at) values (:resident_id, :contact_id, :channel, :address, :push_p256dh, :push_auth, "
    ":push_server_key, :unsubscribe_url, :consent_id, :verified_at) "
    "on conflict (resident_id, contact_id) do update set channel = excluded.channel, "
    "address = excluded.address, push_p256dh = excluded.push_p256dh, push_auth = excluded.push_auth, "
    "push_server_key = excluded.push_server_key, "
    "unsubscribe_url = excluded.unsubscribe_url, consent_id = excluded.consent_id, verified_at = excluded.verified_at, "
    "failed_at = case when contacts.address = excluded.address and contacts.failed_at >= excluded.verified_at "
    "then contacts.failed_at end, "
    "failed_reason = case when contacts.address = excluded.address and contacts.failed_at >= excluded.verified_at "
    "then contacts.failed_reason end"
)
_DROP_FILTERS = text("delete from filters where resident_id = any(:residents)")
_FILTER = text(
    "insert into filters (resident_id, place, categories, min_severity, channels, reach, area, streets) "  # noqa: S608 constant
    f"values (:resident_id, :place, :categories, :min_severity, :channels, :reach, {GEOMETRY_SQL}, :streets)"
)


class SubscriptionsHandler:
    """Applies batches of one partition, each in one transaction with the position it leads to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, messages: Sequence[Message]) -> None:
        """Apply subscriptions in order; of several states of one resident only the newest matters."""
        async with self._database.transaction() as session:
            erased: set[str] = set()
            newest: dict[str, SubscriptionChanged] = {}
            for message in messages:
                if not await first_time(session, CONSUMER, message):
                    continue
                if message.fact is None:
                    erased.add(message.key)
                    newest.pop(message.key, None)
                    continue
                assert isinstance(message.fact, SubscriptionChanged)
                known = newest.get(message.key)
                if known is None or message.fact.version > known.version:
                    newest[message.key] = message.fact
            if erased:
                for statement in (_FORGET_RECEIPTS, _FORGET_INBOUND, _ERASE):
                    await session.execute(statement, {"residents": sorted(erased)})
            await self._apply(session, list(newest.values()))
            last = messages[-1]
            position = {"topic": TOPIC, "partition": last.partition, "next_offset": last.offset + 1}
            await session.execute(_POSITION, position)

    async def _apply(self, session: AsyncSession, facts: list[SubscriptionChanged]) -> None:
        if not facts:
            return
        known = await session.execute(_KNOWN, {"residents": [fact.resident_id for fact in facts]})
        versions: dict[str, int] = {row.resident_id: row.version for row in known}
        facts = [fact for fact in facts if fact.version > versions.get(fact.resident_id, 0)]
        if not facts:
            return
        await session.execute(_RECIPIENT, [_recipient_row(fact) for fact in facts])
        kept = [
            {"resident_id": fact.resident_id, "kept": [contact.contact_id for contact in fact.contacts]}
            for fact in facts
            if fact.resident_id in versions
        ]
        if kept:
            await session.execute(_DROP_CONTACTS, kept)
        if contacts := [row for fact in facts for row in _contact_rows(fact)]:
            await session.execute(_CONTACT, contacts)
        if versions:
            await session.execute(_DROP_FILTERS, {"residents": [fact.resident_id for fact in facts]})
        if filters := [row for fact in facts for row in _filter_rows(fact)]:
            await session.execute(_FILTER, filters)


def _recipient_row(fact: SubscriptionChanged) -> dict[str, Any]:
    quiet, digest = fact.quiet_hours, fact.digest
    return {
        "resident_id": fact.resident_id,
        "version": fact.version,
        "language": fact.language.value,
        "quiet_starts": quiet.starts if quiet else None,
        "quiet_ends": quiet.ends if quiet else None,
        "paused_until": fact.paused_until,
        "digest_every": digest.every if digest else None,
        "digest_at": digest.at if digest else None,
        "digest_weekday": digest.weekday if digest else None,
        "digest_up_to": RANK[digest.up_to] if digest else None,
        "changed_at": fact.changed_at,
    }


def _contact_rows(fact: SubscriptionChanged) -> list[dict[str, Any]]:
    return [
        {
            "resident_id": fact.resident_id,
            "contact_id": contact.contact_id,
            "channel": contact.channel.value,
            "address": contact.address,
            "push_p256dh": contact.push_keys.p256dh if contact.push_keys else None,
            "push_auth": contact.push_keys.auth if contact.push_keys else None,
            "push_server_key": contact.push_keys.server_key if contact.push_keys else None,
            "unsubscribe_url": contact.unsubscribe_url,
            "consent_id": contact.consent_id,
            "verified_at": contact.verified_at,
        }
        for contact in fact.contacts
    ]


def _filter_rows(fact: SubscriptionChanged) -> list[dict[str, Any]]:
    rows = []
    for place, wish in enumerate(fact.filters):
        shape = shape_of(wish.area, wish.footprint)
        rows.append(
            {
                "resident_id": fact.resident_id,
                "place": place,
                "categories": list(wish.categories),
                "min_severity": RANK[wish.min_severity],
                "channels": [channel.value for channel in wish.channels],
                "reach": shape.reach.value,
                "ewkt": shape.ewkt,
                "radius_m": shape.radius_m,
                "streets": list(shape.streets) or None,
            }
        )
    return rows
