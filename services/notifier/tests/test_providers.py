"""How the service takes what providers do: refusals for now and for ever, outages, receipts."""

import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer
from notifier_town import Town, announcement, contact, push_contact, subscription, until, wish

from hejnal_contracts.base import Channel, Severity
from hejnal_contracts.deliveries import ContactFailed, DeliveryProgressed
from hejnal_runtime.bus.message import decode


async def facts_of(town: Town, wanted: type, count: int, timeout_s: float = 20) -> list[Any]:
    consumer = AIOKafkaConsumer(f"{town.prefix}deliveries", bootstrap_servers=town.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[Any] = []
    deadline = time.monotonic() + timeout_s
    try:
        while len(found) < count and time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [fact for record in records if isinstance(fact := decode(record, town.prefix).fact, wanted)]
    finally:
        await consumer.stop()
    return found


async def by_contact(town: Town, announcement_id: str) -> dict[str, tuple[str, str | None, int]]:
    return {row["address"]: (row["state"], row["cause"], row["attempts"]) for row in await town.deliveries(announcement_id)}


async def settle(town: Town, announcement_id: str, count: int, timeout_s: float = 30) -> list[dict[str, Any]]:
    async def check() -> list[dict[str, Any]]:
        rows = await town.deliveries(announcement_id)
        open_states = {"queued", "sending"}
        return rows if len(rows) == count and not any(row["state"] in open_states for row in rows) else []

    return await until(check, timeout_s, "the end of all deliveries")


async def test_refusals_for_now_are_retried_and_for_ever_end_the_contact(town: Town) -> None:
    devices = {name: await town.sinks.device(behaviour=name) for name in ("gone", "flaky", "accept")}
    await town.send(
        *(subscription(f"push-{name}", push_contact(device)) for name, device in devices.items()),
        *(
            subscription(f"mail-{name}", contact("email", f"m+{name}@example.pl", contact_id=f"mail-{name}"))
            for name in ("bounce", "flaky", "reject")
        ),
        subscription("sms-bad", contact("sms", "+48500100001", contact_id="sms-bad")),
        subscription("sms-flaky", contact("sms", "+48500200002")),
        subscription("sms-undelivered", contact("sms", "+48500200003")),
        subscription("sms-noisy", contact("sms", "+48500200005")),
    )
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)
    await settle(town, fact.announcement_id, 10)

    async def receipts_in() -> bool:
        states = [row["state"] for row in await town.deliveries(fact.announcement_id) if row["channel"] == "sms"]
        return sorted(states) == ["delivered", "delivered", "failed", "failed"]

    await until(receipts_in, 15, "the receipts")
    found: dict[str, Any] = {}
    for row in await town.deliveries(fact.announcement_id):
        found.setdefault(f"{row['channel']} {row['state']}", []).append((row["cause"], row["attempts"]))
    assert sorted(found["push sent"]) == [(None, 1), (None, 3)]
    assert found["push failed"] == [("subscription_gone", 1)]
    assert found["email sent"] == [(None, 3)]
    assert sorted(found["email failed"]) == [("no_such_mailbox", 1), ("rejected", 1)]
    assert sorted(found["sms delivered"]) == [(None, 1), (None, 3)]
    assert sorted(found["sms failed"]) == [("bad_number", 1), ("undelivered", 1)]
    failed = await facts_of(town, ContactFailed, 3)
    assert {(one.resident_id, one.reason) for one in failed} == {
        ("push-gone", "gone"),
        ("mail-bounce", "hard_bounce"),
        ("sms-bad", "hard_bounce"),
    }
    again = announcement()
    await town.send(again)
    assert len(await settle(town, again.announcement_id, 7)) == 7  # the three are not written to again


async def test_a_gateway_that_is_down_gets_everything_when_it_is_back(town: Town) -> None:
    await town.send(*(subscription(f"r{number}", contact("sms", f"+4850030{number:04d}")) for number in range(10, 30)))
    town.start()
    await town.ready()
    await town.sinks.post("/api/outage", {"channel": "sms", "seconds": 3})
    fact = announcement()
    await town.send(fact)

    async def tried() -> bool:
        rows = await town.deliveries(fact.announcement_id)
        return len(rows) == 20 and all(row["attempts"] >= 1 for row in rows)

    await until(tried, 20, "a first try of each")
    assert not await town.sinks.messages(channel="sms")
    await settle(town, fact.announcement_id, 20)
    counts = await town.sinks.get("/api/counts")
    assert (counts["sms"]["shown"], counts["sms"]["repeats"]) == (20, 0)


