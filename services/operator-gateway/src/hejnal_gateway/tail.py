"""Following topics from now on, in every process: what consoles are told is news, not history."""

import asyncio
import random
from collections.abc import Callable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hejnal_runtime.bus import Message
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.message import Record, UndecodableError, UnknownTypeError, decode
from hejnal_runtime.bus.refusals import Refusals
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()


class TopicTail:
    """Calls `on_message` for each message written after the start, without a group: every process hears all of them.

    A broker that is away is tried again, and reading goes on where it stopped. A message that cannot be read is left to the
    consumers that work on it (they have the DLQ); here it is logged and skipped.
    """

    def __init__(
        self,
        kafka: KafkaConnection | str,
        topics: Sequence[str],
        on_message: Callable[[Message], None],
        *,
        topic_prefix: str = "",
    ) -> None:
        self._kafka = KafkaConnection.of(kafka)
        self._refusals = Refusals(self._kafka, "topic tail")
        self._prefix = topic_prefix
        self._topics = [topic_prefix + topic for topic in topics]
        self._on_message = on_message
        self._positions: dict[TopicPartition, int] = {}
        self._trouble: str | None = "not connected to Kafka yet"

    def health(self) -> str | None:
        """None while the topics are followed; otherwise what is wrong."""
        return self._refusals.reason or self._trouble

    async def run(self) -> None:
        """Follow for ever."""
        failures = 0
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                failures += 1
                self._trouble = "Kafka does not answer"
                if not await self._refusals.note(error, "read from"):
                    log.warning("topic_tail_interrupted", topics=self._topics, error=repr(error))
                await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            *self._topics,
            **self._kafka.options(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=1000,
            metadata_max_age_ms=60_000,
        )
        try:
            await wait_for(consumer.start(), 30)
            await self._take_position(consumer)
            self._trouble = None
            self._refusals.clear()
            while True:
                fetched = await consumer.getmany(timeout_ms=1000)
                for partition, records in fetched.items():
                    for record in records:
                        self._take(record)
                    self._positions[partition] = records[-1].offset + 1
        finally:
            await consumer.stop()

    async def _take_position(self, consumer: AIOKafkaConsumer) -> None:
        partitions = sorted(consumer.assignment())
        if {partition.topic for partition in partitions} != set(self._topics):
            raise OSError(f"not all of {self._topics} exist")
        if not self._positions:
            self._positions = dict(await wait_for(consumer.end_offsets(partitions), 30))
        for partition in partitions:
            consumer.seek(partition, self._positions.get(partition, 0))

    def _take(self, record: Record) -> None:
        try:
            self._on_message(decode(record, self._prefix))
        except (UndecodableError, UnknownTypeError) as error:
            log.warning("topic_tail_message_skipped", topic=record.topic, offset=record.offset, error=str(error))
