"""P9: a fact through the bus (outbox insert → handler done), and how many facts a second one relay moves.

Peer in the same run: bare aiokafka (idempotent producer and a consumer without worker, inbox or outbox) on the same topic.
Prints one JSON line per measurement. `python tests/bench/bench_bus.py [--rate 200] [--seconds 10] [--burst 20000]`
"""

import argparse
import asyncio
import json
import os
import time
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from servers import kafka_and_postgres

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_contracts.topics import BY_NAME
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_runtime.bus import Consumer, Message, Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import OUTBOX_DDL, OutboxRelay, publish

CLOCK = SystemClock()


def fact(actor: str) -> AuditRecorded:
    """A fact of a usual size (about 250 bytes)."""
    return AuditRecorded(
        entry_id=new_id(),
        actor_id=actor,
        actor=Actor(kind="staff", id=actor),
        action="footage.live",
        reason=str(time.time()),
        at=CLOCK.now(),
    )


def line(**values: Any) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "bus", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie, in milliseconds."""
    return round(1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))], 2)


async def latency(bootstrap: str, prefix: str, database: Database, rate: int, seconds: float) -> None:
    """Outbox insert → handler done at a steady rate."""
    took: list[float] = []

    async def handle(message: Message) -> None:
        assert isinstance(message.fact, AuditRecorded)
        took.append(time.time() - float(message.fact.reason))

    producer = Producer(bootstrap, prefix)
    consumer = Consumer(bootstrap, "latency", ["audit"], handle, producer=producer, topic_prefix=prefix)
    tasks = [asyncio.create_task(consumer.run()), asyncio.create_task(OutboxRelay(database, producer).run())]
    await asyncio.sleep(3)
    took.clear()
    start, sent = time.monotonic(), 0
    while sent < rate * seconds:
        async with database.transaction() as session:
            await publish(session, fact(f"a{sent % 50}"), source="bench")
        sent += 1
        await asyncio.sleep(max(0.0, start + sent / rate - time.monotonic()))
    deadline = time.monotonic() + 20
    while len(took) < sent and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    line(
        system="hejnal",
        measure="outbox insert to handler done",
        rate=rate,
        facts=sent,
        lost=sent - len(took),
        latency_ms={"p50": p50, "p99": p99},
        met=p50 <= 15 and p99 <= 100 and len(took) == sent,
    )
    await consumer.stop()
    for task in tasks:
        task.cancel()
    await producer.stop()


async def bare(bootstrap: str, prefix: str, rate: int, seconds: float) -> None:
    """The same facts without outbox and bus: the peer."""
    consumer = AIOKafkaConsumer(prefix + "audit", bootstrap_servers=bootstrap, auto_offset_reset="latest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=2)
    await consumer.start()
    await producer.start()
    took: list[float] = []

    async def read() -> None:
        async for record in consumer:
            sent_at = float(json.loads(record.value)["reason"])
            took.append(time.time() - sent_at)

    reader = asyncio.create_task(read())
    await asyncio.sleep(1)
    start, sent, futures = time.monotonic(), 0, []
    while sent < rate * seconds:
        futures.append(await producer.send(prefix + "audit", fact("a").model_dump_json().encode(), key=b"a%d" % (sent % 50)))
        sent += 1
        await asyncio.sleep(max(0.0, start + sent / rate - time.monotonic()))
    await asyncio.gather(*futures)
    await asyncio.sleep(1)
    reader.cancel()
    line(
        system="aiokafka",
        measure="send to receive",
        rate=rate,
        facts=sent,
        lost=sent - len(took),
        latency_ms={"p50": percentile(took, 0.5), "p99": percentile(took, 0.99)},
    )
    await producer.stop()
    await consumer.stop()


async def burst(bootstrap: str, prefix: str, database: Database, rows: int) -> None:
    """How fast one relay empties a full outbox."""
    for _ in range(rows // 500):
        async with database.transaction() as session:
            await publish(session, *(fact(f"a{number % 50}") for number in range(500)), source="bench")
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    producer = Producer(bootstrap, prefix)
    await producer.start()
    start = time.monotonic()
    relay = asyncio.create_task(OutboxRelay(database, producer).run())
    while await connection.fetchval("select exists (select from work.outbox)"):
        await asyncio.sleep(0.02)
    elapsed = time.monotonic() - start
    relay.cancel()
    await producer.stop()
    await connection.close()
    line(
        system="hejnal",
        measure="one relay",
        facts=rows,
        seconds=round(elapsed, 2),
        per_second=round(rows / elapsed),
        met=rows / elapsed >= 2000,
    )


async def main() -> None:
    """Run everything on servers of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--burst", type=int, default=20_000)
    options = parser.parse_args()
    with kafka_and_postgres() as (bootstrap, admin_url):
        name = "hejnal_bench_bus"
        await drop_database(admin_url, name)
        await create_database(admin_url, name)
        url = url_of(admin_url, database=name, driver="+asyncpg")
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute("create schema work; set search_path to work, public")
        for statement in OUTBOX_DDL:
            await connection.execute(statement)
        await connection.close()
        prefix = f"bench{os.getpid()}-"
        await create_topics(bootstrap, [BY_NAME["audit"]], prefix=prefix, partitions=6)
        database = Database(url, schema="work")
        await latency(bootstrap, prefix, database, options.rate, options.seconds)
        await bare(bootstrap, prefix, options.rate, options.seconds)
        for rows in (options.burst // 8, options.burst // 4, options.burst // 2, options.burst):
            await burst(bootstrap, prefix, database, rows)
        await database.close()
        await drop_database(admin_url, name)


if __name__ == "__main__":
    asyncio.run(main())
