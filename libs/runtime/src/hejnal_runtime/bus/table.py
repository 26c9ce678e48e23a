"""A compacted topic as a table in memory."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import BY_NAME
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.message import UndecodableError, UnknownTypeError, decode
from hejnal_runtime.bus.refusals import Refusals
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

OnChange = Callable[[str, Fact | None], Awaitable[None]]


class CompactedTable:
    """Every process reads the whole topic (no group): last fact per key; a tombstone removes the key.

    `on_change(key, fact)` is called for each change in order, also while the table is loaded.
    """

    def __init__(
        self, kafka: KafkaConnection | str, topic: str, *, topic_prefix: str = "", on_change: OnChange | None = None
    ) -> None:
        if not BY_NAME[topic].compacted:
            raise ValueError(f"topic {topic} is not compacted")
        self._kafka = KafkaConnection.of(kafka)
        self._refusals = Refusals(self._kafka, f"table {topic}")
        self._topic = topic
        self._prefix = topic_prefix
        self._on_change = on_change
        self._rows: dict[str, Fact] = {}
        self._loaded = asyncio.Event()
        self._interrupted: str | None = None

    def get(self, key: str) -> Fact | None:
        """The last fact under a key."""
        return self._rows.get(key)

    def values(self) -> Iterable[Fact]:
        """All rows, in no order."""
        return list(self._rows.values())

    async def load(self, timeout_s: float = 30.0) -> None:
        """Wait until everything that was on the topic at the start has been read (`run` must be running)."""
        await wait_for(self._loaded.wait(), timeout_s)

    def health(self) -> str | None:
        """None when loaded and followed; otherwise what is wrong."""
        if self._refusals.reason is not None:
            return f"table {self._topic}: {self._refusals.reason}"
        if not self._loaded.is_set():
            return f"table {self._topic} is not loaded yet"
        return self._interrupted

    async def run(self) -> None:
        """Load and follow the topic for ever; a broker that is away is tried again."""
        failures = 0
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                failures += 1
                self._interrupted = f"table {self._topic}: Kafka does not answer"
                if not await self._refusals.note(error, "read from"):
                    log.warning("bus_table_interrupted", topic=self._topic, error=repr(error))
                await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def _follow(self) -> None:
        name = self._prefix + self._topic
        # Without a group the consumer takes every partition and, having no offsets, starts at the beginning.
        consumer = AIOKafkaConsumer(
            name,
            **self._kafka.options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=1000,
            metadata_max_age_ms=60_000,
        )
        try:
            await wait_for(consumer.start(), 30)
            partitions = sorted(consumer.assignment())
            if not partitions:
                raise OSError(f"topic {name} does not exist")
            ends = await consumer.end_offsets(partitions)
            seen: set[str] = set()
            loading = True
            while True:
                if loading and await self._reached(consumer, ends):
                    for key in set(self._rows) - seen:  # removed while we were away and compacted since
                        await self._apply(key, None)
                    loading = False
                    self._interrupted = None
                    self._loaded.set()
                    self._refusals.clear()
                fetched = await consumer.getmany(timeout_ms=200 if loading else 1000)
                for records in fetched.values():
                    for record in records:
                        taken = await self._take(record)
                        if loading and taken is not None:
                            seen.add(taken)
        finally:
            await consumer.stop()

    async def _reached(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
        for partition, end in ends.items():
            if await consumer.position(partition) < end:
                return False
        return True

    async def _take(self, record: Any) -> str | None:
        try:
            message = decode(record, self._prefix)
        except (UndecodableError, UnknownTypeError) as error:
            log.warning("bus_table_record_ignored", topic=self._topic, offset=record.offset, error=str(error))
            return None
        await self._apply(message.key, message.fact)
        return message.key

    async def _apply(self, key: str, fact: Fact | None) -> None:
        if fact is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = fact
        if self._on_change is not None:
            await self._on_change(key, fact)
