"""Planning waits until every subscription that was known before is known here too.

Subscriptions and announcements travel on different topics. Without this, a notifier that starts anew, or lags, would plan with
half of the town missing, and nobody would notice.
"""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import text

from hejnal_notifier.subscriptions import TOPIC
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

ASK_TIMEOUT_S = 5.0
LOOK_AGAIN_S = 0.02
LOOK_AGAIN_CAP_S = 0.5

_POSITIONS = text("select partition, next_offset from positions where topic = :topic")


class SubscriptionsBarrier:
    """Knows the ends of the subscriptions topic and how far they have been applied."""

    def __init__(self, kafka: KafkaConnection, topic_prefix: str, database: Database, clock: Clock, *, patience_s: float) -> None:
        self._kafka = kafka
        self._topic = topic_prefix + TOPIC
        self._database = database
        self._clock = clock
        self._patience_s = patience_s
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: list[TopicPartition] = []

    async def wait(self) -> bool:
        """True when everything that was on the topic at the call has been applied.

        False when no headway was made for `patience_s`, or Kafka does not answer: a warning must not wait for it for ever.
        """
        try:
            ends = await self._ends()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("subscriptions_end_unknown", error=repr(error))
            await self.close()
            return False
        missing = await self._missing(ends)
        headway_at, pause_s = self._clock.monotonic(), LOOK_AGAIN_S
        while missing:
            if self._clock.monotonic() - headway_at > self._patience_s:
                log.error("subscriptions_not_caught_up", missing_messages=missing)
                return False
            await asyncio.sleep(pause_s)
            pause_s = min(LOOK_AGAIN_CAP_S, pause_s * 1.5)
            before, missing = missing, await self._missing(ends)
            if missing < before:
                headway_at = self._clock.monotonic()
        return True

    async def _ends(self) -> dict[int, int]:
        """End offset of each partition that holds anything."""
        if self._consumer is None:
            consumer = AIOKafkaConsumer(**self._kafka.options(), enable_auto_commit=False, request_timeout_ms=5000)
            await wait_for(consumer.start(), ASK_TIMEOUT_S)
            self._consumer = consumer
            self._partitions = [TopicPartition(self._topic, number) for number in await self._partition_numbers()]
        ends = await wait_for(self._consumer.end_offsets(self._partitions), ASK_TIMEOUT_S)
        beginnings = await wait_for(self._consumer.beginning_offsets(self._partitions), ASK_TIMEOUT_S)
        return {partition.partition: end for partition, end in ends.items() if end > beginnings[partition]}

    async def _partition_numbers(self) -> list[int]:
        admin = AIOKafkaAdminClient(**self._kafka.options(), request_timeout_ms=5000)
        await wait_for(admin.start(), ASK_TIMEOUT_S)
        try:
            (topic,) = await wait_for(admin.describe_topics([self._topic]), ASK_TIMEOUT_S)
        finally:
            await admin.close()
        numbers = [int(partition["partition"]) for partition in topic["partitions"]]
        if not numbers:
            raise OSError(f"topic {self._topic} does not exist")
        return numbers

    async def _missing(self, ends: dict[int, int]) -> int:
        async with self._database.read() as session:
            applied: dict[int, int] = {
                row.partition: row.next_offset for row in await session.execute(_POSITIONS, {"topic": TOPIC})
            }
        return sum(max(0, end - applied.get(partition, 0)) for partition, end in ends.items())

    async def close(self) -> None:
        """Leave the broker."""
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()
