"""Sending: idempotent, acknowledged by all in-sync replicas."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import key_of, topic_of
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.message import event_headers
from hejnal_runtime.bus.refusals import Refusals
from hejnal_runtime.bus.spans import sending
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.tracing import current_traceparent
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

MAX_MESSAGE_BYTES = 1_000_000

Headers = list[tuple[str, bytes]]


class Producer:
    """One connection to Kafka for sending. It opens itself at first use, so a service starts without a broker."""

    def __init__(
        self, kafka: KafkaConnection | str, topic_prefix: str = "", *, clock: Clock | None = None, linger_ms: int = 2
    ) -> None:
        self._kafka = KafkaConnection.of(kafka)
        self._refusals = Refusals(self._kafka, "producer")
        self._unsettled: set[asyncio.Future[Any]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._prefix = topic_prefix
        self._clock = clock or SystemClock()
        self._linger_ms = linger_ms
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def start(self) -> None:
        """Try to connect now; a broker that is away is tried again at the first send."""
        try:
            await self._open()
        except (KafkaError, OSError) as error:
            log.warning("kafka_not_reachable_yet", error=repr(error))

    def health(self) -> str | None:
        """None while Kafka takes what is sent, or is merely away; otherwise what an administrator has to change."""
        return self._refusals.reason

    async def stop(self) -> None:
        """Send what is buffered (at most 5 s) and disconnect."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        await self._close()

    async def _close(self) -> None:
        if self._producer is None:
            return
        producer, self._producer = self._producer, None
        try:
            await wait_for(producer.stop(), 5)
        except (TimeoutError, KafkaError) as error:
            log.warning("kafka_producer_stop_incomplete", error=repr(error))
            await _end(producer)

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        async with self._opening:
            if self._producer is None:
                try:
                    options = self._kafka.options()
                except KafkaError as error:
                    await self._refusals.note(error, "write to")
                    raise
                producer = AIOKafkaProducer(
                    **options,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=self._linger_ms,
                    max_request_size=MAX_MESSAGE_BYTES,
                    request_timeout_ms=20_000,
                    metadata_max_age_ms=60_000,
                )
                try:
                    await wait_for(producer.start(), 10)
                except BaseException as error:
                    await producer.stop()
                    if isinstance(error, KafkaError | OSError):
                        await self._refusals.note(error, "write to")
                    raise
                self._producer = producer
            return self._producer

    async def _send(self, topic: str, value: bytes | None, key: bytes | None, headers: Headers) -> "asyncio.Future[Any]":
        producer = await self._open()
        try:
            future: asyncio.Future[Any] = await producer.send(self._prefix + topic, value, key=key, headers=headers)
        except MessageSizeTooLargeError:
            raise
        except KafkaError as error:
            self._suspect(producer, error)
            raise
        self._unsettled.add(future)
        future.add_done_callback(lambda done: self._settled(producer, done))
        return future

    def _settled(self, producer: AIOKafkaProducer, future: "asyncio.Future[Any]") -> None:
        self._unsettled.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._refusals.clear()
        elif isinstance(error, KafkaError):
            self._suspect(producer, error)

    def suspect(self, error: Exception) -> None:
        """Take note that a send failed, or was not acknowledged in time: find out why, and connect anew where that helps.

        After a batch that was refused for good the idempotent client's sequence numbers no longer fit the broker's, and a
        changed password is never read by an open client: both need a new one. What waits in the old one fails, and its
        senders send it again.
        """
        if self._producer is not None:
            self._suspect(self._producer, error)

    def _suspect(self, producer: AIOKafkaProducer, error: Exception) -> None:
        if producer is self._producer and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._recover(producer, error), name="kafka producer recovers")

    async def _recover(self, producer: AIOKafkaProducer, error: Exception) -> None:
        refused = await self._refusals.note(error, "write to")
        if not refused and (isinstance(error, OSError) or getattr(error, "retriable", False)):
            return  # the broker is away: the client waits for it, and what it holds goes then
        async with self._opening:
            if producer is self._producer:
                await self._close()
        for future in list(self._unsettled):
            if not future.done():
                future.set_exception(error)

    async def enqueue(self, topic: str, value: bytes | None, key: str, headers: Headers) -> "asyncio.Future[Any]":
        """Put a message into the sender's buffer; the returned future is done when the brokers have acknowledged it."""
        return await self._send(topic, value, key.encode(), headers)

    async def send_raw(self, topic: str, value: bytes | None, key: bytes | None, headers: Headers) -> None:
        """Send bytes as they are (dead letters) and wait for the acknowledgement."""
        await (await self._send(topic, value, key, headers))

    async def send_fact(self, fact: Fact, source: str, *, timeout_s: float = 30.0) -> None:
        """Send one fact and wait until it is acknowledged; for services that have no database (others use the outbox).

        Raises AppError(UNAVAILABLE) when Kafka does not take it in time; sending again is then right (same fact, new id).
        """
        with sending(topic_of(fact).name):
            await self._send_fact(fact, source, timeout_s)

    async def _send_fact(self, fact: Fact, source: str, timeout_s: float) -> None:
        headers = event_headers(
            event_id=new_id(),
            event_type=fact.TYPE,
            source=source,
            subject=key_of(fact),
            time=self._clock.now(),
            traceparent=current_traceparent(),
        )
        try:
            future = await self.enqueue(topic_of(fact).name, fact.model_dump_json().encode(), key_of(fact), headers)
            await wait_for(asyncio.shield(future), timeout_s)
        except (KafkaError, TimeoutError, OSError) as error:
            if isinstance(error, TimeoutError):
                self.suspect(error)
            reason = self._refusals.reason or repr(error)
            raise AppError(Kind.UNAVAILABLE, "kafka-unavailable", f"Kafka did not take a fact: {reason}") from error


async def _end(producer: AIOKafkaProducer) -> None:
    """End what a stop that came to nothing has left at work: what it holds would be sent later, behind its senders' backs."""
    sender, held = producer._sender, producer._message_accumulator  # noqa: SLF001 aiokafka has no public way to give it up
    try:
        if sender is not None:
            await wait_for(sender.close(), 5)
        await wait_for(producer.client.close(), 5)
    except (TimeoutError, KafkaError, OSError) as error:
        log.warning("kafka_producer_end_incomplete", error=repr(error))
    finally:
        held.fail_all(KafkaConnectionError("closed before Kafka had acknowledged it"))
