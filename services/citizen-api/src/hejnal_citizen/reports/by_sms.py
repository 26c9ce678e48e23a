"""What residents write by SMS: a report, or START after a STOP. The words were understood by notifier."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import metrics
from hejnal_citizen.reports import intake
from hejnal_citizen.reports.categories import unit_for
from hejnal_citizen.reports.form import CheckedReport
from hejnal_citizen.residents import contacts, subscription
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import query
from hejnal_citizen.town import addresses, registry
from hejnal_citizen.town.words import fold
from hejnal_contracts.base import Point
from hejnal_contracts.residents import SmsMeaning, SmsReceived
from hejnal_runtime.bus.message import Message
from hejnal_runtime.inbox import first_time

log = structlog.get_logger()

CONSUMER = "inbound-sms"
CATEGORY = "other"
NO_PLACE = "miejsce do ustalenia (SMS)"
_SHORTEST_STEM = 3
_LONGEST_ENDING = 3

_STREETS = query("select name, words from streets")
_CENTER = query("select st_y(center) as lat, st_x(center) as lon from town")
_CONTACT = query("select id, resident_id, failed, consent_id from contacts where channel = 'sms' and address = :phone for update")


@dataclass(frozen=True, slots=True)
class StreetWords:
    """A street's name and its words in plain letters."""

    name: str
    words: tuple[str, ...]


class SmsHandler:
    """Handler of the topic `inbound-sms`; each message has its effect once."""

    def __init__(self, res: Resources) -> None:
        self._res = res

    async def __call__(self, message: Message) -> None:
        """Apply one fact."""
        fact = message.fact
        if not isinstance(fact, SmsReceived):
            return
        async with self._res.database.transaction() as session:
            if not await first_time(session, CONSUMER, message):
                return
            if fact.meaning is SmsMeaning.REPORT:
                await self._report(session, fact)
            elif fact.meaning is SmsMeaning.START:
                await self._start(session, fact)
            else:
                log.info("sms_not_understood", message_id=fact.message_id)

    async def _report(self, session: AsyncSession, fact: SmsReceived) -> None:
        place, street, address = await find_place(session, fact.text)
        categories = await registry.report_categories(session)
        category = next((one for one in categories if one.code == CATEGORY), categories[-1])
        checked = CheckedReport(
            category=category,
            text=fact.text,
            place=place,
            street=street,
            address=address,
            unit=await unit_for(session, category.code, place, category.unit),
            contact=fact.phone,
            source="sms",
        )
        report_id = await intake.store(session, self._res, checked)
        metrics.REPORTS.labels(category.code).inc()
        log.info("report_by_sms", report_id=report_id, place_found=address != NO_PLACE)

    async def _start(self, session: AsyncSession, fact: SmsReceived) -> None:
        """The holder of the number wants SMS again: the consent that STOP ended is given anew, in the words of the last one."""
        row = (await session.execute(_CONTACT, {"phone": fact.phone})).first()
        if row is None:
            log.info("start_of_unknown_number", message_id=fact.message_id)
            return
        now = self._res.clock.now()
        if not await contacts.grant_again(session, row.resident_id, row.id, way="START message", now=now):
            return
        await contacts.verified_again(session, row.id, now=now)
        await subscription.publish_state(session, self._res, row.resident_id)


async def find_place(session: AsyncSession, text: str) -> tuple[Point, str, str]:
    """Where a text says it is: (place, street, address). Without a known street the town's centre, to be asked back about."""
    known = [StreetWords(row.name, tuple(row.words.split())) for row in await session.execute(_STREETS)]
    found = find_street(fold(text), known)
    if found is not None:
        street, number = found
        for wanted in (f"{street} {number}", street) if number else (street,):
            hits = await addresses.search(session, wanted, 1)
            if hits:
                return hits[0].place, street, hits[0].label
    center = (await session.execute(_CENTER)).one()
    return Point(lat=center.lat, lon=center.lon), "", NO_PLACE


def find_street(words: Sequence[str], streets: Sequence[StreetWords]) -> tuple[str, str] | None:
    """The street that words of a sentence name, whatever their case ("na Długiej 5" is Długa, 5), and a number after it.

    The longest name wins; a text that fits two streets equally well names neither.
    """
    best: list[tuple[int, str, str]] = []
    for street in streets:
        width = len(street.words)
        for at in range(len(words) - width + 1):
            if all(_same_word(name, said) for name, said in zip(street.words, words[at : at + width], strict=True)):
                following = words[at + width] if at + width < len(words) else ""
                number = following if following[:1].isdigit() else ""
                best.append((sum(len(word) for word in street.words), street.name, number))
                break
    best.sort(reverse=True)
    if not best or (len(best) > 1 and best[0][0] == best[1][0] and best[0][1] != best[1][1]):
        return None
    return best[0][1], best[0][2]


def _same_word(name: str, said: str) -> bool:
    if name == said:
        return True
    if name.isdigit() or said.isdigit():
        return False
    stem = max(_SHORTEST_STEM, len(name) - _LONGEST_ENDING)
    return len(name) > stem and name[:stem] == said[:stem] and abs(len(name) - len(said)) <= _LONGEST_ENDING
