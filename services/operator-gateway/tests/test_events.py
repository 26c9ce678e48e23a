import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from gateway_house import Gateway

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraCondition, CameraStatusReported, FaultCause
from hejnal_contracts.media import GapCause
from hejnal_contracts.recordings import GapOpened
from hejnal_contracts.residents import ReportSubmitted
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.cameras.status import ShownCondition, StatusBoard

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


def status(
    camera_id: str = "cam-1", *, epoch: int = 1, at: datetime | None = None, cause: FaultCause | None = None
) -> CameraStatusReported:
    at = at or datetime.now(UTC)
    return CameraStatusReported(
        camera_id=camera_id,
        epoch=epoch,
        ingest_id="i",
        relay_url="http://127.0.0.1:1",
        condition=CameraCondition.RETRYING if cause else CameraCondition.LIVE,
        cause=cause,
        since=at,
        observed_at=at,
    )


def report(number: int) -> ReportSubmitted:
    place = Point(lat=51.05, lon=20.95)
    return ReportSubmitted(
        report_id=f"r-{number}", reference=f"Z-2026-{number:05}", category="road", place=place, submitted_at=datetime.now(UTC)
    )


class Stream:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self, timeout_s: float = 10) -> tuple[str, Any, str | None]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(timeout_s):
            while True:
                line = (await self.answer.content.readline()).decode()
                assert line, "the stream ended"
                if line == "\n":
                    if "data" in fields:
                        return fields["event"], json.loads(fields["data"]), fields.get("id")
                    fields = {}
                elif not line.startswith(":"):
                    name, _, value = line.strip().partition(": ")
                    fields[name] = value

    async def until(self, wanted: str) -> tuple[Any, str | None]:
        while True:
            name, data, event_id = await self.next()
            if name == wanted:
                return data, event_id


@asynccontextmanager
async def listening(browser: aiohttp.ClientSession, last_event_id: str | None = None) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with browser.get("/api/v1/events", headers=headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Stream(answer)


async def test_a_console_hears_of_cameras_reports_and_gaps(gateway: Gateway) -> None:
    await gateway.publish(status("cam-0"), "ingest")
    await gateway.eventually(lambda: gateway.resources.board.report("cam-0"))
    async with gateway.signed_in() as browser, listening(browser) as stream:
        hello, hello_id = await stream.until("hello")
        assert hello["resumed"] is False
        assert hello_id
        assert [(item["camera_id"], item["status"]["condition"]) for item in hello["cameras"]] == [("cam-0", "live")]
        started = time.monotonic()
        await gateway.publish(report(1), "citizen-api")
        data, _ = await stream.until("report")
        assert time.monotonic() - started < 20
        assert data["type"] == "submitted"
        assert data["report"]["reference"] == "Z-2026-00001"
        await gateway.publish(status("cam-0", cause=FaultCause.REFUSED), "ingest")
        data, _ = await stream.until("camera-status")
        assert data["status"]["condition"] == "retrying"
        assert data["status"]["cause"] == "refused"
        gap = GapOpened(camera_id="cam-0", gap_id="g", cause=GapCause.REFUSED, starts_at=NOW)
        await gateway.publish(gap, "recorder")
        data, _ = await stream.until("recording")
        assert data["type"] == "gap-opened"
        assert data["gap"]["cause"] == "refused"
        await gateway.add_camera("cam-7")
        data, _ = await stream.until("camera")
        assert data == {"type": "registered", "camera_id": "cam-7", "version": 1}


async def test_a_broken_line_resumes_without_loss(gateway: Gateway) -> None:
    async with gateway.signed_in() as browser:
        async with listening(browser) as stream:
            await stream.until("hello")
            await gateway.publish(report(1), "citizen-api")
            _, last_id = await stream.until("report")
        for number in (2, 3):
            await gateway.publish(report(number), "citizen-api")
        await gateway.eventually(lambda: gateway.resources.events._sequence >= 3)
        async with listening(browser, last_id) as stream:
            hello, _ = await stream.until("hello")
            assert hello["resumed"] is True
            assert hello["cameras"] == []
            heard = {(await stream.until("report"))[0]["report_id"] for _ in range(2)}
            assert heard == {"r-2", "r-3"}
        for forgotten in ("other-1", "nonsense", f"{last_id}9999"):
            async with listening(browser, forgotten) as stream:
                assert (await stream.until("hello"))[0]["resumed"] is False


async def test_reports_are_not_for_every_role(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.DPO) as browser, listening(browser) as stream:
        await stream.until("hello")
        await gateway.publish(report(1), "citizen-api")
        await gateway.eventually(lambda: gateway.resources.events._sequence >= 1)
        await gateway.publish(status("cam-1"), "ingest")
        name, _, _ = await stream.next()
        assert name == "camera-status"


async def test_a_slow_console_is_let_go_and_told(gateway: Gateway) -> None:
    ring = gateway.resources.events
    listener, _, _ = ring.join(Role.OPERATOR, None)
    for number in range(gateway.settings.events_queue + 1):
        ring.publish("report", _report_event(number))
    assert listener.ended.result() == "too-slow"
    ring.leave(listener)


def _report_event(number: int) -> Any:
    from hejnal_gateway.events import ReportEvent

    return ReportEvent(type="submitted", report_id=f"r-{number}", report=report(number))


async def test_the_stream_ends_with_the_session(gateway: Gateway, monkeypatch: Any) -> None:
    monkeypatch.setattr("hejnal_gateway.event_routes.HEARTBEAT_S", 0.1)
    monkeypatch.setattr("hejnal_gateway.event_routes.SESSION_CHECK_S", 0.2)
    async with gateway.signed_in() as browser, listening(browser) as stream:
        await stream.until("hello")
        async with browser.delete("/api/v1/session") as answer:
            assert answer.status == 204
        data, _ = await stream.until("farewell")
        assert data == {"reason": "signed-out"}


def test_the_board_ignores_what_is_out_of_date() -> None:
    board = StatusBoard(stale_after_s=30)
    assert board.apply(status(epoch=5, at=NOW))
    assert not board.apply(status(epoch=4, at=NOW + timedelta(seconds=9), cause=FaultCause.CLOSED))
    assert not board.apply(status(epoch=5, at=NOW - timedelta(seconds=1), cause=FaultCause.CLOSED))
    assert board.apply(status(epoch=6, at=NOW - timedelta(seconds=5), cause=FaultCause.STALLED))
    shown = board.status("cam-1", NOW)
    assert (shown.condition, shown.cause) == (ShownCondition.RETRYING, FaultCause.STALLED)


def test_silence_makes_a_camera_unknown_once() -> None:
    board = StatusBoard(stale_after_s=30)
    board.apply(status(at=NOW))
    assert board.newly_stale(NOW + timedelta(seconds=29)) == []
    assert board.newly_stale(NOW + timedelta(seconds=31)) == ["cam-1"]
    assert board.newly_stale(NOW + timedelta(seconds=32)) == []
    shown = board.status("cam-1", NOW + timedelta(seconds=31))
    assert (shown.condition, shown.since) == (ShownCondition.UNKNOWN, NOW)
    board.apply(status(at=NOW + timedelta(seconds=40)))
    assert board.status("cam-1", NOW + timedelta(seconds=41)).condition is ShownCondition.LIVE
    assert board.status("cam-2", NOW).condition is ShownCondition.UNKNOWN
