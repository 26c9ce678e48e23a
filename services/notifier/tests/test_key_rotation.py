"""The VAPID key changes while the town works: each subscription is signed for with its own key, and nobody is told twice."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from notifier_town import Desk, Sinks, Town, announcement, contact, subscription, until, wish
from sqlalchemy import text

from hejnal_contracts.base import Channel, Language
from hejnal_contracts.deliveries import ContactFailed
from hejnal_notifier.channels.push import WebPush
from hejnal_notifier.channels.vapid import application_server_key
from hejnal_notifier.channels.vapid_ring import VapidRing, key_id, make_vapid_key, read_ring, write_ring
from hejnal_notifier.sending.job import DirectContent, Job
from hejnal_notifier.sending.outcome import Accepted, Postponed, Refused
from hejnal_notifier.sending.queue import Done
from hejnal_runtime.bus.message import decode
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.endpoints import EndpointPolicy

pytestmark = pytest.mark.timeout(300)


async def browser(sinks: Sinks, server_key: str, *, told: bool = True, **body: str) -> tuple[dict[str, Any], Any]:
    """A device whose push service takes messages of this key only, and the contact; `told`: the town knows the key."""
    device = await sinks.device(server_key=server_key, **body)
    keys = device["keys"] | ({"server_key": server_key} if told else {})
    return device, contact("push", device["endpoint"], keys)


async def vapid_keys(town: Town, *words: str) -> tuple[int, str]:
    """The command, as the town's IT runs it."""
    files = ["--private", str(town.folder / "vapid.pem"), "--public", str(town.folder / "vapid.pub")]
    command = [sys.executable, "-m", "hejnal_notifier", "vapid-keys", *words, *files]
    process = await asyncio.create_subprocess_exec(
        *command, env=town.environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def browsers_by_key(town: Town) -> dict[tuple[str, str], float]:
    """The metric: browsers by short name and state of the key."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{town.port}/metrics") as response:
        said = await response.text()
    found = re.findall(r'^hejnal_notifier_push_subscriptions\{key="(.+?)",state="(.+?)"\} (\S+)$', said, re.MULTILINE)
    return {(key, state): float(count) for key, state, count in found}


async def browsers_known(town: Town, name: str) -> bool:
    """Whether subscriptions of a key are in the table yet."""
    return any(line.startswith(name) for line in (await vapid_keys(town, "list"))[1].splitlines())


async def failures(town: Town, count: int) -> list[ContactFailed]:
    consumer = AIOKafkaConsumer(f"{town.prefix}deliveries", bootstrap_servers=town.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[ContactFailed] = []

    async def look() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            found.extend(fact for record in records if isinstance(fact := decode(record, town.prefix).fact, ContactFailed))
        return len(found) >= count

    try:
        await until(look, 90, "facts of failed contacts")
    finally:
        await consumer.stop()
    return found


async def sent(town: Town, count: int) -> bool:
    """A new announcement to so many browsers: True once all of them have been handed over."""
    fact = announcement()
    await town.send(fact)

    async def over() -> list[str]:
        states = await town.states(fact.announcement_id)
        return states if len(states) == count and not {"queued", "sending"} & set(states) else []

    states: list[str] = await until(over, 90, "the announcement")
    return states == ["sent"] * count


async def test_the_key_changes_while_the_notifier_runs(town: Town) -> None:
    old = read_ring(town.folder / "vapid.pem").current
    kept, kept_contact = await browser(town.sinks, old.public_key)
    early, early_contact = await browser(town.sinks, old.public_key, told=False)
    await town.send(subscription("kept", kept_contact), subscription("early", early_contact))
    town.start()
    await town.ready()
    assert await sent(town, 2)

    files, now = (town.folder / "vapid.pem", town.folder / "vapid.pub"), datetime.now(UTC)
    write_ring(read_ring(files[0]).added(now), *files)
    write_ring(read_ring(files[0]).switched(), *files)
    new = read_ring(town.folder / "vapid.pem").current
    assert new.public_key != old.public_key
    fresh, fresh_contact = await browser(town.sinks, new.public_key)
    await town.send(subscription("fresh", fresh_contact))
    assert await sent(town, 3)  # none was refused for its key: no restart
    for device, count in ((kept, 2), (early, 2), (fresh, 1)):
        assert len(await town.sinks.push_payloads(device)) == count

    moved, moved_contact = await browser(town.sinks, new.public_key)
    renewed = kept_contact.model_copy(update={"address": moved["endpoint"], "push_keys": moved_contact.push_keys})
    await town.send(subscription("kept", renewed, version=2))
    assert await sent(town, 3)
    assert len(await town.sinks.push_payloads(kept)) == 2  # told once, where it is now
    assert len(await town.sinks.push_payloads(moved)) == 1

    code, said = await vapid_keys(town, "withdraw", old.key_id)
    assert (code, said.partition(" still")[0]) == (1, "1 browsers")
    assert (await vapid_keys(town, "withdraw", old.key_id, "--anyway"))[0] == 0
    (failed,) = await failures(town, 1)
    assert (failed.resident_id, failed.reason, failed.channel) == ("early", "key_withdrawn", Channel.PUSH)
    assert failed.verified_at == early_contact.verified_at
    assert await sent(town, 2)

    async def counted() -> bool:
        return await browsers_by_key(town) == {(old.key_id, "withdrawn"): 0, (new.key_id, "current"): 2}

    await until(counted, 90, "the metric")


async def test_a_key_that_cannot_be_found_is_waited_for_and_ends_nobody(town: Town) -> None:
    lost = ec.generate_private_key(ec.SECP256R1())
    device, waiting = await browser(town.sinks, application_server_key(lost))
    await town.send(subscription("a", waiting))
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def state(wanted: str, cause: str | None) -> bool:
        return [(row["state"], row["cause"]) for row in await town.deliveries(fact.announcement_id)] == [(wanted, cause)]

    await until(lambda: state("queued", "push_key_missing"), 90, "a first try")
    pem = lost.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path = town.folder / "vapid.pem"
    (town.folder / "part").write_text(pem + path.read_text())
    (town.folder / "part").replace(path)
    await until(lambda: state("sent", None), 90, "the key is back")
    assert len(await town.sinks.push_payloads(device)) == 1


async def test_a_lost_key_that_no_backup_has_is_given_up(town: Town) -> None:
    lost = application_server_key(ec.generate_private_key(ec.SECP256R1()))
    _, waiting = await browser(town.sinks, lost)
    await town.send(subscription("a", waiting))
    town.start()
    await town.ready()
    used = read_ring(town.folder / "vapid.pem").current.key_id
    name = key_id(lost)

    async def counted(*expected: tuple[str, str, int]) -> bool:
        return await browsers_by_key(town) == {(key, state): count for key, state, count in expected}

    await until(lambda: browsers_known(town, name), 90, "the subscription")
    code, said = await vapid_keys(town, "withdraw", name)
    assert (code, said.partition(" still")[0]) == (1, "1 browsers")
    assert (await vapid_keys(town, "withdraw", name, "--anyway"))[0] == 0
    (failed,) = await failures(town, 1)
    assert (failed.resident_id, failed.reason) == ("a", "key_withdrawn")
    await until(lambda: counted((used, "current", 0), (name, "withdrawn", 0)), 90, "the metric")
    assert read_ring(town.folder / "vapid.pem").oldest.key_id == used  # whose subscriptions named no key hang on the same


# --- one try --------------------------------------------------------------------------------------------------------


def job(device: dict[str, Any], server_key: str | None, attempt: int = 1) -> Job:
    now = datetime.now(UTC)
    return Job(
        delivery_id=uuid4(),
        channel=Channel.PUSH,
        provider="webpush",
        attempt=attempt,
        in_doubt=False,
        lease_until=now + timedelta(minutes=1),
        not_before=now,
        created_at=now,
        expires_at=now + timedelta(hours=1),
        resident_id="r",
        contact_id="c",
        address=device["endpoint"],
        push_p256dh=device["keys"]["p256dh"],
        push_auth=device["keys"]["auth"],
        push_server_key=server_key,
        unsubscribe_url="",
        language=Language.PL,
        content=DirectContent("test"),
    )


async def test_what_each_key_means_for_one_try(sinks: Sinks, tmp_path: Path) -> None:
    private, public = tmp_path / "vapid.pem", tmp_path / "vapid.pub"
    old = make_vapid_key(private, public)
    ring = VapidRing(private, "mailto:a@b.pl")
    clock = ManualClock(datetime.now(UTC))
    push = WebPush(ring, EndpointPolicy((), (sinks.url,)), clock, town="Bugielsk", concurrency=4, timeout_s=10)
    try:
        device, gone = await sinks.device(server_key=old), await sinks.device(server_key=old, behaviour="gone")
        assert isinstance(await push.send(job(device, old)), Accepted)
        assert isinstance(await push.send(job(device, None)), Accepted)
        refused = await push.send(job(gone, old))
        assert isinstance(refused, Refused)
        assert refused.contact == "gone"

        write_ring(read_ring(private).added(clock.now()).switched(), private, public)
        new = ring.read().current.public_key
        assert isinstance(await push.send(job(device, old)), Accepted)
        assert isinstance(await push.send(job(device, new)), Postponed)  # a wrong key is our fault: nobody's subscription ends
        # A browser that subscribes anew has given its old subscription up already: the town hears of the new one in a moment.
        first, second = await push.send(job(gone, old)), await push.send(job(gone, old, attempt=2))
        assert (isinstance(first, Postponed), isinstance(second, Refused)) == (True, True)
        assert first.cause == "perhaps_renewing"

        write_ring(read_ring(private).without(key_id(old), clock.now()), private, public)
        for named in (old, None):
            ended = await push.send(job(device, named))
            assert isinstance(ended, Refused)
            assert (ended.cause, ended.contact) == ("push_key_withdrawn", "key_withdrawn")
        stray = application_server_key(ec.generate_private_key(ec.SECP256R1()))
        missing = await push.send(job(device, stray))
        assert isinstance(missing, Postponed)
        assert missing.cause == "push_key_missing"
    finally:
        await push.close()


# --- a browser that subscribes anew -----------------------------------------------------------------------------------


@pytest.fixture
def before() -> Any:
    return contact("push", "https://fcm.googleapis.com/old", {"p256dh": "p", "auth": "a", "server_key": "B1"}, "c1")


def renewed(before: Any) -> Any:
    keys = before.push_keys.model_copy(update={"server_key": "B2"})
    new = {"address": "https://fcm.googleapis.com/new", "push_keys": keys, "verified_at": before.verified_at + timedelta(days=1)}
    return before.model_copy(update=new)


async def test_what_waits_goes_to_the_new_subscription_and_once(desk: Desk, before: Any) -> None:
    await desk.subscribe(subscription("r", before, filters=(wish("water", channels=("push",)),)))
    fact = announcement()
    await desk.issue(fact)
    await desk.subscribe(subscription("r", renewed(before), version=2, filters=(wish("water", channels=("push",)),)))
    (waiting,), _ = await desk.queue.claim(Channel.PUSH, 10, "webpush")
    assert (waiting.address, waiting.push_server_key) == ("https://fcm.googleapis.com/new", "B2")
    await desk.queue.note([Done(waiting, Accepted("x"))])
    assert await desk.who(fact.announcement_id) == ["r push"]
    assert await desk.queue.claim(Channel.PUSH, 10, "webpush") == ([], False)


async def test_news_of_the_old_subscription_does_not_close_the_new_one(desk: Desk, before: Any) -> None:
    await desk.subscribe(subscription("r", before))
    await desk.issue(announcement())
    (in_hand,), _ = await desk.queue.claim(Channel.PUSH, 10, "webpush")
    await desk.subscribe(subscription("r", renewed(before), version=2))
    await desk.queue.note([Done(in_hand, Refused("subscription_gone", "410", "gone"))])
    async with desk.database.read() as session:
        rows = (await session.execute(text("select failed_at from contacts"))).all()
        facts = (await session.execute(text("select type from outbox where type = 'contact.failed.v1'"))).all()
    assert [row.failed_at for row in rows] == [None]
    assert facts == []
