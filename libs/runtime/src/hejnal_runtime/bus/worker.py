"""One assigned partition: its queue, the task that handles it, and how far it has come."""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from hejnal_runtime import metrics
from hejnal_runtime.bus.message import Message, Record, UndecodableError, UnknownTypeError, decode
from hejnal_runtime.bus.spans import processing
from hejnal_runtime.errors import AppError, Kind, is_transient

if TYPE_CHECKING:
    from aiokafka import TopicPartition

    from hejnal_runtime.bus.consumer import Consumer

log = structlog.get_logger()

YIELD_EVERY_S = 0.01


class Abandoned(Exception):  # noqa: N818 a signal, not an error
    """The partition is gone; what is in work is left to its new owner."""


class PartitionWorker:
    """Handles one partition in order. Only this partition waits while one of its messages is retried."""

    def __init__(self, consumer: "Consumer", partition: "TopicPartition") -> None:
        self.consumer = consumer
        self.partition = partition
        self.queue: deque[Record] = deque()
        self.done_offset: int | None = None
        self.committed_offset: int | None = None
        self.busy_since: float | None = None
        self._wake = asyncio.Event()
        self._draining = False
        self._abandoned = False
        self.task = asyncio.create_task(self.run(), name=f"bus {partition.topic}-{partition.partition}")

    def put(self, records: list[Record]) -> None:
        """Take fetched records; pause the partition when enough wait."""
        self.queue.extend(records)
        self._wake.set()
        if len(self.queue) >= self.consumer.high_water:
            self.consumer.pause(self.partition)

    async def run(self) -> None:
        """Handle records in order until drained or abandoned."""
        last_yield = 0.0
        try:
            while not self._draining:
                if not self.queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                batch = [self.queue.popleft() for _ in range(min(self.consumer.batch_size, len(self.queue)))]
                self.busy_since = time.monotonic()
                await self._handle(batch)
                self.busy_since = None
                self.done_offset = batch[-1].offset + 1
                self.consumer.progressed(len(batch))
                if len(self.queue) <= self.consumer.high_water // 2:
                    self.consumer.resume(self.partition)
                if time.monotonic() - last_yield > YIELD_EVERY_S:  # a handler that never waits must not hold the loop
                    await asyncio.sleep(0)
                    last_yield = time.monotonic()
        except Abandoned:
            return

    async def _handle(self, batch: list[Record]) -> None:
        messages: list[tuple[Message, Record]] = []
        for record in batch:
            try:
                messages.append((decode(record, self.consumer.topic_prefix), record))
            except UndecodableError as error:
                await self._dead(record, error, 0)
            except UnknownTypeError as error:
                self._count(record, "ignored")
                log.warning("bus_unknown_type_ignored", topic=record.topic, type=str(error))
        if not messages:
            return
        if self.consumer.batch_handler is None:
            for one in messages:
                await self._attempt([one])
        else:
            await self._attempt(messages)

    async def _attempt(self, messages: list[tuple[Message, Record]]) -> None:
        """Call the handler until it succeeds; what can never succeed goes to the DLQ, one by one."""
        first = messages[0][0]
        started = time.monotonic()
        tries = 0
        while True:
            if self._abandoned:
                raise Abandoned
            tries += 1
            try:
                with processing([message for message, _ in messages], self.consumer.group):
                    await self.consumer.call([message for message, _ in messages])
            except Exception as error:
                final = _is_invalid(error) or (not is_transient(error) and tries >= self.consumer.attempts)
                if not final:
                    metrics.BUS_RETRIES.labels(self.consumer.group, first.topic).inc()
                    log.warning("bus_handler_retry", topic=first.topic, offset=first.offset, attempt=tries, exc_info=error)
                    await self._pause_between(tries)
                    continue
                if len(messages) == 1:
                    await self._dead(messages[0][1], error, tries)
                    return
                for one in messages:  # find the poison in the batch
                    await self._attempt([one])
                return
            for _, record in messages:
                self._count(record, "done")
            metrics.BUS_HANDLING_S.labels(self.consumer.group, first.topic).observe(time.monotonic() - started)
            return

    async def _pause_between(self, tries: int) -> None:
        await asyncio.sleep(self.consumer.back_off_s(tries))

    async def _dead(self, record: Record, error: Exception, tries: int) -> None:
        """Move a record to its DLQ; the partition waits until the DLQ has taken it, and stops when it fills too fast."""
        await self.consumer.dlq_rate.wait_until_allowed()
        failures = 0
        while True:
            if self._abandoned:
                raise Abandoned
            try:
                await self.consumer.send_to_dlq(record, error, tries)
            except Exception as send_error:  # noqa: BLE001 never lose: try until it works
                failures += 1
                log.error("bus_dlq_not_reachable", topic=record.topic, error=repr(send_error))  # noqa: TRY400 expected
                await self._pause_between(failures)
                continue
            self._count(record, "dlq")
            log.error(
                "bus_message_to_dlq", topic=record.topic, partition=record.partition, offset=record.offset, error=repr(error)
            )
            return

    def _count(self, record: Record, outcome: str) -> None:
        topic = record.topic.removeprefix(self.consumer.topic_prefix)
        metrics.BUS_MESSAGES.labels(self.consumer.group, topic, outcome).inc()

    async def drain(self, timeout_s: float) -> None:
        """Let the message in work finish, start no other; give it up after `timeout_s`."""
        self._draining = True
        self._wake.set()
        _, late = await asyncio.wait({self.task}, timeout=timeout_s)
        if late:
            self._abandoned = True
            self.task.cancel()
            await asyncio.wait({self.task})


def _is_invalid(error: Exception) -> bool:
    return isinstance(error, AppError) and error.kind in (Kind.INVALID, Kind.UNSUPPORTED, Kind.TOO_LARGE)
