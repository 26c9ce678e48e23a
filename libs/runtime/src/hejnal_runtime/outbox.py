"""Facts leave a service through its outbox: a row in the same transaction as the change, sent in order by one relay.

Order per key holds when writers lock the aggregate's row before they insert (id order is then commit order per key).
"""

import asyncio
import contextlib
import random
import zlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from opentelemetry.trace import Span
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, LargeBinary, MetaData, Table, Text, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import BY_NAME, key_of, topic_of
from hejnal_runtime import metrics
from hejnal_runtime.bus.message import event_headers
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.bus.spans import outbox_span
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import KAFKA_REFUSED
from hejnal_runtime.ids import new_id
from hejnal_runtime.tracing import current_traceparent, mark_failed, traceparent_of
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

CONNECTION_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when a connection that we keep is lost: also, now and then, a complaint about its own state."""
BATCH_ROWS = 500
PARK_AFTER_TRIES = 10


def outbox_table(metadata: MetaData) -> Table:
    """The outbox as part of a service's tables. `create_outbox` makes it in the service's first migration."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("event_id", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("traceparent", Text),
        Column("value", LargeBinary),
        Column("parked_at", DateTime(timezone=True)),
        Column("parked_reason", Text),
        Index("outbox_unsent", "id", postgresql_where=text("parked_at is null")),
    )


OUTBOX_DDL = (
    """
    create table outbox (
        id bigint generated always as identity primary key,
        topic text not null, key text not null, event_id text not null, type text not null, source text not null,
        time timestamptz not null default clock_timestamp(), traceparent text, value bytea,
        parked_at timestamptz, parked_reason text)
    """,
    "create index outbox_unsent on outbox (id) where parked_at is null",
    """
    create function outbox_wake() returns trigger language plpgsql as
    $$ begin perform pg_notify('outbox_' || tg_table_schema, ''); return null; end $$
    """,
    "create trigger outbox_wake after insert on outbox for each statement execute function outbox_wake()",
)


def create_outbox(op: Any) -> None:
    """Make the outbox in a migration."""
    for statement in OUTBOX_DDL:
        op.execute(statement)


_INSERT = text(
    "insert into outbox (topic, key, event_id, type, source, traceparent, value) "
    "values (:topic, :key, :event_id, :type, :source, :traceparent, :value)"
)


async def publish(session: AsyncSession, *facts: Fact, source: str) -> None:
    """Write facts into the outbox of the caller's transaction; they are sent if and only if it commits."""
    if not facts:
        return
    traceparent = current_traceparent()
    rows = [
        {
            "topic": topic_of(fact).name,
            "key": key_of(fact),
            "event_id": new_id(),
            "type": fact.TYPE,
            "source": source,
            "traceparent": traceparent,
            "value": fact.model_dump_json().encode(),
        }
        for fact in facts
    ]
    await session.execute(_INSERT, rows)


async def publish_tombstone(session: AsyncSession, topic: str, key: str, *, source: str) -> None:
    """Write a null value for `key` of a compacted topic: everything known under that key is to be forgotten."""
    if not BY_NAME[topic].compacted:
        raise ValueError(f"topic {topic} is not compacted: a tombstone would not delete anything")
    row = {
        "topic": topic,
        "key": key,
        "event_id": new_id(),
        "type": "",
        "source": source,
        "traceparent": current_traceparent(),
        "value": None,
    }
    await session.execute(_INSERT, [row])


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    topic: str
    key: str
    value: bytes | None
    headers: list[tuple[str, bytes]]
    span: Span | None


