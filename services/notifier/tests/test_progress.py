"""The counters of an announcement stay right, whatever comes in whatever order."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_contracts.base import Channel, Severity
from hejnal_contracts.deliveries import ChannelCounts, DeliveryProgressed
from hejnal_notifier.announcing.policy import ChannelPolicy
from hejnal_notifier.delivery import Meaning, State
from hejnal_notifier.progress import ProgressReporter
from hejnal_notifier.receipts import apply_receipt
from hejnal_notifier.sending.outcome import Accepted, Outcome, Refused, Unanswered
from hejnal_notifier.sending.queue import Done


def valid(desk: Desk, **more: Any) -> dict[str, Any]:
    now = desk.clock.now()
    return {"valid_from": now, "valid_until": now + timedelta(hours=6), "issued_at": now, **more}


class Console:
    """Sees what the deliveries topic would bring."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reporter = ProgressReporter(desk.database, desk.clock, desk.queue, interval=timedelta(seconds=1))

    async def look(self) -> DeliveryProgressed:
        self._desk.clock.advance(1)
        while await self._reporter.report_one():
            pass
        async with self._desk.database.read() as session:
            value = await session.execute(text("select value from outbox where type = 'delivery.progressed.v1' order by id desc"))
            return DeliveryProgressed.model_validate_json(value.scalars().first() or b"")

    async def channel(self, channel: Channel) -> ChannelCounts:
        return next(one for one in (await self.look()).counts if one.channel is channel)


async def receipt(desk: Desk, delivery_id: UUID, meaning: Meaning) -> None:
    async with desk.database.transaction() as session:
        cause = "undelivered" if meaning is Meaning.FAILED else None
        key = {"channel": Channel.SMS, "delivery_id": delivery_id, "provider_id": "p"}
        await apply_receipt(session, desk.clock, meaning=meaning, cause=cause, raw={}, **key)


@pytest.mark.parametrize("seed", range(4))
async def test_receipts_in_any_order_add_up(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    people = [f"r{number}" for number in range(25)]
    await desk.subscribe(*(subscription(one, contact("sms", f"+4850010{seed}2{one[1:]:0>2}")) for one in people))
    fact = announcement(**valid(desk))
    await desk.issue(fact)
    jobs, _ = await desk.queue.claim(Channel.SMS, 100, "any")
    console = Console(desk)
    answers: list[Outcome] = [Accepted("p"), Accepted("p"), Refused("rejected"), Unanswered("timeout")]
    steps: list[Any] = [("answer", job, chance.choice(answers)) for job in jobs]
    steps += [("receipt", chance.choice(jobs), chance.choice(list(Meaning))) for _ in range(80)]
    chance.shuffle(steps)
    said: dict[UUID, set[Meaning]] = {}
    for number, (what, job, news) in enumerate(steps):
        if what == "answer":
            await desk.queue.note([Done(job, news)])
        else:
            await receipt(desk, job.delivery_id, news)
            said.setdefault(job.delivery_id, set()).add(news)
        if number % 10 == 0:
            counts = await console.channel(Channel.SMS)
            rows = Counter("queued" if row.state == "sending" else row.state for row in await desk.rows(fact.announcement_id))
            states = ("queued", "sent", "delivered", "failed", "expired", "cancelled", "unknown")
            assert {state: getattr(counts, state) for state in states if getattr(counts, state)} == dict(rows)
            assert sum(counts.causes.values()) == counts.failed + counts.expired
    counts = await console.channel(Channel.SMS)
    # whoever's device has it counts as delivered, whatever else was said before or after
    assert counts.delivered == sum(Meaning.DELIVERED in meanings for meanings in said.values())
    assert counts.delivered + counts.sent + counts.failed + counts.unknown == len(people)
    assert (await console.look()).finished


async def test_what_waits_for_a_push_what_was_spared_and_how_fast_it_went(desk: Desk) -> None:
    keys = {"p256dh": "p", "auth": "a"}
    for name in ("seen", "unseen"):
        push = contact("push", f"https://push.example/{name}", keys, contact_id=f"{name}-push")
        await desk.subscribe(subscription(name, push, contact("sms", "+48500100200", contact_id=f"{name}-phone")))
    await desk.subscribe(subscription("refused", contact("sms", "+48500100300", contact_id="refused-phone")))
    fact = announcement(**valid(desk))
    await desk.store(fact)
    await desk.plan(policy=ChannelPolicy((Severity.NOTICE,), timedelta(minutes=2)))
    console = Console(desk)
    assert (await console.channel(Channel.SMS)).waiting_for_push == 2
    desk.clock.advance(3)
    assert await desk.send_all(Refused("rejected", "blacklisted")) == 3
    counts = {one.channel: one for one in (await console.look()).counts}
    assert counts[Channel.PUSH].causes == {"rejected": 2}
    assert counts[Channel.PUSH].pace_s == (None, None, None)
    # both devices are refused, so both SMS are due now, and nothing waits any longer
    assert await desk.send_all() == 2
    last = await console.look()
    sms = next(one for one in last.counts if one.channel is Channel.SMS)
    assert (sms.sent, sms.failed, sms.waiting_for_push, sms.spared_by_push, sms.causes) == (2, 1, 0, 0, {"rejected": 1})
    assert sms.pace_s is not None
    assert sms.pace_s[0] is not None
    assert sms.pace_s[2] is None  # the refused one never gets there
    assert last.finished
    assert all(State(row.state) in (State.SENT, State.FAILED) for row in await desk.rows(fact.announcement_id))
