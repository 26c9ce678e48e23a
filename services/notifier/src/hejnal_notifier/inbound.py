"""SMS from residents: put together from their parts, kept once, understood, and acted upon or handed on.

STOP ends all SMS to that number at once, before anybody else has heard of it. START and ZGLOS are for citizen-api, which owns
consents and reports: they go out as `sms.received.v1`. The words are understood in Polish, English and Ukrainian, with or
without diacritics, in any case.

A long message is put together when its last part comes. Parts are known by an 8-bit number that comes again after 256 messages:
those that were put together once are marked, and of two with one number the newer counts. What is not whole after an hour is
taken as it is, with "[…]" for what is missing: a report without its end is better than none.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed
from hejnal_contracts.residents import SmsMeaning, SmsReceived
from hejnal_notifier import metrics
from hejnal_notifier.channels.sms.news import TextMessage
from hejnal_notifier.phone_numbers import sender_number
from hejnal_runtime.clock import Clock
from hejnal_runtime.outbox import publish
from hejnal_runtime.sms_text import transliterate

log = structlog.get_logger()

SOURCE = "notifier"
SAME_WITHIN = timedelta(minutes=10)
"""A provider without ids that repeats a text within this time repeats the message."""
PARTS_WITHIN = timedelta(hours=1)
MAX_CHARACTERS = 4000
MISSING = "[…]"

_WORDS = {
    "stop": {"stop", "koniec", "rezygnuje", "wypisz", "unsubscribe", "стоп"},
    "start": {"start", "zapisz", "wznow", "старт"},
    "report": {"zglos", "zglaszam", "zgloszenie", "uwaga", "report", "повідомити", "заява"},
}
_FIRST_WORD = re.compile(r"^\W*(\w+)\W*", re.UNICODE)

_KEEP = text(
    "insert into inbound (provider, provider_id, sender, body, meaning, received_at, reference, total, number) "
    "values (:provider, :provider_id, :sender, :body, :meaning, :now, :reference, :total, :number) on conflict do nothing "
    "returning provider_id"
)
# two parts that come at the same moment: the second one sees the first
_ONE_AT_A_TIME = text(
    "select pg_advisory_xact_lock(hashtextextended('sms of ' || cast(:provider as text) || ' ' || cast(:sender as text), 0))"
)
_REPEATED = text(
    "select 1 from inbound where provider = :provider and sender = :sender and body = :body and reference = :reference "
    "and number = :number and received_at > :since limit 1"
)
_PARTS = text(
    "select distinct on (number) number, provider_id, body from inbound where provider = :provider and sender = :sender "
    "and reference = :reference and total = :total and joined_at is null and received_at > :since "
    "order by number, received_at desc"
)
_JOINED = text(
    "update inbound set joined_at = :now where provider = :provider and sender = :sender and reference = :reference "
    "and total = :total and joined_at is null"
)
_UNJOINED = text(
    "select provider, sender, reference, total, max(received_at) as newest from inbound "
    "where total > 1 and joined_at is null group by 1, 2, 3, 4 having max(received_at) < :before order by 5 limit 100"
)
_OPT_OUT = text(
    "update contacts set failed_at = :now, failed_reason = 'opted_out' where channel = 'sms' and address = :sender "
    "and failed_at is null returning resident_id, contact_id"
)
_LAST_TOLD = text(
    "select v.announcement_id from deliveries d join versions v using (version_id) "
    "where d.resident_id = :resident_id and d.contact_id = :contact_id order by d.changed_at desc limit 1"
)


def understand(body: str) -> tuple[SmsMeaning | None, str]:
    """What a resident wants (None: STOP), and the words after the first one."""
    match = _FIRST_WORD.match(body)
    if match is None:
        return SmsMeaning.OTHER, ""
    word = transliterate(match[1]).lower()
    rest = body[match.end() :].strip()
    if word in _WORDS["stop"]:
        return None, rest
    if word in _WORDS["start"]:
        return SmsMeaning.START, rest
    if word in _WORDS["report"] and rest:
        return SmsMeaning.REPORT, rest
    return SmsMeaning.OTHER, body.strip()


async def take_message(session: AsyncSession, clock: Clock, news: TextMessage) -> bool:
    """Keep one SMS or part of one; False when it was there already."""
    now = clock.now()
    sender = sender_number(news.sender)
    key = {"provider": news.provider, "sender": sender, "reference": news.reference}
    await session.execute(_ONE_AT_A_TIME, {"provider": news.provider, "sender": sender})
    provider_id = news.provider_id
    if not provider_id:
        same = {**key, "body": news.text, "number": news.number, "since": now - SAME_WITHIN}
        if (await session.execute(_REPEATED, same)).first() is not None:
            return False
        what = f"{sender}|{news.reference}|{news.number}|{now.isoformat()}|{news.text}"
        provider_id = hashlib.sha256(what.encode()).hexdigest()[:40]
    meaning, _ = understand(news.text)
    row = {**key, "provider_id": provider_id, "body": news.text[:MAX_CHARACTERS], "now": now, "total": news.total}
    row |= {"number": news.number, "meaning": "stop" if meaning is None else meaning.value}
    if (await session.execute(_KEEP, row)).first() is None:
        return False
    body = news.text
    if news.total > 1:
        same = {**key, "total": news.total}
        parts = (await session.execute(_PARTS, {**same, "since": now - PARTS_WITHIN})).all()
        if len(parts) < news.total:
            return True
        await session.execute(_JOINED, {**same, "now": now})
        body = "".join(part.body for part in parts)
    await _act(session, clock, sender, body, provider_id)
    return True


async def take_unfinished(session: AsyncSession, clock: Clock) -> int:
    """Take messages whose missing parts will hardly come any more as they are; how many."""
    now = clock.now()
    groups = (await session.execute(_UNJOINED, {"before": now - PARTS_WITHIN})).all()
    for group in groups:
        same = {"provider": group.provider, "sender": group.sender, "reference": group.reference, "total": group.total}
        await session.execute(_ONE_AT_A_TIME, {"provider": group.provider, "sender": group.sender})
        parts = (await session.execute(_PARTS, {**same, "since": datetime.min.replace(tzinfo=UTC)})).all()
        if not parts or not (await session.execute(_JOINED, {**same, "now": now})).rowcount:  # type: ignore[attr-defined]
            continue
        come = {part.number: part.body for part in parts}
        body = "".join(come.get(number, MISSING) for number in range(1, group.total + 1))
        log.warning("sms_taken_with_parts_missing", provider=group.provider, come=len(come), total=group.total)
        await _act(session, clock, group.sender, body, parts[0].provider_id)
    return len(groups)


async def _act(session: AsyncSession, clock: Clock, sender: str, body: str, message_id: str) -> None:
    meaning, rest = understand(body)
    metrics.INBOUND.labels("stop" if meaning is None else meaning.value).inc()
    now = clock.now()
    if meaning is None:
        for row in (await session.execute(_OPT_OUT, {"sender": sender, "now": now})).all():
            key = {"resident_id": row.resident_id, "contact_id": row.contact_id}
            told = (await session.execute(_LAST_TOLD, key)).scalar()
            fact = ContactFailed(announcement_id=told or "-", channel=Channel.SMS, reason="opted_out", at=now, **key)
            await publish(session, fact, source=SOURCE)
        return
    received = SmsReceived(message_id=message_id[:64], phone=sender, meaning=meaning, text=rest[:MAX_CHARACTERS], received_at=now)
    await publish(session, received, source=SOURCE)