async def test_what_expires_during_an_outage_is_never_sent(town: Town) -> None:
    await town.send(subscription("a", contact("email", "a@example.pl"), contact("sms", "+48500300400")))
    town.start()
    await town.ready()
    for channel in ("email", "sms"):
        await town.sinks.post("/api/outage", {"channel": channel, "seconds": 5})
    fact = announcement(valid_until=datetime.now(UTC) + timedelta(seconds=2.5))
    await town.send(fact)
    rows = await settle(town, fact.announcement_id, 2)
    assert {row["state"] for row in rows} == {"expired"}
    for channel in ("email", "sms"):
        await town.sinks.post("/api/outage", {"channel": channel, "seconds": 0})
    other = announcement()
    await town.send(other)
    await settle(town, other.announcement_id, 2)
    counts = await town.sinks.get("/api/counts")
    assert [counts[channel]["shown"] for channel in ("email", "sms")] == [1, 1]


async def test_a_push_as_the_device_sees_it(town: Town) -> None:
    device = await town.sinks.device()
    await town.send(subscription("a", push_contact(device)))
    town.start()
    await town.ready()
    fact = announcement(severity=Severity.EMERGENCY, drill=True)
    await town.send(fact)
    await settle(town, fact.announcement_id, 1)
    (message,) = await town.sinks.messages(channel="push")
    assert message["headers"]["Urgency"] == "high"
    assert len(message["headers"]["Topic"]) == 32
    assert 6 * 3600 - 30 <= int(message["headers"]["TTL"]) <= 6 * 3600
    (payload,) = await town.sinks.push_payloads(device)
    assert payload["title"] == "ĆWICZENIA: Zagrożenie: Nie ma wody na Krótkiej"
    assert payload["tag"] == message["headers"]["Topic"]
    assert payload["url"] == fact.page_url


async def test_an_e_mail_as_the_mailbox_sees_it(town: Town) -> None:
    leave = "https://miasto.example/wypisz/t0k3n"
    await town.send(
        subscription("a", contact("email", "a@example.pl", unsubscribe_url=leave)),
        subscription("b", contact("email", "b@example.pl"), language="uk"),
    )
    town.start()
    await town.ready()
    texts = {
        "pl": {"title": "Tytuł <b>", "body": "Treść & <script>alert(1)</script>", "instruction": "Zamknij okna."},
        "uk": {"title": "Немає води", "body": "Труба лопнула."},
    }
    fact = announcement(texts=texts)
    await town.send(fact)
    await settle(town, fact.announcement_id, 2)
    mine = (await town.sinks.messages(to="a@example.pl"))[0]
    theirs = (await town.sinks.messages(to="b@example.pl"))[0]
    assert mine["subject"] == "Tytuł <b>"
    assert mine["headers"]["List-Unsubscribe"] == f"<{leave}>"
    assert mine["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Zamknij okna." in mine["text"]
    assert fact.page_url in mine["text"]
    assert leave in mine["text"]
    async with aiohttp.ClientSession() as http, http.get(town.sinks.url + mine["html_url"]) as response:
        html = await response.text()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert theirs["subject"] == "Немає води"
    assert "Діє з" in theirs["text"]
    assert "List-Unsubscribe" not in theirs["headers"]


async def test_progress_is_told_at_most_once_a_second_and_ends_finished(town: Town) -> None:
    await town.send(
        *(subscription(f"r{number}", contact("email", f"r{number}@example.pl")) for number in range(60)),
        subscription("flaky", contact("email", "m+flaky@example.pl")),
        subscription("bounce", contact("email", "m+bounce@example.pl")),
    )
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)
    await settle(town, fact.announcement_id, 62)

    facts: list[DeliveryProgressed] = []

    async def finished() -> bool:
        facts[:] = await facts_of(town, DeliveryProgressed, 99, 2)
        return bool(facts) and facts[-1].finished

    await until(finished, 15, "the last progress fact")
    assert {one.announcement_id for one in facts} == {fact.announcement_id}
    (counts,) = facts[-1].counts
    assert (counts.channel, counts.sent, counts.failed, counts.queued) == (Channel.EMAIL, 61, 1, 0)
    pauses = [(later.at - earlier.at).total_seconds() for earlier, later in itertools.pairwise(facts)]
    assert all(pause >= 1.0 for pause in pauses)


async def test_only_the_channels_that_were_wished_and_announced(town: Town) -> None:
    device = await town.sinks.device()
    await town.send(
        subscription("a", push_contact(device), contact("sms", "+48500300999"), filters=(wish("water", channels=("sms",)),)),
        subscription("b", contact("sms", "+48500300998"), contact("email", "b@example.pl")),
    )
    town.start()
    await town.ready()
    fact = announcement(channels=(Channel.EMAIL, Channel.PUSH))
    await town.send(fact)
    rows = await settle(town, fact.announcement_id, 1)
    assert [row["channel"] for row in rows] == ["email"]
    assert rows[0]["address"] == "b…@example.pl"
