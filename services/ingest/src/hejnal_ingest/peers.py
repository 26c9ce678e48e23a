"""What other ingest processes tell of the cameras they hold: nobody's epoch may be below one that was told already."""

import asyncio
import random
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hejnal_contracts.cameras import CameraStatusReported
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.message import Record, UndecodableError, UnknownTypeError, decode
from hejnal_runtime.bus.refusals import Refusals
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

TOPIC = "camera-status"
_LOOK_BACK_S = 120.0
"""Whoever holds a camera tells its status every ten seconds."""
_POLL_MS = 2000


class OnSeen(Protocol):
    """Takes what a process tells of a camera."""

    def __call__(self, status: CameraStatusReported, *, live: bool) -> None:
        """Called in order."""


class PeerLeases:
    """Follows `camera-status` from two minutes back. `on_seen` is called for each; `live`: told just now."""

    def __init__(self, kafka: KafkaConnection, topic_prefix: str, on_seen: OnSeen, clock: Clock) -> None:
        self._kafka = kafka
        self._refusals = Refusals(kafka, "peer leases")
        self._prefix = topic_prefix
        self._on_seen = on_seen
        self._clock = clock
        self._loaded = asyncio.Event()

    async def loaded(self, timeout_s: float) -> bool:
        """Waits until what was told lately has been read; False when Kafka does not give it in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._loaded.wait()
        except TimeoutError:
            return False
        return True

    def health(self) -> str | None:
        """None while Kafka lets us read; otherwise what an administrator has to change."""
        return self._refusals.reason

    async def run(self) -> None:
        """Follows for ever; a broker that is away is tried again."""
        failures = 0
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError) as error:
                failures += 1
                if not await self._refusals.note(error, "read from"):
                    log.warning("peers_not_followed", error=repr(error))
                await asyncio.sleep(min(10.0, 0.5 * 2 ** min(failures, 6)) * random.uniform(0.5, 1))

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            metadata_max_age_ms=60_000,
            fetch_max_wait_ms=_POLL_MS,  # what is told comes at once all the same
        )
        async with asyncio.timeout(30):
            await consumer.start()
        try:
            name = self._prefix + TOPIC
            async with asyncio.timeout(30):
                numbers = await _partitions(consumer, name)
                partitions = [TopicPartition(name, number) for number in numbers]
                consumer.assign(partitions)
                since_ms = int((self._clock.now().timestamp() - _LOOK_BACK_S) * 1000)
                starts = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
                ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                found = starts[partition]
                consumer.seek(partition, found.offset if found is not None else ends[partition])
            behind = {partition: end for partition, end in ends.items() if starts[partition] is not None}
            self._refusals.clear()
            while True:
                if not self._loaded.is_set() and not behind:
                    self._loaded.set()
                fetched = await consumer.getmany(timeout_ms=_POLL_MS)
                for partition, records in fetched.items():
                    for record in records:
                        self._take(record, live=partition not in behind)
                    if partition in behind and records[-1].offset + 1 >= behind[partition]:
                        del behind[partition]
        finally:
            await consumer.stop()

    def _take(self, record: Record, *, live: bool) -> None:
        try:
            fact = decode(record, self._prefix).fact
        except (UndecodableError, UnknownTypeError):
            return
        if isinstance(fact, CameraStatusReported):
            self._on_seen(fact, live=live)


async def _partitions(consumer: AIOKafkaConsumer, name: str) -> list[int]:
    await consumer._client.add_topic(name)  # noqa: SLF001 aiokafka looks up no topic that it is not subscribed to
    numbers = consumer.partitions_for_topic(name)
    if not numbers:
        raise OSError(f"topic {name} does not exist")
    return sorted(numbers)
