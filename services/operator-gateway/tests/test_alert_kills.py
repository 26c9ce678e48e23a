"""The gateway is killed in the middle of its work (SIGKILL, again and again): nothing is lost, nothing is there twice."""

import asyncio
import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from gateway_process import gateway_process
from sqlalchemy import text

from hejnal_contracts.alerts import AlertRequested
from hejnal_contracts.base import Severity
from hejnal_runtime.bus import Producer
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

REQUESTS = 60
KILLS = 2


def requested(number: int) -> AlertRequested:
    """Every third is about the same object as the one before: it joins."""
    return AlertRequested(
        request_id=new_id(),
        source_id="chaos",
        severity=Severity.WARNING,
        summary=f"Prośba {number}",
        object_id=f"object-{number // 3}",
        at=datetime.now(UTC),
    )


@pytest.mark.slow
async def test_killed_while_it_raises(settings: Any, keys: Any) -> None:
    producer = Producer(settings.kafka_bootstrap, settings.topic_prefix)
    sent = 0

    async def send(count: int) -> None:
        nonlocal sent
        for _ in range(count):
            await producer.send_fact(requested(sent), "chaos")
            sent += 1

    for _ in range(KILLS):
        async with gateway_process(settings) as (process, _):
            sending = asyncio.create_task(send(REQUESTS // (KILLS + 1)))
            await asyncio.sleep(random.uniform(0.05, 0.4))
            process.kill()
            await process.wait()
            await sending
    database = Database(settings.database_url.get_secret_value(), schema="gateway")
    async with gateway_process(settings):
        await send(REQUESTS - sent)
        await _until(lambda: _counted(database, REQUESTS))
        await _until(lambda: _empty(database))
    await producer.stop()
    async with database.read() as session:
        rows = (await session.execute(text("select alert_id, dedup_key, count, version from alerts"))).all()
        entries = (await session.execute(text("select count(*) from alert_entries"))).scalar()
    await database.close()
    assert Counter(row.count for row in rows) == {3: REQUESTS // 3}
    assert len({row.dedup_key for row in rows}) == REQUESTS // 3
    assert entries == REQUESTS
    told = await _told(settings, REQUESTS)
    assert {alert_id: sorted(versions) for alert_id, versions in told.items()} == {row.alert_id: [1, 2, 3] for row in rows}


async def _until(condition: Any, timeout_s: float = 60) -> None:
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(0.1)


async def _counted(database: Database, count: int) -> bool:
    async with database.read() as session:
        return (await session.execute(text("select coalesce(sum(count), 0) from alerts"))).scalar() == count


async def _empty(database: Database) -> bool:
    async with database.read() as session:
        return (await session.execute(text("select count(*) from outbox"))).scalar() == 0


async def _told(settings: Any, count: int) -> dict[str, set[int]]:
    """Versions of each alert on the topic, each event id once: the outbox may repeat a message, never lose one."""
    consumer = AIOKafkaConsumer(
        settings.topic_prefix + "alerts", bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    told: dict[str, set[int]] = {}
    seen: dict[bytes, tuple[str, int]] = {}
    try:
        async with asyncio.timeout(30):
            while len(seen) < count:
                record = await consumer.getone()
                assert record.value is not None
                fact = json.loads(record.value)
                event_id = dict(record.headers)["ce_id"]
                story = (fact["alert_id"], fact["version"])
                assert seen.setdefault(event_id, story) == story
                told.setdefault(fact["alert_id"], set()).add(fact["version"])
    finally:
        await consumer.stop()
    assert len(set(seen.values())) == len(seen), "the same version under two ids"
    return told


@pytest.mark.slow
async def test_an_escalation_that_falls_due_while_nobody_runs(settings: Any, keys: Any) -> None:
    """Due times are rows: a fresh process finds what fell due before it was there, and goes up one level, not two."""
    producer = Producer(settings.kafka_bootstrap, settings.topic_prefix)
    database = Database(settings.database_url.get_secret_value(), schema="gateway")
    async with gateway_process(settings) as (process, _):
        await producer.send_fact(requested(0), "chaos")
        await _until(lambda: _counted(database, 1))
        process.kill()
        await process.wait()
    async with database.transaction() as session:
        await session.execute(text("update alerts set escalate_at = now() - interval '1 hour'"))
    async with gateway_process(settings), gateway_process(settings):
        await _until(lambda: _at_level_one(database))
    await producer.stop()
    async with database.read() as session:
        found = await session.execute(text("select count(*) from alert_entries where kind = 'escalated'"))
        assert found.scalar() == 1
    await database.close()


async def _at_level_one(database: Database) -> bool:
    async with database.read() as session:
        return (await session.execute(text("select level from alerts"))).scalar() == 1
