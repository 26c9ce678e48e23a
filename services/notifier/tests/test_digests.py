"""What is not urgent comes as one message at the resident's hour, and only what still matters is in it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from notifier_town import Desk, announcement, contact, subscription
from test_adapters import NOW, job

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.residents import Digest, QuietHours
from hejnal_notifier.announcing.digest_time import next_digest
from hejnal_notifier.announcing.digests import DigestGatherer
from hejnal_notifier.announcing.policy import ChannelPolicy
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.channels.push import digest_payload
from hejnal_notifier.sending.job import DigestContent, Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Refused
from hejnal_notifier.sending.queue import Done

KEYS = {"p256dh": "p", "auth": "a"}
EVENING = Digest(at=time(18))
DUE = datetime(2026, 11, 20, 17, tzinfo=UTC)  # the desk's clock begins at 13:00 in the town


def mail(name: str) -> Any:
    return contact("email", f"{name}@example.pl", contact_id=f"{name}-mail")


def info(desk: Desk, title: str = "Festyn", hours: float = 48, kind: str = "issued", **more: Any) -> Any:
    now = desk.clock.now()
    texts = {Language.PL: Text(title=title, body=f"{title} na rynku.")}
    span = {"valid_from": now, "valid_until": now + timedelta(hours=hours), "issued_at": now}
    return announcement(kind, **{"severity": Severity.INFO, "texts": texts, **span, **more})


async def gather(desk: Desk) -> int:
    return await DigestGatherer(desk.database, desk.clock, lambda: None).gather()


async def take(desk: Desk, outcome: Outcome = Accepted("p"), channel: Channel = Channel.EMAIL) -> list[Job]:
    jobs, _ = await desk.queue.claim(channel, 100, "any")
    await desk.queue.note([Done(one, outcome) for one in jobs])
    return jobs


def titles(one: Job) -> list[str]:
    assert isinstance(one.content, DigestContent)
    return [item.text(Language.PL)[1].title for item in one.content.items]


async def test_one_message_with_all_that_is_still_valid(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), digest=EVENING), subscription("b", mail("b")))
    facts = [info(desk, "Festyn"), info(desk, "Koncert"), info(desk, "Krótkie", hours=5.01), info(desk, "Odwołane")]
    for fact in facts:
        await desk.issue(fact)
    assert sorted(one.resident_id for one in await take(desk)) == ["b"] * 4
    update = info(desk, "Koncert o 19", kind="updated", announcement_id=facts[1].announcement_id, version=2)
    await desk.issue(update)
    await desk.issue(info(desk, "Nic", kind="cancelled", announcement_id=facts[3].announcement_id, version=2))
    await take(desk)
    assert await gather(desk) == 0
    desk.clock.advance((DUE - desk.clock.now()).total_seconds() + 60)  # late, as after an outage
    assert await gather(desk) == 1
    assert await gather(desk) == 0
    (one,) = await take(desk)
    assert titles(one) == ["Festyn", "Koncert o 19"]
    assert await take(desk) == []
    states = {
        fact.texts[Language.PL].title: (await desk.rows(fact.announcement_id, fact.version))[0] for fact in [*facts, update]
    }
    assert {title: (row.state, row.cause) for title, row in states.items()} == {
        "Festyn": ("sent", None),
        "Koncert": ("cancelled", "superseded"),
        "Koncert o 19": ("sent", None),
        "Krótkie": ("expired", "too_late"),
        "Odwołane": ("cancelled", "superseded"),
    }


async def test_what_would_be_over_by_then_and_what_matters_go_at_once(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), digest=EVENING))
    await desk.issue(info(desk, "Zaraz", hours=3))
    await desk.issue(info(desk, "Woda", severity=Severity.NOTICE))
    assert len(await take(desk)) == 2
    await desk.subscribe(subscription("a", mail("a"), digest=Digest(at=time(18), up_to=Severity.NOTICE), version=2))
    await desk.issue(info(desk, "Woda znowu", severity=Severity.NOTICE))
    await desk.issue(info(desk, "Ostrzeżenie", severity=Severity.WARNING))
    assert len(await take(desk)) == 1


async def test_the_sms_of_somebody_with_a_digest_is_spared_and_others_get_it(desk: Desk) -> None:
    push = contact("push", "https://push.example/a", KEYS, contact_id="a-push")
    phone = contact("sms", "+48500100200", contact_id="phone")
    await desk.subscribe(subscription("a", push, mail("a"), phone, digest=EVENING), subscription("only", phone, digest=EVENING))
    fact = info(desk)
    await desk.store(fact)
    await desk.plan(policy=ChannelPolicy((Severity.INFO,)))
    assert {(row.resident_id, row.channel): (row.state, row.cause) for row in await desk.rows(fact.announcement_id)} == {
        ("a", "push"): ("held", None),
        ("a", "email"): ("held", None),
        ("a", "sms"): ("cancelled", "in_digest"),
        ("only", "sms"): ("queued", None),
    }
    desk.clock.advance((DUE - desk.clock.now()).total_seconds())
    assert await gather(desk) == 2
    for channel in (Channel.PUSH, Channel.EMAIL):
        assert [titles(one) for one in await take(desk, channel=channel)] == [["Festyn"]]


async def test_readers_of_a_digest_get_the_news_and_those_who_never_got_it_do_not(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), digest=EVENING), subscription("b", mail("b"), digest=Digest(at=time(23))))
    fact = info(desk)
    await desk.issue(fact)
    desk.clock.advance((DUE - desk.clock.now()).total_seconds())
    await gather(desk)
    jobs, _ = await desk.queue.claim(Channel.EMAIL, 10, "any")
    assert len(jobs) == 1
    # the all-clear comes while the digest is in the provider's hands
    await desk.issue(info(desk, "Nie ma festynu", kind="cancelled", announcement_id=fact.announcement_id, version=2))
    assert await desk.who(fact.announcement_id, 2) == ["a email"]
    await desk.queue.note([Done(jobs[0], Accepted("p"))])
    assert {(row.resident_id, row.state) for row in await desk.rows(fact.announcement_id)} == {("a", "sent"), ("b", "cancelled")}


async def test_a_dead_mailbox_fails_all_that_the_digest_brings(desk: Desk) -> None:
    await desk.subscribe(subscription("a", mail("a"), digest=EVENING))
    facts = [info(desk, "Festyn"), info(desk, "Koncert")]
    for fact in facts:
        await desk.issue(fact)
    desk.clock.advance((DUE - desk.clock.now()).total_seconds())
    await gather(desk)
    await take(desk, Refused("no_such_mailbox", "550 5.1.1", "hard_bounce"))
    for fact in facts:
        assert [(row.state, row.cause) for row in await desk.rows(fact.announcement_id)] == [("failed", "no_such_mailbox")]
    await desk.issue(later := info(desk, "Kolejny"))
    assert await desk.who(later.announcement_id) == []


async def test_quiet_hours_a_withdrawn_contact_and_what_is_superseded_in_the_queue(desk: Desk) -> None:
    night = QuietHours(starts=time(17), ends=time(20))
    await desk.subscribe(
        subscription("a", mail("a"), digest=EVENING, quiet_hours=night), subscription("b", mail("b"), digest=EVENING)
    )
    fact = info(desk)
    await desk.issue(fact)
    desk.clock.advance((DUE - desk.clock.now()).total_seconds())
    await desk.subscribe(subscription("b", version=2))
    assert await gather(desk) == 2
    assert await desk.who(fact.announcement_id, state="cancelled") == ["b email"]
    assert await take(desk) == []  # quiet until eight
    desk.clock.advance(3600)
    await desk.issue(info(desk, "Nic", kind="cancelled", announcement_id=fact.announcement_id, version=2))
    desk.clock.advance(3600)
    assert await take(desk) == []  # nothing is left of it
    assert await desk.who(fact.announcement_id, state="cancelled") == ["a email", "b email"]


@pytest.mark.parametrize(
    ("now", "every", "at", "weekday", "due"),
    [
        ("2026-11-20T12:00Z", "day", time(18), 1, "2026-11-20T17:00Z"),
        ("2026-11-20T17:00Z", "day", time(18), 1, "2026-11-21T17:00Z"),
        ("2026-11-20T12:00Z", "week", time(8), 1, "2026-11-23T07:00Z"),
        ("2026-11-20T12:00Z", "week", time(13), 5, "2026-11-27T12:00Z"),
        ("2026-10-24T12:00Z", "day", time(2, 30), 1, "2026-10-25T00:30Z"),  # the hour that repeats: the first time
        ("2026-03-28T12:00Z", "day", time(2, 30), 1, "2026-03-29T01:30Z"),  # the hour that is skipped: as much later
        ("2026-03-28T23:30Z", "day", time(0, 15), 1, "2026-03-29T22:15Z"),
    ],
)
def test_the_residents_hour(now: str, every: str, at: time, weekday: int, due: str) -> None:
    assert next_digest(datetime.fromisoformat(now), every, at, weekday) == datetime.fromisoformat(due)


@pytest.mark.parametrize("language", list(Language))
def test_how_it_reads(language: Language) -> None:
    content = DigestContent((job(title="Festyn <na rynku>").content, job(title="Koncert", instruction="Wstęp wolny").content))
    composer = EmailComposer("Hejnał <h@bugielsk.test>", "Bugielsk")
    subject, text, html = composer.digest(content, language, unsubscribe_url="https://miasto.example/u")
    assert subject.startswith("Bugielsk: ")
    assert text.index("Festyn <na rynku>") < text.index("Koncert") < text.index("https://miasto.example/u")
    assert "Festyn &lt;na rynku&gt;" in html
    payload = digest_payload(content, language, town="Bugielsk")
    assert payload["body"] == "• Festyn <na rynku>\n• Koncert"
    assert payload["url"] == "https://miasto.example/"
    whole = composer.compose(job(content), NOW)
    assert b"List-Unsubscribe" not in whole  # this contact has no address for it
