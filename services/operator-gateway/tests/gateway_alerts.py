"""Facts that raise alerts, and what a dispatcher does with them, for the tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer
from gateway_house import Gateway

from hejnal_contracts.alerts import AlertRequested
from hejnal_contracts.base import Point, Severity
from hejnal_contracts.cameras import CameraCondition, CameraStatusReported, CameraTampered, FaultCause
from hejnal_contracts.residents import ReportSubmitted
from hejnal_runtime.ids import new_id


def tampered(camera_id: str = "cam-1", **changes: Any) -> CameraTampered:
    values: dict[str, Any] = {
        "event_id": new_id(),
        "camera_id": camera_id,
        "kind": "covered",
        "confidence": 0.9,
        "at": datetime.now(UTC),
    }
    return CameraTampered(**values | changes)


def report(*, urgent: bool) -> ReportSubmitted:
    return ReportSubmitted(
        report_id=new_id(),
        reference="Z-2026-00042",
        category="fire",
        urgent=urgent,
        place=Point(lat=51.05, lon=20.95),
        address="Długa 4",
        submitted_at=datetime.now(UTC),
    )


def request(**changes: Any) -> AlertRequested:
    values: dict[str, Any] = {
        "request_id": new_id(),
        "source_id": "gauge-3",
        "severity": Severity.EMERGENCY,
        "summary": "Woda ponad stan alarmowy",
        "at": datetime.now(UTC),
    }
    return AlertRequested(**values | changes)


def manual(**changes: Any) -> dict[str, Any]:
    return {"request_id": new_id(), "severity": "warning", "summary": "Bójka pod dworcem"} | changes


async def alerts(browser: aiohttp.ClientSession, **query: Any) -> list[dict[str, Any]]:
    async with browser.get("/api/v1/alerts", params=query) as answer:
        assert answer.status == 200, await answer.text()
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def raised(browser: aiohttp.ClientSession, **changes: Any) -> dict[str, Any]:
    async with browser.post("/api/v1/alerts", json=manual(**changes)) as answer:
        assert answer.status == 201, await answer.text()
        alert: dict[str, Any] = await answer.json()
        return alert


async def press(
    browser: aiohttp.ClientSession, alert_id: str, act: str, body: Any = None, version: int | None = None
) -> tuple[int, dict[str, Any]]:
    headers = {"If-Match": f'"{version}"'} if version else {}
    async with browser.post(f"/api/v1/alerts/{alert_id}/{act}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[AIOKafkaConsumer]:
    """The public topic, from its beginning."""
    consumer = AIOKafkaConsumer(
        gateway.settings.topic_prefix + "alerts",
        bootstrap_servers=gateway.settings.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def facts(consumer: AIOKafkaConsumer, count: int) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            record = await consumer.getone()
            assert record.value is not None
            headers = dict(record.headers)
            found.append((headers["ce_type"].decode().removeprefix("pl.hejnal."), json.loads(record.value)))
    return found


def dark(camera_id: str, since: datetime, *, live: bool = False) -> CameraStatusReported:
    return CameraStatusReported(
        camera_id=camera_id,
        epoch=1,
        ingest_id="i",
        relay_url="http://127.0.0.1:1",
        condition=CameraCondition.LIVE if live else CameraCondition.RETRYING,
        cause=None if live else FaultCause.NO_ROUTE,
        since=since,
        observed_at=datetime.now(UTC),
    )


async def have_kinds(browser: aiohttp.ClientSession, kinds: list[str]) -> bool:
    return sorted(alert["kind"] for alert in await alerts(browser)) == kinds
