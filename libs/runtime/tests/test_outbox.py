"""The outbox against real PostgreSQL and Kafka: what commits is sent, once per key order, through crashes."""

import asyncio
import json
import random
import signal
from collections import defaultdict

import asyncpg
import pytest
from bus_room import NOW, read_all, report, running, until
from sqlalchemy import text

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_runtime.bus import Producer
from hejnal_runtime.outbox import OutboxRelay, publish, publish_tombstone

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(180)]


def entry(actor: str, number: int, reason: str = "") -> AuditRecorded:
    return AuditRecorded(
        entry_id=f"{actor}-{number}",
        actor_id=actor,
        actor=Actor(kind="staff", id=actor),
        action="footage.live",
        reason=reason,
        at=NOW,
    )


async def test_only_what_commits_is_sent_with_cloudevents_headers(kafka_bootstrap, make_topics, database):
    prefix = await make_topics("reports")
    producer = Producer(kafka_bootstrap, prefix)
    with pytest.raises(RuntimeError, match="rolled back"):
        async with database.transaction() as session:
            await publish(session, report("never"), source="citizen-api")
            raise RuntimeError("rolled back")
    async with database.transaction() as session:
        await publish(session, report("sent"), source="citizen-api")
    async with running(OutboxRelay(database, producer)):
        records = await read_all(kafka_bootstrap, f"{prefix}reports", 1)
        await until(lambda: _waiting_is(database, 0))
    await producer.stop()
    assert [json.loads(record.value)["report_id"] for record in records] == ["sent"]
    headers = {name: value.decode() for name, value in records[0].headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_type"] == "pl.hejnal.report.submitted.v1"
    assert headers["ce_source"] == "/hejnal/citizen-api"
    assert headers["ce_subject"] == "sent"
    assert headers["content-type"] == "application/json"
    assert records[0].key == b"sent"


async def _waiting_is(database, count: int) -> bool:
    async with database.read() as session:
        return (await session.execute(text("select count(*) from outbox where parked_at is null"))).scalar() == count


async def test_two_relays_killed_again_and_again_lose_nothing_and_keep_order_per_key(
    kafka_bootstrap, make_topics, database, database_url, start_program
):
    prefix = await make_topics("audit", partitions=3)
    sequence: dict[str, int] = defaultdict(int)
    dice = random.Random(7)

    async def write(rows: int) -> None:
        for _ in range(rows // 50):
            async with database.transaction() as session:
                facts = []
                for _ in range(50):
                    actor = f"a{dice.randrange(10)}"
                    sequence[actor] += 1
                    facts.append(entry(actor, sequence[actor], "x" * 300))
                await publish(session, *facts, source="test")

    await write(2000)
    relays = [start_program("relay.py", kafka_bootstrap, prefix, database_url) for _ in range(2)]
    for _ in range(3):
        await asyncio.sleep(1.2)
        victim = relays.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait(timeout=10)
        relays.append(start_program("relay.py", kafka_bootstrap, prefix, database_url))
        await write(1000)
    await until(lambda: _waiting_is(database, 0), 60)
    records = await read_all(kafka_bootstrap, f"{prefix}audit", 5000)
    first_seen: dict[str, list[int]] = defaultdict(list)
    ids: set[str] = set()
    for record in sorted(records, key=lambda r: (r.partition, r.offset)):
        identity = dict(record.headers)["ce_id"].decode()
        if identity in ids:
            continue  # a repeat after a crash: consumers know it by its id
        ids.add(identity)
        fact = json.loads(record.value)
        first_seen[fact["actor_id"]].append(int(fact["entry_id"].split("-")[1]))
    assert {actor: len(numbers) for actor, numbers in first_seen.items()} == sequence
    for numbers in first_seen.values():
        assert numbers == sorted(numbers)


async def test_a_row_that_can_never_be_sent_is_parked_and_is_no_wall(kafka_bootstrap, make_topics, database):
    prefix = await make_topics("audit", partitions=1)
    async with database.transaction() as session:
        await publish(session, entry("a", 1), entry("a", 2, "x" * 2_000_000), entry("a", 3), source="test")
    producer = Producer(kafka_bootstrap, prefix)
    relay = OutboxRelay(database, producer)
    async with running(relay):
        records = await read_all(kafka_bootstrap, f"{prefix}audit", 2)
        await until(lambda: _waiting_is(database, 0))
    await producer.stop()
    assert [json.loads(record.value)["entry_id"] for record in records] == ["a-1", "a-3"]
    assert relay.parked == 1
    async with database.read() as session:
        reason = (await session.execute(text("select parked_reason from outbox"))).scalar()
    assert "MessageSizeTooLarge" in reason


async def test_a_commit_is_sent_within_moments_and_its_absence_is_seen_in_health(
    kafka_bootstrap, make_topics, database, database_url
):
    prefix = await make_topics("subscriptions")
    producer = Producer(kafka_bootstrap, prefix)
    relay = OutboxRelay(database, producer, idle_s=30)  # only the notification can wake it in time
    async with running(relay):
        await asyncio.sleep(0.5)
        async with database.transaction() as session:
            await publish_tombstone(session, "subscriptions", "resident-1", source="citizen-api")
        records = await read_all(kafka_bootstrap, f"{prefix}subscriptions", 1, timeout_s=10)
        assert relay.health() is None
    await producer.stop()
    assert records[0].key == b"resident-1"
    assert records[0].value is None
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute(
        "insert into work.outbox (topic, key, event_id, type, source, time, value) "
        "values ('audit', 'a', 'e', 'audit.recorded.v1', 't', now() - interval '5 minutes', '{}')"
    )
    await connection.close()
    away = OutboxRelay(database, Producer("127.0.0.1:9"))
    async with running(away):
        finding = await until(away.health)
    assert "oldest fact waits" in finding


async def test_a_tombstone_needs_a_compacted_topic(database):
    async with database.transaction() as session:
        with pytest.raises(ValueError, match="not compacted"):
            await publish_tombstone(session, "reports", "r", source="test")
