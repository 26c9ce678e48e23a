"""Push first: the SMS waits for the push, is spared when a device shows it, and goes when none does."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import asyncpg
import pytest
from notifier_town import Desk, Town, announcement, contact, push_contact, subscription, until

from hejnal_contracts.base import Channel, Severity
from hejnal_contracts.deliveries import MessageShown
from hejnal_contracts.residents import QuietHours
from hejnal_notifier.announcing.policy import ChannelPolicy
from hejnal_notifier.sending.outcome import Accepted, Refused
from hejnal_notifier.sending.queue import Done
from hejnal_notifier.shown import ShownHandler

POLICY = ChannelPolicy((Severity.NOTICE,), timedelta(minutes=2))
KEYS = {"p256dh": "p", "auth": "a"}


def push(name: str) -> Any:
    return contact("push", f"https://push.example/{name}", KEYS, contact_id=f"{name}-push")


def phone(name: str) -> Any:
    return contact("sms", "+48500100200", contact_id=f"{name}-phone")


def valid(desk: Desk, hours: float = 6, **more: Any) -> dict[str, Any]:
    now = desk.clock.now()
    return {"valid_from": now, "valid_until": now + timedelta(hours=hours), "issued_at": now, **more}


async def issue(desk: Desk, fact: Any) -> None:
    await desk.store(fact)
    await desk.plan(policy=POLICY)


async def show(desk: Desk, fact: Any, resident: str, device: str = "") -> None:
    shown = MessageShown(
        resident_id=resident,
        contact_id=f"{device or resident}-push",
        announcement_id=fact.announcement_id,
        version=fact.version,
        shown_at=desk.clock.now(),
    )
    await ShownHandler(desk.database, desk.clock)([desk.message("shown-messages", resident, shown)] * 2)


async def claimed(desk: Desk, channel: Channel = Channel.SMS) -> list[str]:
    jobs, _ = await desk.queue.claim(channel, 100, "any")
    await desk.queue.note([Done(job, Accepted(f"p-{job.delivery_id}")) for job in jobs])
    return sorted(job.resident_id or "" for job in jobs)


async def test_the_sms_goes_to_whom_no_device_has_shown_it(desk: Desk) -> None:
    await desk.subscribe(
        subscription("seen", push("seen"), phone("seen")),
        subscription("unseen", push("unseen"), phone("unseen")),
        subscription("no-push", phone("no-push")),
    )
    fact = announcement(**valid(desk))
    await issue(desk, fact)
    assert await claimed(desk, Channel.PUSH) == ["seen", "unseen"]
    assert await claimed(desk) == ["no-push"]
    desk.clock.advance(30)
    await show(desk, fact, "seen")
    desk.clock.advance(89)
    assert await claimed(desk) == []
    desk.clock.advance(1)
    assert await claimed(desk) == ["unseen"]
    assert {(row.resident_id, row.channel, row.state, row.cause) for row in await desk.rows(fact.announcement_id)} == {
        ("seen", "push", "delivered", None),
        ("seen", "sms", "cancelled", "push_shown"),
        ("unseen", "push", "sent", None),
        ("unseen", "sms", "sent", None),
        ("no-push", "sms", "sent", None),
    }
    await show(desk, fact, "unseen")  # late: the SMS is out
    assert await desk.who(fact.announcement_id, state="delivered") == ["seen push", "unseen push"]


async def test_a_confirmation_before_the_providers_answer_is_noted(desk: Desk) -> None:
    await desk.subscribe(subscription("a", push("a"), phone("a")))
    fact = announcement(**valid(desk))
    await issue(desk, fact)
    jobs, _ = await desk.queue.claim(Channel.PUSH, 10, "any")
    await show(desk, fact, "a")
    await desk.queue.note([Done(jobs[0], Accepted("p"))])
    assert await desk.who(fact.announcement_id, state="delivered") == ["a push"]
    assert await desk.who(fact.announcement_id, state="cancelled") == ["a sms"]


async def test_a_device_that_is_gone_makes_the_sms_due_at_once_unless_another_may_show_it(desk: Desk) -> None:
    await desk.subscribe(
        subscription("one", push("one"), phone("one")), subscription("two", push("two"), push("two-b"), phone("two"))
    )
    fact = announcement(**valid(desk))
    await issue(desk, fact)
    jobs, _ = await desk.queue.claim(Channel.PUSH, 10, "any")
    gone = Refused("subscription_gone", "410", "gone")
    await desk.queue.note([Done(job, Accepted() if job.contact_id == "two-b-push" else gone) for job in jobs])
    assert await claimed(desk) == ["one"]
    await show(desk, fact, "two", "two-b")
    desk.clock.advance(600)
    assert await claimed(desk) == []


@pytest.mark.parametrize("severity", [Severity.EMERGENCY, Severity.WARNING])
async def test_what_is_not_in_the_policy_goes_at_once(desk: Desk, severity: Severity) -> None:
    await desk.subscribe(subscription("a", push("a"), phone("a")))
    await issue(desk, announcement(severity=severity, **valid(desk)))
    assert await claimed(desk) == ["a"]


async def test_updates_do_not_begin_the_wait_anew_and_an_all_clear_ends_it(desk: Desk) -> None:
    await desk.subscribe(subscription("a", push("a"), phone("a")))
    first = announcement(**valid(desk))
    await issue(desk, first)
    begun = desk.clock.now()
    for version in (2, 3):
        assert await claimed(desk, Channel.PUSH) == ["a"]
        desk.clock.advance(50)
        await issue(desk, announcement("updated", first.announcement_id, version, **valid(desk)))
        due = {row.channel: row.not_before for row in await desk.rows(first.announcement_id, version)}
        assert due == {"push": desk.clock.now(), "sms": begun + timedelta(minutes=2)}
    assert await claimed(desk, Channel.PUSH) == ["a"]
    await issue(desk, announcement("cancelled", first.announcement_id, 4, **valid(desk)))
    assert await desk.who(first.announcement_id, 4) == ["a push"]  # the SMS never went: nothing to take back
    desk.clock.advance(600)
    assert await claimed(desk) == []


async def test_a_short_validity_shortens_the_wait(desk: Desk) -> None:
    await desk.subscribe(subscription("a", push("a"), phone("a")))
    await issue(desk, announcement(**valid(desk, hours=1 / 60)))
    desk.clock.advance(30)
    assert await claimed(desk) == ["a"]


async def test_a_push_just_before_quiet_hours_brings_no_sms_in_the_night(desk: Desk) -> None:
    night = QuietHours(starts=time(22), ends=time(6))
    desk.clock.advance(8 * 3600 + 59 * 60)  # 21:59 in the town
    await desk.subscribe(
        subscription("a", push("a"), phone("a"), quiet_hours=night),
        subscription("late", phone("late"), quiet_hours=night),
        subscription("away", phone("away")),
    )
    fact = announcement(**valid(desk, 24))
    await issue(desk, fact)
    assert await claimed(desk, Channel.PUSH) == ["a"]
    # what was late for another reason is held, too: here the pause that began after the plan
    morning = datetime(2026, 11, 21, 9, tzinfo=UTC)
    await desk.subscribe(subscription("away", phone("away"), version=2, paused_until=morning))
    desk.clock.advance(121)
    assert await claimed(desk) == []
    due = {row.resident_id: row.not_before for row in await desk.rows(fact.announcement_id) if row.channel == "sms"}
    assert due == {name: datetime(2026, 11, 21, 5, tzinfo=UTC) for name in ("a", "late")} | {"away": morning}
    await show(desk, fact, "a")
    desk.clock.advance(8 * 3600)
    assert await claimed(desk) == ["late"]


async def test_the_whole_way_survives_a_kill(town: Town) -> None:
    anna, bogdan = await town.sinks.device(label="Anna"), await town.sinks.device(label="Bogdan")
    devices = {"anna": push_contact(anna), "bogdan": push_contact(bogdan)}
    numbers = {"anna": "+48500100200", "bogdan": "+48500100300"}
    await town.send(*(subscription(name, devices[name], contact("sms", numbers[name])) for name in devices))
    town.extra |= {"PUSH_FIRST_SEVERITIES": '["notice"]', "PUSH_FIRST_PATIENCE_S": "3600"}
    process = town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def pushed() -> Any:
        return len(await town.sinks.messages(channel="push")) == 2

    await until(pushed, what="both pushes")
    (payload,) = await town.sinks.push_payloads(anna)
    assert payload["contact_id"] == devices["anna"].contact_id
    process.kill()
    process.wait(10)
    shown = {"contact_id": payload["contact_id"], "announcement_id": fact.announcement_id, "version": payload["version"]}
    await town.producer.send_fact(MessageShown(resident_id="anna", shown_at=datetime.now(UTC), **shown), "citizen-api")
    town.start()
    await town.ready()

    async def heard() -> bool:
        return "delivered" in await town.states(fact.announcement_id)

    await until(heard, what="that Anna's device has shown it")
    connection = await asyncpg.connect(town.database_url.replace("+asyncpg", ""))
    await connection.execute("update notifier.deliveries set not_before = now() where channel = 'sms'")  # patience is over
    await connection.close()

    async def texted() -> list[str]:
        return [message["to"] for message in await town.sinks.messages(channel="sms")]

    assert await until(texted, 90, "the SMS") == [numbers["bogdan"]]

    async def settled() -> bool:
        return await town.states(fact.announcement_id) == ["cancelled", "delivered", "delivered", "sent"]

    await until(settled, what="all ends")
    assert await texted() == [numbers["bogdan"]]