class OutboxRelay:
    """Sends a schema's outbox to Kafka in id order. Of all replicas one leads (advisory lock); the others wait.

    A batch is deleted when every row of it is acknowledged; on any failure the whole batch goes again, so a message may
    be repeated (same event id) but never lost or overtaken within its key. A row that can never be sent is parked.
    """

    def __init__(self, database: Database, producer: Producer, *, clock: Clock | None = None, idle_s: float = 1.0) -> None:
        self._dsn = database.url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._schema = database.schema
        self._producer = producer
        self._clock = clock or SystemClock()
        self._idle_s = idle_s
        self._wake = asyncio.Event()
        self._oldest: datetime | None = None
        self._failing_since: float | None = None
        self.parked = 0
        metrics.OUTBOX_OLDEST_AGE_S.labels(self._schema).set_function(self.oldest_age_s)
        for counter in (metrics.OUTBOX_SENT, metrics.OUTBOX_FAILURES, metrics.OUTBOX_PARKED):
            counter.labels(self._schema)

    def oldest_age_s(self) -> float:
        """Age in seconds of the oldest row that waits to be sent; 0 when nothing waits."""
        return 0.0 if self._oldest is None else max(0.0, (self._clock.now() - self._oldest).total_seconds())

    def health(self, stalled_after_s: float = 30.0) -> str | None:
        """None while facts flow; otherwise what is wrong."""
        if refused := self._producer.health():
            return f"outbox: {refused}"
        age_s = self.oldest_age_s()
        if age_s > stalled_after_s:
            return f"outbox stalled: oldest fact waits for {age_s:.0f} s"
        if self._failing_since is not None and self._clock.monotonic() - self._failing_since > stalled_after_s:
            return "outbox relay cannot reach the database"
        return None

    async def run(self) -> None:
        """Lead or wait to lead, for ever; survives the database and the broker being away."""
        failures = 0
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=5, command_timeout=30, server_settings={"search_path": f"{self._schema},public"}
                )
                self._failing_since = None
                failures = 0
                await self._lead(connection)
            except (OSError, TimeoutError, *CONNECTION_ERRORS) as error:
                failures += 1
                self._failing_since = self._failing_since or self._clock.monotonic()
                log.warning("outbox_relay_interrupted", schema=self._schema, error=repr(error))
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def _lead(self, connection: asyncpg.Connection) -> None:
        lock = zlib.crc32(f"outbox_{self._schema}".encode())
        while not await connection.fetchval("select pg_try_advisory_lock($1)", lock):  # noqa: ASYNC110 the lock is elsewhere
            await asyncio.sleep(self._idle_s)
        await connection.add_listener(f"outbox_{self._schema}", lambda *_: self._wake.set())
        tries = 0
        while True:
            self._wake.clear()
            rows = await self._next(connection)
            if not rows:
                with contextlib.suppress(TimeoutError):
                    await wait_for(self._wake.wait(), self._idle_s)
                continue
            sent = await self._send(connection, rows, one_by_one=tries >= PARK_AFTER_TRIES)
            tries = 0 if sent else tries + 1
            if not sent:
                await asyncio.sleep(min(10.0, 0.1 * 2 ** min(tries, 8)) * random.uniform(0.5, 1))

    async def _next(self, connection: asyncpg.Connection) -> list[_Row]:
        records = await connection.fetch(
            "select id, topic, key, event_id, type, source, time, traceparent, value from outbox "
            "where parked_at is null order by id limit $1",
            BATCH_ROWS,
        )
        self._oldest = records[0]["time"] if records else None
        now = self._clock.now()
        return [self._row(record, now) for record in records]

    def _row(self, record: asyncpg.Record, now: datetime) -> _Row:
        span = outbox_span(record["topic"], record["traceparent"], (now - record["time"]).total_seconds())
        headers = event_headers(
            event_id=record["event_id"],
            event_type=record["type"],
            source=record["source"],
            subject=record["key"],
            time=record["time"],
            traceparent=record["traceparent"] if span is None else traceparent_of(span),
        )
        return _Row(record["id"], record["topic"], record["key"], record["value"], headers, span)

    async def _send(self, connection: asyncpg.Connection, rows: list[_Row], *, one_by_one: bool) -> bool:
        """True when every row was acknowledged (or parked) and is gone from the outbox."""
        try:
            return await self._send_all(connection, rows, one_by_one=one_by_one)
        finally:
            for row in rows:
                if row.span is not None:
                    row.span.end()

    async def _send_all(self, connection: asyncpg.Connection, rows: list[_Row], *, one_by_one: bool) -> bool:
        waiting = deque[tuple[_Row, asyncio.Future[Any]]]()
        try:
            for row in rows:
                try:
                    future = await self._producer.enqueue(row.topic, row.value, row.key, row.headers)
                except MessageSizeTooLargeError as error:
                    await self._park(connection, row, error)
                    continue
                waiting.append((row, future))
                if one_by_one:
                    try:
                        await wait_for(future, 30)
                    except KafkaError as error:
                        if getattr(error, "retriable", False) or isinstance(error, KAFKA_REFUSED):
                            return False  # what an administrator mends must cost no fact
                        await self._park(connection, row, error)
                        waiting.pop()
            done = [row.id for row, _ in waiting]
            await wait_for(asyncio.gather(*(future for _, future in waiting)), 60)
        except (KafkaError, TimeoutError, OSError) as error:
            if isinstance(error, TimeoutError):
                self._producer.suspect(error)
            for _, future in waiting:  # their outcome is of no interest: the whole batch goes again
                future.add_done_callback(lambda f: f.cancelled() or f.exception())
            for row in rows:
                if row.span is not None:
                    mark_failed(row.span, error)
            metrics.OUTBOX_FAILURES.labels(self._schema).inc()
            log.warning("outbox_send_failed", schema=self._schema, rows=len(rows), error=repr(error))
            return False
        await connection.execute("delete from outbox where id = any($1::bigint[])", done)
        self._oldest = None
        metrics.OUTBOX_SENT.labels(self._schema).inc(len(done))
        return True

    async def _park(self, connection: asyncpg.Connection, row: _Row, error: BaseException) -> None:
        await connection.execute(
            "update outbox set parked_at = now(), parked_reason = $2 where id = $1", row.id, repr(error)[:500]
        )
        self.parked += 1
        metrics.OUTBOX_PARKED.labels(self._schema).inc()
        log.error("outbox_row_parked", schema=self._schema, row_id=row.id, topic=row.topic, error=repr(error))
