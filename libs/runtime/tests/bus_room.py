"""Small things the runtime's tests share."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from hejnal_contracts.base import Point
from hejnal_contracts.residents import ReportSubmitted

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def report(report_id: str) -> ReportSubmitted:
    return ReportSubmitted(
        report_id=report_id, reference="Z-2026-00001", category="roads", place=Point(lat=51.05, lon=20.95), submitted_at=NOW
    )


async def until(condition: Callable[[], Any | Awaitable[Any]], timeout_s: float = 30.0) -> Any:
    """The first true value of `condition` (plain or async); fails after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not true within {timeout_s} s")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[None]:
    """Run each object's `run()` for the length of the block."""
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def read_all(bootstrap: str, topic: str, count: int, timeout_s: float = 20.0) -> list[Any]:
    """At least `count` raw records of a topic from its beginning, not counting one that a crash had sent again."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        records: list[Any] = []
        different: set[Any] = set()
        end = time.monotonic() + timeout_s
        while len(different) < count and time.monotonic() < end:
            for fetched in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(fetched)
                different |= {dict(one.headers).get("ce_id", (one.partition, one.offset)) for one in fetched}
        return records
    finally:
        await consumer.stop()


async def get(app: FastAPI, path: str, **headers: str) -> Response:
    """What an app answers, its unexpected errors included."""
    async with AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://test") as client:
        return await client.get(path, headers=headers)
