"""SMS from residents: put together from their parts, kept once, understood, and acted upon or handed on.

STOP ends all SMS to that number at once, before anybody else has heard of it. START and ZGLOS are for citizen-api, which owns
consents and reports: they go out as `sms.received.v1`. The words are understood in Polish, English and Ukrainian, with or
without diacritics, in any case.
"""

import hashlib
import re
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import ContactFailed
from hejnal_contracts.residents import SmsMeaning, SmsReceived
from hejnal_notifier import metrics
from hejnal_notifier.channels.sms.news import TextMessage
from hejnal_runtime.clock import Clock
from hejnal_runtime.outbox import publish
from hejnal_runtime.sms_text import transliterate

log = structlog.get_logger()

SOURCE = "notifier"
SAME_WITHIN = timedelta(minutes=10)
"""A provider without ids that repeats a text within this time repeats the message."""
PARTS_WITHIN = timedelta(hours=24)
MAX_CHARACTERS = 4000

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
_REPEATED = text(
    "select 1 from inbound where provider = :provider and sender = :sender and body = :body and reference = :reference "
    "and number = :number and received_at > :since limit 1"
)
_PARTS = text(
    "select body from inbound where provider = :provider and sender = :sender and reference = :reference and total = :total "
    "and received_at > :since order by number"
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
    key = {"provider": news.provider, "sender": news.sender, "reference": news.reference}
    provider_id = news.provider_id
    if not provider_id:
        same = {**key, "body": news.text, "number": news.number, "since": now - SAME_WITHIN}
        if (await session.execute(_REPEATED, same)).first() is not None:
            return False
        what = f"{news.sender}|{news.reference}|{news.number}|{now.isoformat()}|{news.text}"
        provider_id = hashlib.sha256(what.encode()).hexdigest()[:40]
    meaning, _ = understand(news.text)
    row = {**key, "provider_id": provider_id, "body": news.text[:MAX_CHARACTERS], "now": now, "total": news.total}
    row |= {"number": news.number, "meaning": "stop" if meaning is None else meaning.value}
    if (await session.execute(_KEEP, row)).first() is None:
        return False
    body = news.text
    if news.total > 1:
        found = {**key, "total": news.total, "since": now - PARTS_WITHIN}
        parts = list((await session.execute(_PARTS, found)).scalars())
        if len(parts) < news.total:
            return True
        body = "".join(parts)
    await _act(session, clock, news.sender, body, provider_id)
    return True


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
