"""Work on a cluster: one who writes directly, one who writes through an outbox, and a consumer that applies each message once."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_contracts.topics import BY_NAME
from hejnal_runtime.bus import Consumer, Message, Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.inbox import INBOX_DDL, first_time
from hejnal_runtime.outbox import OUTBOX_DDL, OutboxRelay, publish

TOPIC = "audit"
SCHEMA = "work"
GROUP = "applied-once"
AUTHORS = tuple(f"author-{number}" for number in range(8))
"""Each is a key, so a story of its own."""
DIRECT = "direct"
PAUSE_S = 0.2
"""Between two facts of an author: slow enough for a busy machine, so that a backlog comes from an outage alone."""

Entry = tuple[str, int]


def fact_of(author: str, number: int) -> AuditRecorded:
    """An author's `number`-th fact."""
    return AuditRecorded(
        entry_id=f"{author}:{number}", actor_id=author, actor=Actor(kind="staff", id=author), action="footage.live",
        at=datetime.now(UTC),
    )  # fmt: skip


@dataclass
class Direct:
    """Sends one fact after the other, and notes which were acknowledged. What was refused is not sent again."""

    producer: Producer
    patience_s: float = 30.0
    taken: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    longest_pause_s: float = 0.0
    """Between two acknowledgements, since it was last set to zero."""
    enough: bool = False

    async def run(self) -> None:
        """Until it is enough; what is under way then still has its outcome noted."""
        last = time.monotonic()
        for number in itertools.count(1):
            if self.enough:
                return
            try:
                await self.producer.send_fact(fact_of(DIRECT, number), "test", timeout_s=self.patience_s)
            except AppError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise
                self.refused.append(number)
            else:
                self.taken.append(number)
                now = time.monotonic()
                self.longest_pause_s = max(self.longest_pause_s, now - last)
                last = now
            await asyncio.sleep(PAUSE_S)


@dataclass
class ThroughOutbox:
    """Commits facts of all authors, in their order. Kafka is none of its business."""

    database: Database
    written: int = 0
    """Facts of each author."""
    enough: bool = False

    async def run(self) -> None:
        """Until it is enough; what is under way then is still counted."""
        while not self.enough:
            async with self.database.transaction() as session:
                await publish(session, *(fact_of(author, self.written + 1) for author in AUTHORS), source="test")
            self.written += 1
            await asyncio.sleep(PAUSE_S)


@dataclass
class Work:
    """All of it at once; `open` starts it."""

    bootstrap: str
    database: Database
    direct: Direct
    outbox: ThroughOutbox
    relay: OutboxRelay
    consumer: Consumer
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, bootstrap: str, database_url: str) -> AsyncIterator["Work"]:
        """Starts it on an empty database, and ends it."""
        await _make_tables(database_url)
        database = Database(database_url, schema=SCHEMA)
        writing, relaying = Producer(bootstrap), Producer(bootstrap)

        async def apply(message: Message) -> None:
            assert isinstance(message.fact, AuditRecorded)
            author, _, number = message.fact.entry_id.partition(":")
            async with database.transaction() as session:
                if await first_time(session, GROUP, message):
                    row = {"author": author, "number": int(number)}
                    await session.execute(text("insert into effects (author, number) values (:author, :number)"), row)

        relay = OutboxRelay(database, relaying)
        consumer = Consumer(bootstrap, GROUP, [TOPIC], apply, producer=writing)
        work = cls(bootstrap, database, Direct(writing), ThroughOutbox(database), relay, consumer)
        parts = {"direct": work.direct, "outbox": work.outbox, "relay": relay, "consumer": consumer}
        work.running = {name: asyncio.create_task(part.run(), name=name) for name, part in parts.items()}
        try:
            yield work
        finally:
            for task in work.running.values():
                task.cancel()
            await asyncio.wait(work.running.values())
            for producer in (writing, relaying):
                await producer.stop()
            await database.close()

    async def end_writing(self) -> None:
        """Nothing new is written from here on. Raises what a writer has failed with."""
        self.direct.enough = self.outbox.enough = True
        async with asyncio.timeout(2 * self.direct.patience_s):
            await asyncio.gather(self.running["direct"], self.running["outbox"])

    async def waiting(self) -> int:
        """Rows in the outbox."""
        async with self.database.read() as session:
            return int((await session.execute(text("select count(*) from outbox"))).scalar_one())

    async def effects(self) -> list[Entry]:
        """What the consumer has applied, in the order in which it did."""
        async with self.database.read() as session:
            rows = await session.execute(text("select author, number from effects order by id"))
            return [(row.author, row.number) for row in rows]

    async def log(self) -> Counter[Entry]:
        """How often each fact lies in the topic."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
        await reader.start()
        found: Counter[Entry] = Counter()
        try:
            partitions = [TopicPartition(TOPIC, number) for number in range(BY_NAME[TOPIC].partitions)]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            await reader.seek_to_beginning(*partitions)
            async with asyncio.timeout(60):
                while [one for one in partitions if await reader.position(one) < ends[one]]:
                    for records in (await reader.getmany(timeout_ms=500)).values():
                        for record in records:
                            fact = decode(record, "").fact
                            assert isinstance(fact, AuditRecorded)
                            author, _, number = fact.entry_id.partition(":")
                            found[author, int(number)] += 1
        finally:
            await reader.stop()
        return found


async def _make_tables(url: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=10)
    try:
        await connection.execute(f"create schema {SCHEMA}")
        await connection.execute(f"set search_path to {SCHEMA}, public")
        for statement in (*INBOX_DDL, *OUTBOX_DDL):
            await connection.execute(statement)
        await connection.execute(
            "create table effects (author text not null, number int not null, id bigint generated always as identity)"
        )
    finally:
        await connection.close()
