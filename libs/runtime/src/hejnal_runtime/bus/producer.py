"""Sending: idempotent, acknowledged by all in-sync replicas."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import key_of, topic_of
from hejnal_runtime.bus.message import event_headers
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.tracing import current_traceparent

log = structlog.get_logger()

MAX_MESSAGE_BYTES = 1_000_000


class Producer:
    """One connection to Kafka for sending. It opens itself at first use, so a service starts without a broker."""

    def __init__(self, bootstrap: str, topic_prefix: str = "", *, clock: Clock | None = None, linger_ms: int = 2) -> None:
        self._bootstrap = bootstrap
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

    async def stop(self) -> None:
        """Send what is buffered (at most 5 s) and disconnect."""
        if self._producer is None:
            return
        producer, self._producer = self._producer, None
        try:
            await asyncio.wait_for(producer.stop(), 5)
        except (TimeoutError, KafkaError) as error:
            log.warning("kafka_producer_stop_incomplete", error=repr(error))

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        async with self._opening:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=self._linger_ms,
                    max_request_size=MAX_MESSAGE_BYTES,
                    request_timeout_ms=20_000,
                    metadata_max_age_ms=60_000,
                )
                try:
                    await asyncio.wait_for(producer.start(), 10)
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def enqueue(self, topic: str, value: bytes | None, key: str, headers: list[tuple[str, bytes]]) -> "asyncio.Future[Any]":
        """Put a message into the sender's buffer; the returned future is done when the brokers have acknowledged it."""
        producer = await self._open()
        future: asyncio.Future[Any] = await producer.send(self._prefix + topic, value, key=key.encode(), headers=headers)
        return future

    async def send_raw(self, topic: str, value: bytes | None, key: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        """Send bytes as they are (dead letters) and wait for the acknowledgement."""
        producer = await self._open()
        await producer.send_and_wait(self._prefix + topic, value, key=key, headers=headers)

    async def send_fact(self, fact: Fact, source: str, *, timeout_s: float = 30.0) -> None:
        """Send one fact and wait until it is acknowledged; for services that have no database (others use the outbox).

        Raises AppError(UNAVAILABLE) when Kafka does not take it in time; sending again is then right (same fact, new id).
        """
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
            await asyncio.wait_for(asyncio.shield(future), timeout_s)
        except (KafkaError, TimeoutError, OSError) as error:
            raise AppError(Kind.UNAVAILABLE, "kafka-unavailable", f"Kafka did not take a fact: {error!r}") from error
