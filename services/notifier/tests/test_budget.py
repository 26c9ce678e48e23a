"""The month's SMS budget: what would pass it is held back and says so; an emergency passes, by name."""

from datetime import timedelta
from typing import Any

from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier import metrics
from hejnal_notifier.announcing.budget import SmsBudget
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.progress import ProgressReporter
from hejnal_notifier.sending.outcome import Accepted
from hejnal_notifier.sending.queue import Done

WORDING = SmsWording("Bugielsk", diacritics=False, max_parts=3)


def _budget(limit_grosze: int | None) -> SmsBudget:
    return SmsBudget(limit_grosze, 10, WORDING.parts_of)


async def _issue(desk: Desk, budget: SmsBudget, severity: Severity = Severity.WARNING) -> tuple[Any, Any]:
    now = desk.clock.now()
    fact = announcement(severity=severity, issued_at=now, valid_from=now, valid_until=now + timedelta(hours=5))
    await desk.store(fact)
    await desk.plan(budget)
    async with desk.database.read() as session:
        version = (
            await session.execute(text("select * from versions where announcement_id = :id"), {"id": fact.announcement_id})
        ).one()
    return fact, version


async def _people(desk: Desk, count: int) -> None:
    for number in range(count):
        own = contact("sms", f"+485001002{number:02d}"), contact("email", f"r{number}@example.pl")
        await desk.subscribe(subscription(f"r{number}", *own))


async def test_the_cost_of_a_version_is_known_when_it_is_planned(desk: Desk) -> None:
    await _people(desk, 4)
    _, version = await _issue(desk, _budget(None))
    assert (version.sms_messages, version.sms_cost_grosze, version.over_budget) == (4, 40, False)


async def test_what_would_pass_the_budget_is_held_back_on_sms_alone(desk: Desk) -> None:
    await _people(desk, 5)
    fact, version = await _issue(desk, _budget(49))
    assert version.over_budget
    rows = await desk.rows(fact.announcement_id)
    assert {(row.channel, row.state, row.cause) for row in rows} == {("sms", "failed", "over_budget"), ("email", "queued", None)}


async def test_what_is_queued_and_what_was_spent_count_and_nothing_counts_twice(desk: Desk) -> None:
    await _people(desk, 5)
    budget = _budget(100)
    first, version = await _issue(desk, budget)
    assert not version.over_budget
    jobs, _ = await desk.queue.claim(Channel.SMS, 3, "smpp")
    done = [Done(job, Accepted("x", parts=1)) for job in jobs]
    desk.queue._prices = {"smpp": 10}
    await desk.queue.note(done)
    _, second = await _issue(desk, budget)  # 30 spent, 20 queued, 50 more: just within
    assert not second.over_budget
    _, third = await _issue(desk, budget)
    assert third.over_budget
    assert {row.state for row in await desk.rows(first.announcement_id) if row.channel == "sms"} == {"sent", "queued"}


async def test_an_emergency_passes_and_says_so(desk: Desk) -> None:
    await _people(desk, 5)
    fact, version = await _issue(desk, _budget(0), Severity.EMERGENCY)
    assert version.over_budget
    assert version.issued_by
    assert {row.state for row in await desk.rows(fact.announcement_id)} == {"queued"}


async def test_the_metrics_say_what_was_spent_and_how_long_the_oldest_waits(desk: Desk) -> None:
    await _people(desk, 5)
    await _issue(desk, _budget(None))
    desk.queue._prices = {"smpp": 10}
    jobs, _ = await desk.queue.claim(Channel.SMS, 3, "smpp")
    await desk.queue.note([Done(job, Accepted("x", parts=1)) for job in jobs])
    desk.clock.advance(90)
    await ProgressReporter(desk.database, desk.clock, desk.queue, interval=timedelta(seconds=1))._measure()
    assert metrics.SMS_SPENT_ZL._value.get() == 0.3
    assert metrics.QUEUED.labels("sms")._value.get() == 2
    assert 90 <= metrics.OLDEST_DUE_S.labels("sms")._value.get() < 120
    assert metrics.OLDEST_DUE_S.labels("push")._value.get() == 0
