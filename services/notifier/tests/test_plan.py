"""Who is addressed, and when: the plan on a real PostGIS."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from notifier_town import Desk, announcement, contact, subscription, wish

from hejnal_contracts.announcements import CircleArea, PolygonArea, StreetsArea, TownArea
from hejnal_contracts.base import Channel, Point, Severity
from hejnal_contracts.residents import QuietHours
from hejnal_notifier.sending.outcome import Postponed, Refused
from hejnal_runtime import migrations

HERE = Point(lat=51.05, lon=20.95)
FAR = Point(lat=51.10, lon=21.05)
NIGHT = QuietHours(starts=time(22), ends=time(6))


def mail(name: str, **more: Any) -> Any:
    return contact("email", f"{name}@example.pl", contact_id=f"{name}-mail", **more)


def phone(name: str, number: str = "+48500100200") -> Any:
    return contact("sms", number, contact_id=f"{name}-phone")


def circle(center: Point, radius_m: float) -> CircleArea:
    return CircleArea(center=center, radius_m=radius_m)


def square(center: Point, half_deg: float) -> tuple[Point, ...]:
    steps = ((-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1))
    return tuple(Point(lat=center.lat + dy * half_deg, lon=center.lon + dx * half_deg) for dy, dx in steps)


def valid(desk: Desk, hours: float = 6, **more: Any) -> dict[str, Any]:
    now = desk.clock.now()
    return {"valid_from": now, "valid_until": now + timedelta(hours=hours), "issued_at": now, **more}


async def test_tables_equal_the_migrations(make_database: Any) -> None:
    url = make_database("notifier")
    import asyncio

    assert await asyncio.to_thread(migrations.check, url, "hejnal_notifier", "notifier") == []
    assert len(migrations.heads("hejnal_notifier")) == 1


async def test_category_severity_and_channel_decide(desk: Desk) -> None:
    await desk.subscribe(
        subscription("all", mail("all"), phone("all")),
        subscription("roads", mail("roads"), filters=(wish("roads"),)),
        subscription("serious", mail("serious"), filters=(wish("water", min_severity=Severity.WARNING),)),
        subscription("mail-only", mail("mail-only"), phone("mail-only"), filters=(wish("water", channels=("email",)),)),
        subscription("two", mail("two"), phone("two"), filters=(wish("water", channels=("sms",)), wish("water", "roads"))),
        subscription("no-filter", mail("no-filter"), filters=()),
    )
    first = announcement(**valid(desk))
    (planned,) = await desk.issue(first)
    assert await desk.who(first.announcement_id) == ["all email", "all sms", "mail-only email", "two email", "two sms"]
    assert planned.deliveries == 5
    grave = announcement(severity=Severity.WARNING, channels=(Channel.EMAIL,), **valid(desk))
    await desk.issue(grave)
    assert await desk.who(grave.announcement_id) == ["all email", "mail-only email", "serious email", "two email"]


@pytest.mark.parametrize(
    ("area", "footprint", "expected"),
    [
        (TownArea(), (), ["anywhere", "circle", "far", "footprint", "polygon", "street"]),
        (circle(HERE, 200), (), ["anywhere", "circle", "footprint", "polygon", "street"]),
        (circle(FAR, 200), (), ["anywhere", "far", "street"]),
        (PolygonArea(ring=square(HERE, 0.001)), (), ["anywhere", "circle", "footprint", "polygon", "street"]),
        # by name only: every drawn area may be concerned
        (StreetsArea(streets=("ulica KRÓTKA",)), (), ["anywhere", "circle", "far", "footprint", "polygon", "street"]),
        (StreetsArea(streets=("Długa",)), (), ["anywhere", "circle", "far", "footprint", "polygon"]),
        # the address register knows where the street is
        (StreetsArea(streets=("Długa",)), (square(FAR, 0.0005),), ["anywhere", "far", "street"]),
    ],
)
async def test_area_decides(desk: Desk, area: Any, footprint: Any, expected: list[str]) -> None:
    def lives(name: str, **more: Any) -> Any:
        return subscription(name, mail(name), filters=(wish("water", **more),))

    await desk.subscribe(
        lives("anywhere"),
        lives("circle", area=circle(HERE, 100)),
        lives("far", area=circle(FAR, 100)),
        lives("polygon", area=PolygonArea(ring=square(HERE, 0.0005))),
        lives("street", area=StreetsArea(streets=("ul. Krótka",))),
        lives("footprint", area=StreetsArea(streets=("Polna",)), footprint=(square(HERE, 0.0005),)),
    )
    fact = announcement(area=area, footprint=footprint, **valid(desk))
    await desk.issue(fact)
    assert await desk.who(fact.announcement_id) == [f"{name} email" for name in expected]


async def test_circles_that_do_not_quite_meet(desk: Desk) -> None:
    degree_m = 111_194.0  # of latitude
    for name, gap_m in (("meets", -20.0), ("misses", 20.0)):
        center = Point(lat=HERE.lat + (300 + 200 + gap_m) / degree_m, lon=HERE.lon)
        await desk.subscribe(subscription(name, mail(name), filters=(wish("water", area=circle(center, 200)),)))
    fact = announcement(area=circle(HERE, 300), **valid(desk))
    await desk.issue(fact)
    assert await desk.who(fact.announcement_id) == ["meets email"]


async def test_quiet_hours_hold_all_but_emergencies(desk: Desk) -> None:
    desk.clock.advance(11 * 3600)  # 23:00 UTC, midnight in the town
    await desk.subscribe(
        subscription("sleeper", mail("sleeper"), quiet_hours=NIGHT),
        subscription("awake", mail("awake"), quiet_hours=QuietHours(starts=time(1), ends=time(5))),
        subscription("away", mail("away"), paused_until=datetime(2026, 11, 21, 12, tzinfo=UTC)),
    )
    notice = announcement(**valid(desk, 24))
    await desk.issue(notice)
    due = {row.resident_id: row.not_before for row in await desk.rows(notice.announcement_id)}
    assert due["awake"] == desk.clock.now()
    assert due["sleeper"] == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert due["away"] == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert await desk.send_all() == 1
    short = announcement(**valid(desk, 2))
    await desk.issue(short)
    assert [(row.state, row.cause) for row in await desk.rows(short.announcement_id)] == [
        ("queued", None),
        ("expired", "quiet_until_too_late"),
        ("expired", "quiet_until_too_late"),
    ]
    fire = announcement(severity=Severity.EMERGENCY, **valid(desk, 2))
    await desk.issue(fire)
    assert await desk.send_all() == 4
    desk.clock.advance(6 * 3600 + 60)
    assert await desk.send_all() == 1


async def test_nothing_is_sent_after_its_time(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a")))
    late = announcement(**valid(desk, -1))
    await desk.issue(late)
    assert [(row.state, row.cause) for row in await desk.rows(late.announcement_id)] == [("expired", "too_late")]
    soon = announcement(**valid(desk, 1))
    await desk.issue(soon)
    desk.clock.advance(3600)
    assert await desk.send_all() == 0
    assert [(row.state, row.cause) for row in await desk.rows(soon.announcement_id)] == [("expired", "too_late")]


async def test_what_must_not_be_sent_any_more_never_stands_before_what_must(desk: Desk) -> None:
    """After an outage a provider gets one message as a trial: it is asked for behind hundreds that have expired meanwhile."""
    await desk.subscribe(*(subscription(f"r{number}", mail(f"r{number}")) for number in range(40)))
    outdated, matters = announcement(**valid(desk, 1)), announcement(**valid(desk, 9))
    await desk.issue(outdated)
    await desk.issue(matters)
    desk.clock.advance(3700)
    jobs, more = await desk.queue.claim(Channel.EMAIL, 1, "smtp")
    assert [job.content.announcement_id for job in jobs] == [matters.announcement_id]
    assert more
    assert {row.state for row in await desk.rows(outdated.announcement_id)} == {"expired"}
    jobs, more = await desk.queue.claim(Channel.EMAIL, 100, "smtp")
    assert (len(jobs), more) == (39, False)  # the rest, each once, and nobody else's lock on it


async def test_the_all_clear_goes_to_those_who_were_told(desk: Desk) -> None:
    told = [subscription("told", mail("told")), subscription("gone", mail("gone")), subscription("erased", mail("erased"))]
    await desk.subscribe(*told, subscription("bounced", mail("bounced")))
    first = announcement(**valid(desk))
    await desk.issue(first)
    jobs, _ = await desk.queue.claim(Channel.EMAIL, 10, "smtp")
    from hejnal_notifier.sending.outcome import Accepted
    from hejnal_notifier.sending.queue import Done

    await desk.queue.note(
        [
            Done(job, Refused("no_such_mailbox", "550", "hard_bounce") if job.resident_id == "bounced" else Accepted())
            for job in jobs
        ]
    )
    await desk.subscribe(
        subscription("told", mail("told"), version=2, filters=(wish("roads"),)),  # does not want water any more
        subscription("gone", version=2),  # has withdrawn the contact
        subscription("new", mail("new")),
    )
    await desk.erase("erased")
    await desk.issue(announcement("cancelled", first.announcement_id, 2, **valid(desk)))
    assert await desk.who(first.announcement_id, 2) == ["told email"]


async def test_an_update_reaches_the_told_and_the_newly_concerned(desk: Desk) -> None:
    await desk.subscribe(
        subscription("here", mail("here"), filters=(wish("water", area=circle(HERE, 100)),)),
        subscription("far", mail("far"), filters=(wish("water", area=circle(FAR, 100)),)),
    )
    first = announcement(area=circle(HERE, 100), **valid(desk))
    await desk.issue(first)
    await desk.send_all()
    await desk.issue(announcement("updated", first.announcement_id, 2, area=circle(FAR, 100), **valid(desk)))
    assert await desk.who(first.announcement_id, 2) == ["far email", "here email"]


async def test_a_newer_version_takes_the_place_of_what_still_waits(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), filters=(wish("water", area=circle(HERE, 100)),)))
    first = announcement(area=circle(HERE, 100), **valid(desk))
    await desk.issue(first)
    (planned,) = await desk.issue(announcement("updated", first.announcement_id, 2, area=circle(FAR, 100), **valid(desk)))
    assert planned.called_off == 1
    assert await desk.who(first.announcement_id, 1, "cancelled") == ["a email"]
    assert await desk.who(first.announcement_id, 2) == []  # never told, not concerned any more
    assert await desk.send_all() == 0


async def test_a_cancel_stops_what_waits_for_another_try(desk: Desk) -> None:
    await desk.subscribe(subscription("refused", mail("refused")), subscription("doubt", phone("doubt")))
    first = announcement(**valid(desk))
    await desk.issue(first)
    mails, _ = await desk.queue.claim(Channel.EMAIL, 10, "smtp")
    texts, _ = await desk.queue.claim(Channel.SMS, 10, "smsapi")
    from hejnal_notifier.sending.queue import Done

    again = desk.clock.now() + timedelta(seconds=5)
    await desk.queue.note(
        [Done(mails[0], Postponed("deferred"), again), Done(texts[0], Postponed("timeout", in_doubt=True), again)]
    )
    await desk.issue(announcement("cancelled", first.announcement_id, 2, **valid(desk)))
    assert await desk.who(first.announcement_id, 1, "cancelled") == ["doubt sms", "refused email"]
    assert await desk.who(first.announcement_id, 2) == ["doubt sms"]  # may have the first word, so gets the last


async def test_versions_in_the_wrong_order_and_twice(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a")))
    first = announcement(**valid(desk))
    second = announcement("updated", first.announcement_id, 2, **valid(desk))
    await desk.store(second, "event-2")
    await desk.store(second, "event-2")
    await desk.store(second)
    await desk.plan()
    await desk.store(first)
    (late,) = await desk.plan()
    assert late.superseded
    assert await desk.who(first.announcement_id, 1) == []
    assert await desk.who(first.announcement_id, 2) == ["a email"]
    assert await desk.send_all() == 1
    assert await desk.plan() == []


async def test_subscriptions_twice_out_of_order_and_erased(desk: Desk) -> None:
    old = desk.message("subscriptions", "a", subscription("a", mail("a"), filters=(wish("roads"),)))
    new = desk.message("subscriptions", "a", subscription("a", mail("a"), phone("a"), version=2))
    gone = desk.message("subscriptions", "b", None)
    await desk.take(desk.message("subscriptions", "b", subscription("b", mail("b"))), new, old, gone)
    await desk.take(old, new)
    await desk.take(desk.message("subscriptions", "a", old.fact))
    fact = announcement(**valid(desk))
    await desk.issue(fact)
    assert await desk.who(fact.announcement_id) == ["a email", "a sms"]


async def test_a_failed_contact_is_used_again_only_when_verified_anew(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a")))
    await desk.issue(announcement(**valid(desk)))
    assert await desk.send_all(Refused("no_such_mailbox", "550 5.1.1", "hard_bounce")) == 1
    await desk.subscribe(subscription("a", mail("a"), version=2))
    second = announcement(**valid(desk))
    await desk.issue(second)
    assert await desk.who(second.announcement_id) == []
    anew = mail("a").model_copy(update={"verified_at": desk.clock.now() + timedelta(seconds=1)})
    await desk.subscribe(subscription("a", anew, version=3))
    third = announcement(**valid(desk))
    await desk.issue(third)
    assert await desk.who(third.announcement_id) == ["a email"]


async def test_a_channel_without_provider_fails_at_once_and_says_so(desk: Desk) -> None:
    hook = contact("webhook", "https://example.org/hook", contact_id="hook")
    await desk.subscribe(subscription("a", hook, filters=(wish("water", channels=("webhook",)),)))
    fact = announcement(channels=(Channel.WEBHOOK,), **valid(desk))
    await desk.issue(fact)
    assert [(row.state, row.cause) for row in await desk.rows(fact.announcement_id)] == [("failed", "channel_off")]


async def test_urgent_first(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), filters=(wish("water", "fire"),)))
    info, fire = announcement(severity=Severity.INFO, **valid(desk)), announcement(severity=Severity.EMERGENCY, **valid(desk))
    await desk.store(info)
    await desk.store(fire)
    assert [planned.announcement_id for planned in await desk.plan()] == [fire.announcement_id, info.announcement_id]
    jobs, more = await desk.queue.claim(Channel.EMAIL, 1, "smtp")
    assert jobs[0].content.announcement_id == fire.announcement_id
    assert more
