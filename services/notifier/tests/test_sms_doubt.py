"""What is in doubt stays with its provider; receipts by part, early and stray; SMS from residents; the month's bill."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier.channels.sms.news import Receipt, TextMessage
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.housekeeping import Housekeeping
from hejnal_notifier.inbound import take_unfinished, understand
from hejnal_notifier.phone_numbers import sender_number
from hejnal_notifier.receipts import StrayReceipts
from hejnal_notifier.sending.outcome import Accepted, Postponed, Unanswered
from hejnal_notifier.sending.queue import Done
from hejnal_notifier.sms_desk import SmsDesk

NUMBER = "+48500100201"


async def _one_sms(desk: Desk, severity: Severity = Severity.WARNING, number: str = NUMBER) -> str:
    now = desk.clock.now()
    await desk.subscribe(subscription("r1", contact("sms", number, contact_id="c1")))
    fact = announcement(severity=severity, issued_at=now, valid_from=now, valid_until=now + timedelta(days=5))
    await desk.issue(fact)
    return str(fact.announcement_id)


async def _sms(desk: Desk, announcement_id: str) -> Any:
    (row,) = [row for row in await desk.rows(announcement_id) if row.channel == "sms"]
    return row


async def _claim(desk: Desk, provider: str, *, fresh: bool = True) -> list[Any]:
    jobs, _ = await desk.queue.claim(Channel.SMS, 10, provider, fresh=fresh)
    return jobs


async def test_what_a_provider_may_have_taken_goes_to_no_other_one(desk: Desk) -> None:
    told = await _one_sms(desk)
    (job,) = await _claim(desk, "first")
    doubt = Postponed("timeout", in_doubt=True)
    await desk.queue.note([Done(job, doubt, desk.clock.now())])
    assert await _claim(desk, "second") == []
    assert await _claim(desk, "second", fresh=False) == []
    desk.clock.advance(3600)
    assert await _claim(desk, "second") == [], "not urgent: it waits for its provider, whatever it takes"
    (again,) = await _claim(desk, "first", fresh=False)
    assert again.in_doubt
    await desk.queue.note([Done(again, Accepted("p1"))])
    assert (await _sms(desk, told)).state == "sent"


async def test_what_is_certainly_not_taken_goes_to_the_next_provider(desk: Desk) -> None:
    await _one_sms(desk)
    (job,) = await _claim(desk, "first")
    await desk.queue.note([Done(job, Postponed("unreachable"), desk.clock.now())])
    assert [one.provider for one in await _claim(desk, "second")] == ["second"]


async def test_an_emergency_in_doubt_goes_another_way_when_patience_ends(desk: Desk) -> None:
    await _one_sms(desk, Severity.EMERGENCY)
    (job,) = await _claim(desk, "first")
    await desk.queue.note([Done(job, Postponed("timeout", in_doubt=True), desk.clock.now())])
    desk.clock.advance(60)
    assert await _claim(desk, "second") == []
    desk.clock.advance(61)
    assert len(await _claim(desk, "second")) == 1


async def test_a_lost_worker_is_settled_by_what_its_provider_can_do(desk: Desk) -> None:
    told = await _one_sms(desk)
    await _claim(desk, "smpp")
    desk.clock.advance(3600)
    assert await desk.queue.take_over(Channel.SMS, harmless=["smsapi"]) == (1, 0)
    assert (await _sms(desk, told)).state == "unknown"


async def _keep(desk: Desk, name: str, meaning: Meaning, number: str = NUMBER) -> None:
    cause = "undelivered" if meaning is Meaning.FAILED else None
    await SmsDesk(desk.database, desk.clock)(Receipt("smpp", name, meaning, cause, number, {"stat": meaning.value}))


async def test_a_message_is_delivered_when_all_its_parts_are(desk: Desk) -> None:
    told = await _one_sms(desk)
    (job,) = await _claim(desk, "smpp")
    await _keep(desk, "m1", Meaning.DELIVERED)  # before we have noted what the provider calls it
    await desk.queue.note([Done(job, Accepted("m1", parts=2, part_ids=("m1", "m2")))])
    assert (await _sms(desk, told)).state == "sent"
    await _keep(desk, "m2", Meaning.ON_THE_WAY)
    assert (await _sms(desk, told)).state == "sent"
    await _keep(desk, "m2", Meaning.DELIVERED)
    await _keep(desk, "m2", Meaning.DELIVERED)
    await _keep(desk, "m2", Meaning.FAILED)  # late and wrong: the phone has it
    assert (await _sms(desk, told)).state == "delivered"


async def test_receipts_that_all_come_early_are_applied_with_the_answer(desk: Desk) -> None:
    told = await _one_sms(desk)
    (job,) = await _claim(desk, "smpp")
    await _keep(desk, "m1", Meaning.FAILED)
    await desk.queue.note([Done(job, Accepted("m1", parts=1, part_ids=("m1",)))])
    row = await _sms(desk, told)
    assert (row.state, row.cause) == ("failed", "undelivered")


async def test_a_stray_receipt_settles_the_one_message_in_doubt(desk: Desk) -> None:
    told = await _one_sms(desk)
    (job,) = await _claim(desk, "smpp")
    await desk.queue.note([Done(job, Unanswered("unanswered"))])
    assert (await _sms(desk, told)).state == "unknown"
    desk.clock.advance(5)
    await _keep(desk, "never-learnt", Meaning.DELIVERED)
    await _keep(desk, "somebody-elses", Meaning.DELIVERED, "+48500100299")
    stray = StrayReceipts(desk.database, desk.clock)
    assert await stray.settle() == 0, "its answer may still be on the way"
    desk.clock.advance(61)
    assert await stray.settle() == 1
    assert (await _sms(desk, told)).state == "delivered"
    assert await stray.settle() == 0


async def test_a_stray_receipt_with_two_candidates_settles_neither(desk: Desk) -> None:
    first = await _one_sms(desk)
    second = await _one_sms(desk)
    for job in await _claim(desk, "smpp"):
        await desk.queue.note([Done(job, Unanswered("unanswered"))])
    desk.clock.advance(5)
    await _keep(desk, "never-learnt", Meaning.DELIVERED)
    desk.clock.advance(61)
    assert await StrayReceipts(desk.database, desk.clock).settle() == 0
    assert {(await _sms(desk, told)).state for told in (first, second)} == {"unknown"}


async def test_a_reference_that_the_receipt_quotes_decides_between_two(desk: Desk) -> None:
    told = [await _one_sms(desk), await _one_sms(desk)]
    jobs = await _claim(desk, "smpp")
    for job in jobs:
        await desk.queue.note([Done(job, Unanswered("unanswered"))])
    desk.clock.advance(5)
    reference = f"{jobs[1].delivery_id.int & 0xFFFF:04x}"
    receipt = Receipt("smpp", "never-learnt", Meaning.DELIVERED, None, NUMBER, {"reference": reference})
    await SmsDesk(desk.database, desk.clock)(receipt)
    desk.clock.advance(61)
    assert await StrayReceipts(desk.database, desk.clock).settle() == 1
    states = {row.delivery_id: row.state for one in told for row in await desk.rows(one) if row.channel == "sms"}
    assert states == {jobs[0].delivery_id: "unknown", jobs[1].delivery_id: "delivered"}


async def test_the_bill_counts_each_message_once(desk: Desk) -> None:
    await _one_sms(desk)
    (job,) = await _claim(desk, "smpp")
    done = [Done(job, Accepted("m1", parts=3, part_ids=("m1", "m2", "m3")))]
    await desk.queue.note(done)
    await desk.queue.note(done)
    async with desk.database.read() as session:
        bill = (await session.execute(text("select provider, parts, messages, cost_grosze from spending"))).all()
    assert [tuple(row) for row in bill] == [("smpp", 3, 1, 27)]


# --- residents' messages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wanted", "rest"),
    [
        ("STOP", None, ""),
        (" Stop. ", None, ""),
        ("стоп", None, ""),
        ("Rezygnuję z SMS", None, "z SMS"),
        ("START", "start", ""),
        ("ZGŁOŚ dziura w jezdni, Długa 5", "report", "dziura w jezdni, Długa 5"),
        ("zglos: nie świeci latarnia", "report", "nie świeci latarnia"),
        ("ZGŁOŚ", "other", "ZGŁOŚ"),
        ("Dziękuję!", "other", "Dziękuję!"),
        ("stopień schodów jest krzywy", "other", "stopień schodów jest krzywy"),
        ("", "other", ""),
        ("...", "other", ""),
    ],
)
def test_words_are_understood(body: str, wanted: str | None, rest: str) -> None:
    assert understand(body) == (wanted, rest)


async def _outbox(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    async with desk.database.read() as session:
        rows = (await session.execute(text("select type, value from outbox order by id"))).all()
    return [(row.type, json.loads(row.value)) for row in rows]


async def test_stop_ends_sms_to_the_number_at_once_and_once(desk: Desk) -> None:
    told = await _one_sms(desk)
    take = SmsDesk(desk.database, desk.clock)
    await take(TextMessage("smpp", NUMBER, "STOP"))
    await take(TextMessage("smpp", NUMBER, "STOP"))  # brought again
    assert await _claim(desk, "smpp") == [], "what waited for that number is called off"
    row = await _sms(desk, told)
    assert (row.state, row.cause) == ("cancelled", "contact_gone")
    failed = [payload for kind, payload in await _outbox(desk) if kind == "contact.failed.v1"]
    assert [(one["contact_id"], one["reason"]) for one in failed] == [("c1", "opted_out")]


async def test_a_report_in_two_parts_goes_out_whole_and_once(desk: Desk) -> None:
    take = SmsDesk(desk.database, desk.clock)
    await take(TextMessage("smpp", NUMBER, "zabrał chodnik.", reference=7, total=2, number=2))
    await take(TextMessage("smpp", NUMBER, "ZGŁOŚ Potok ", reference=7, total=2, number=1))
    await take(TextMessage("smpp", NUMBER, "ZGŁOŚ Potok ", reference=7, total=2, number=1))
    await take(TextMessage("serwersms", NUMBER, "START", provider_id="55"))
    await take(TextMessage("serwersms", NUMBER, "START", provider_id="55"))
    desk.clock.advance(timedelta(minutes=11).total_seconds())
    facts = [(payload["meaning"], payload["text"]) for kind, payload in await _outbox(desk) if kind == "sms.received.v1"]
    assert facts == [("report", "Potok zabrał chodnik."), ("start", "")]


async def _said(desk: Desk) -> list[tuple[str, str, str]]:
    found = [payload for kind, payload in await _outbox(desk) if kind == "sms.received.v1"]
    return [(one["phone"], one["meaning"], one["text"]) for one in found]


async def test_a_number_of_parts_that_comes_again_mixes_nothing_in(desk: Desk) -> None:
    """The 8 bits by which parts are known come again: what was put together once is over, and a lost half is not a half of it."""
    take = SmsDesk(desk.database, desk.clock)
    for words in (("ZGŁOŚ stara ", "sprawa"), ("ZGŁOŚ nowa ", "rzecz")):
        for number, part in enumerate(words, start=1):
            await take(TextMessage("smpp", NUMBER, part, reference=7, total=2, number=number))
        desk.clock.advance(60)
    await take(TextMessage("smpp", NUMBER, "ZGŁOŚ zgubiona ", reference=7, total=2, number=1))
    desk.clock.advance(60)
    await take(TextMessage("smpp", NUMBER, "ZGŁOŚ dziura ", reference=7, total=2, number=1))
    await take(TextMessage("smpp", NUMBER, "w moście", reference=7, total=2, number=2))
    assert [text for _, _, text in await _said(desk)] == ["stara sprawa", "nowa rzecz", "dziura w moście"]


async def test_parts_that_come_at_the_same_moment_are_put_together_once(desk: Desk) -> None:
    take = SmsDesk(desk.database, desk.clock)
    for reference in range(8):
        parts = [TextMessage("smpp", NUMBER, f"{n} ", reference=reference, total=4, number=n) for n in range(1, 5)]
        await asyncio.gather(*(take(part) for part in parts))
    assert [text for _, _, text in await _said(desk)] == ["1 2 3 4"] * 8


async def test_a_message_that_never_becomes_whole_is_taken_as_it_is(desk: Desk) -> None:
    take = SmsDesk(desk.database, desk.clock)
    await take(TextMessage("smpp", NUMBER, "ZGŁOŚ pożar ", reference=7, total=3, number=1))
    await take(TextMessage("smpp", NUMBER, " Krótka 5", reference=7, total=3, number=3))
    for wait_s, expected in ((1800, []), (1900, [(NUMBER, "report", "pożar […] Krótka 5")])):
        desk.clock.advance(wait_s)
        async with desk.database.transaction() as session:
            await take_unfinished(session, desk.clock)
        assert await _said(desk) == expected


@pytest.mark.parametrize("told", ["500100201", "48500100201", "+48500100201", "0048500100201", "+500100201", "500 100 201"])
async def test_stop_is_understood_however_the_network_writes_the_number(desk: Desk, told: str) -> None:
    await _one_sms(desk)
    await SmsDesk(desk.database, desk.clock)(TextMessage("smpp", told, "STOP"))
    assert [kind for kind, _ in await _outbox(desk) if kind == "contact.failed.v1"] == ["contact.failed.v1"]


@pytest.mark.parametrize(
    ("told", "kept"),
    [("+380671234567", "+380671234567"), ("380671234567", "+380671234567"), ("8068", "8068"), ("Bank", "Bank"), ("+1", "+1")],
)
def test_other_senders(told: str, kept: str) -> None:
    assert sender_number(told) == kept


async def test_text_and_numbers_are_kept_for_ninety_days(desk: Desk) -> None:
    take = SmsDesk(desk.database, desk.clock)
    await take(TextMessage("smpp", NUMBER, "Dziękuję"))
    await _keep(desk, "m1", Meaning.DELIVERED)
    house = Housekeeping(desk.database, desk.clock, keep=timedelta(days=90))
    desk.clock.advance(timedelta(days=89).total_seconds())
    assert await house.empty_old() == 0
    await take(TextMessage("smpp", NUMBER, "Dziś"))
    desk.clock.advance(timedelta(days=2).total_seconds())
    assert await house.empty_old() == 2
    async with desk.database.read() as session:
        kept = (await session.execute(text("select sender, body from inbound order by received_at"))).all()
        receipt = (await session.execute(text("select number, raw from receipts"))).one()
    assert [tuple(row) for row in kept] == [("", ""), (NUMBER, "Dziś")]
    assert tuple(receipt) == ("", {})
