"""A member of a consumer group: fetches, hands partitions to workers, commits what is finished.

At least once and in order per partition. A slow or failing partition never stops the others nor the heart-beat: it is
paused. Offsets are committed after the work, throttled, on revocation and on stop.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, InvalidSessionTimeoutError, KafkaError

from hejnal_contracts.topics import BY_NAME, DLQ_SUFFIX
from hejnal_runtime import metrics
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.dlq import DlqRate, dlq_headers
from hejnal_runtime.bus.message import Message, Record
from hejnal_runtime.bus.producer import MAX_MESSAGE_BYTES, Producer
from hejnal_runtime.bus.refusals import Refusals
from hejnal_runtime.bus.worker import PartitionWorker
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

Handler = Callable[[Message], Awaitable[None]]
BatchHandler = Callable[[list[Message]], Awaitable[None]]
Partitions = set[tuple[str, int]]
PartitionsChanged = Callable[[Partitions], Awaitable[None]]

PROBE_EVERY_S = 5.0
USUAL_SESSION_TIMEOUT_MS = 6000
"""The least that a broker allows unless it is told otherwise (`group.min.session.timeout.ms`)."""
BROKER_SILENT_S = 20.0


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Calls `handler(message)` (or `batch_handler(messages)` with up to `batch_size` of one partition) for each message.

    Errors: AppError(INVALID) goes to the DLQ at once; transient errors are retried in place for ever; any other
    exception `attempts` times, then DLQ. With `from_beginning` each assignment reads the partition from its start
    (leases over a compacted topic). `on_assigned`/`on_revoked` get {(topic, partition)} without the prefix.
    """

    def __init__(
        self,
        kafka: KafkaConnection | str,
        group: str,
        topics: Sequence[str],
        handler: Handler | None = None,
        *,
        producer: Producer,
        batch_handler: BatchHandler | None = None,
        topic_prefix: str = "",
        instance_id: str | None = None,
        from_beginning: bool = False,
        on_assigned: PartitionsChanged | None = None,
        on_revoked: PartitionsChanged | None = None,
        batch_size: int = 100,
        attempts: int = 5,
        back_off_base_s: float = 0.1,
        back_off_cap_s: float = 10.0,
        high_water: int = 1000,
        drain_s: float = 8.0,
        commit_every: int = 500,
        commit_interval_s: float = 0.5,
        session_timeout_ms: int = USUAL_SESSION_TIMEOUT_MS,
        stalled_after_s: float = 60.0,
        dlq_limit: int = 100,
        clock: Clock | None = None,
    ) -> None:
        if (handler is None) == (batch_handler is None):
            raise ValueError("exactly one of handler and batch_handler is needed")
        unknown = [topic for topic in topics if topic not in BY_NAME]
        if unknown:
            raise ValueError(f"topics are not declared: {unknown}")
        self.group = topic_prefix + group
        self.topic_prefix = topic_prefix
        self.batch_handler = batch_handler
        self.batch_size = batch_size if batch_handler else 1
        self.attempts = attempts
        self.high_water = high_water
        self.dlq_rate = DlqRate(clock or SystemClock(), limit=dlq_limit)
        self._kafka = KafkaConnection.of(kafka)
        self._refusals = Refusals(self._kafka, self.group)
        self._handler = handler
        self._topics = [topic_prefix + topic for topic in topics]
        metrics.BUS_STOPPED.labels(self.group).set(0)
        for topic in topics:  # a counter that begins at its first increase hides it from whoever asks for increases
            metrics.BUS_MESSAGES.labels(self.group, topic, "dlq")
        self._producer = producer
        self._instance_id = instance_id
        self._from_beginning = from_beginning
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._back_off = (back_off_base_s, back_off_cap_s)
        self._drain_s = drain_s
        self._commit_every = commit_every
        self._commit_interval_s = commit_interval_s
        self._session_timeout_ms = session_timeout_ms
        self._stalled_after_s = stalled_after_s
        self._workers: dict[TopicPartition, PartitionWorker] = {}
        self._uncommitted = 0
        self._commit_now = asyncio.Event()
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._consumer: AIOKafkaConsumer | None = None
        self._assigned_once = False
        self._last_answer: float = time.monotonic()

    @property
    def member_id(self) -> str:
        """Who the group takes us for; another one after we were thrown out of it, empty while we are not in it."""
        coordinator = getattr(self._consumer, "_coordinator", None)  # aiokafka has no public name for it
        return str(getattr(coordinator, "member_id", ""))

    # --- life -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Consume until stopped or cancelled; a broker that is away is tried again for ever."""
        failures = 0
        try:
            while not self._stopping.is_set():
                try:
                    await self._session()
                    failures = 0
                except InvalidSessionTimeoutError:
                    log.warning("bus_session_timeout_refused", group=self.group, asked_ms=self._session_timeout_ms)
                    self._session_timeout_ms = max(USUAL_SESSION_TIMEOUT_MS, self._session_timeout_ms)
                    failures += 1
                    await self._sleep_unless_stopped(self.back_off_s(failures))
                except (KafkaError, OSError) as error:
                    failures += 1
                    if not await self._refusals.note(error, "read from"):
                        log.warning("bus_consumer_interrupted", group=self.group, error=repr(error))
                    await self._sleep_unless_stopped(self.back_off_s(failures))
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Finish what is in work (bounded), commit and leave the group."""
        self._stopping.set()
        self._commit_now.set()
        try:
            await wait_for(self._stopped.wait(), self._drain_s + 10)
        except TimeoutError:
            log.warning("bus_consumer_stop_late", group=self.group)

    async def _session(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            group_id=self.group,
            group_instance_id=self._instance_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=self._session_timeout_ms // 5,
            fetch_max_wait_ms=min(1000, self._session_timeout_ms // 4),
            # Longer than a handler in work plus the drain: else members evict each other in turn.
            rebalance_timeout_ms=int((self._drain_s + 20) * 1000),
            max_partition_fetch_bytes=2 * MAX_MESSAGE_BYTES,
            metadata_max_age_ms=60_000,
        )
        self._consumer = consumer
        consumer.subscribe(self._topics, listener=self)
        committer: asyncio.Task[None] | None = None
        try:
            await wait_for(consumer.start(), 30)
            committer = asyncio.create_task(self._commit_loop(consumer), name=f"bus committer {self.group}")
            while not self._stopping.is_set():
                if committer.done():
                    committer.result()
                fetched = await consumer.getmany(timeout_ms=500, max_records=2000)
                for partition, records in fetched.items():
                    if worker := self._workers.get(partition):
                        worker.put(records)
        finally:
            if committer is not None:
                committer.cancel()
                await asyncio.wait({committer})
            await self._drain(list(self._workers))
            self._consumer = None
            await consumer.stop()

    async def _sleep_unless_stopped(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await wait_for(self._stopping.wait(), seconds)

    # --- rebalance ------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """aiokafka: before the group redistributes."""
        if self._on_revoked and revoked:
            await self._on_revoked(self._plain(revoked))
        await self._drain(list(revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """aiokafka: these partitions are ours now."""
        self._assigned_once = True
        self._refusals.clear()
        self._last_answer = time.monotonic()
        consumer = self._consumer
        if consumer is None:
            return
        consumer.pause(*assigned)  # what was fetched before its worker is there would have nobody to take it
        if self._from_beginning and assigned:
            await consumer.seek_to_beginning(*assigned)
        if self._on_assigned:
            await self._on_assigned(self._plain(assigned))
        for partition in assigned:
            self._workers[partition] = PartitionWorker(self, partition)
        consumer.resume(*assigned)
        log.info("bus_partitions_assigned", group=self.group, count=len(assigned))

    async def _drain(self, partitions: Sequence[TopicPartition]) -> None:
        workers = [self._workers.pop(partition) for partition in partitions if partition in self._workers]
        if workers:
            await asyncio.gather(*(worker.drain(self._drain_s) for worker in workers))
            await self._commit(workers)

    def _plain(self, partitions: set[TopicPartition]) -> Partitions:
        return {(partition.topic.removeprefix(self.topic_prefix), partition.partition) for partition in partitions}

    # --- offsets --------------------------------------------------------------------------------------------------

    def progressed(self, messages: int) -> None:
        """A worker finished this many messages."""
        self._uncommitted += messages
        if self._uncommitted >= self._commit_every:
            self._commit_now.set()

    async def _commit_loop(self, consumer: AIOKafkaConsumer) -> None:
        probe_at = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await wait_for(self._commit_now.wait(), self._commit_interval_s)
            self._commit_now.clear()
            await self._commit(list(self._workers.values()))
            if time.monotonic() >= probe_at:
                probe_at = time.monotonic() + PROBE_EVERY_S
                await self._probe(consumer)

    async def _commit(self, workers: Sequence[PartitionWorker]) -> None:
        self._uncommitted = 0
        offsets = {
            worker.partition: worker.done_offset
            for worker in workers
            if worker.done_offset is not None and worker.done_offset != worker.committed_offset
        }
        if not offsets or self._consumer is None or self._from_beginning:  # then nobody ever asks for them
            return
        try:
            await wait_for(self._consumer.commit(offsets), 10)
        except (CommitFailedError, IllegalStateError) as error:
            log.warning("bus_commit_refused", group=self.group, error=repr(error))  # its new owner repeats the messages
        except (KafkaError, TimeoutError) as error:
            log.warning("bus_commit_failed", group=self.group, error=repr(error))  # the next tick tries again
        else:
            for worker in workers:
                worker.committed_offset = offsets.get(worker.partition, worker.committed_offset)

    async def _probe(self, consumer: AIOKafkaConsumer) -> None:
        """Ask the broker for the ends of our partitions: lag, and a sign that it still answers."""
        partitions = list(self._workers)
        if not partitions:
            return
        try:
            ends = await wait_for(consumer.end_offsets(partitions), 5)
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("bus_broker_not_answering", group=self.group, error=repr(error))
            if await self._refusals.note(error, "read from"):
                raise  # the next session reads the password and the certificates anew
            return
        self._refusals.clear()
        self._last_answer = time.monotonic()
        lag: dict[str, int] = {}
        for partition, end in ends.items():
            worker = self._workers.get(partition)
            topic = partition.topic.removeprefix(self.topic_prefix)
            position = worker.done_offset if worker and worker.done_offset is not None else None
            behind = end - position if position is not None else (len(worker.queue) if worker else 0)
            lag[topic] = lag.get(topic, 0) + max(0, behind)
        for topic, behind in lag.items():
            metrics.BUS_LAG.labels(self.group, topic).set(behind)

    # --- used by the workers --------------------------------------------------------------------------------------

    async def call(self, messages: list[Message]) -> None:
        """Hand messages to the handler."""
        if self.batch_handler is not None:
            await self.batch_handler(messages)
        else:
            assert self._handler is not None
            await self._handler(messages[0])

    def pause(self, partition: TopicPartition) -> None:
        """Fetch no more of this partition for now."""
        if self._consumer is not None:
            self._consumer.pause(partition)

    def resume(self, partition: TopicPartition) -> None:
        """Fetch this partition again if it was paused."""
        if self._consumer is not None and partition in self._consumer.paused():
            self._consumer.resume(partition)

    def back_off_s(self, tries: int) -> float:
        """Exponential back-off with jitter, in seconds."""
        base, cap = self._back_off
        return min(cap, base * 2.0 ** min(tries - 1, 20)) * random.uniform(0.5, 1)

    async def send_to_dlq(self, record: Record, error: Exception, attempts: int) -> None:
        """Publish a record on the DLQ of its topic."""
        topic = record.topic.removeprefix(self.topic_prefix) + DLQ_SUFFIX
        await self._producer.send_raw(topic, record.value, record.key, dlq_headers(record, error, attempts, self.group))

    # --- health ---------------------------------------------------------------------------------------------------

    def health(self) -> str | None:
        """None while messages flow; otherwise what is wrong."""
        metrics.BUS_STOPPED.labels(self.group).set(1 if self.dlq_rate.stopped else 0)
        if self.dlq_rate.stopped:
            return f"consumer {self.group} stopped: its DLQ filled too fast; look at the dead letters, mend, restart"
        if self._refusals.reason is not None:
            return f"consumer {self.group}: {self._refusals.reason}"
        if refused := self._producer.health():  # the dead letters have no way out
            return f"consumer {self.group}: {refused}"
        if not self._assigned_once:
            return f"consumer {self.group} has no partitions assigned yet"
        now = time.monotonic()
        if now - self._last_answer > BROKER_SILENT_S and self._workers:
            return f"consumer {self.group}: Kafka has not answered for {now - self._last_answer:.0f} s"
        for worker in self._workers.values():
            if worker.busy_since is not None and now - worker.busy_since > self._stalled_after_s:
                busy: Any = now - worker.busy_since
                return f"consumer {self.group} stalled on {worker.partition.topic}-{worker.partition.partition} for {busy:.0f} s"
        return None
