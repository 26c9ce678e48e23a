"""Camera events kept and told, thumbnails as looks on record, probes handed on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from gateway_house import Gateway, running_app
from sqlalchemy import select
from test_events import listening

from hejnal_contracts.cameras import (
    CameraCondition,
    CameraStatusReported,
    CameraTampered,
    FaultCause,
    MotionDetected,
    PictureState,
    StreamFaulted,
)
from hejnal_contracts.probes import CameraProbed, ProbeLine
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.cameras.events import CameraEvents
from hejnal_gateway.tables import audit_entries, camera_events
from hejnal_runtime.bus import Message
from hejnal_runtime.tokens import TokenVerifier

NOW = datetime.now(UTC)
PROBE = "01930000-0000-7000-8000-000000000001"
JPEG = b"\xff\xd8not much of a picture\xff\xd9"


def tampered(event_id: str, phase: str = "onset", at: datetime = NOW) -> CameraTampered:
    return CameraTampered.model_validate(
        {"event_id": event_id, "camera_id": "cam-1", "kind": "covered", "confidence": 0.9, "at": at, "phase": phase}
    )


@dataclass
class Ingest:
    """Stands for ingest: thumbnails and probes."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    probe: dict[str, Any] = field(default_factory=dict)

    def status(self, camera_id: str, picture: PictureState | None = None) -> CameraStatusReported:
        now = datetime.now(UTC)
        return CameraStatusReported(
            camera_id=camera_id,
            epoch=1,
            ingest_id="i",
            relay_url=self.url,
            condition=CameraCondition.LIVE,
            since=now,
            observed_at=now,
            picture=picture,
        )


@asynccontextmanager
async def fake_ingest(gateway: Gateway) -> AsyncIterator[Ingest]:
    ingest = Ingest(probe={"probe_id": PROBE, "camera_id": "cam-1", "stream": "main", "state": "running", "ends_at": str(NOW)})
    verifier = TokenVerifier("ingest", gateway.keys.jwks_file)

    async def handle(request: web.Request) -> web.StreamResponse:
        assert verifier.verify(request.headers["authorization"].removeprefix("Bearer ")).service == "operator-gateway"
        ingest.asked.append(f"{request.method} {request.path}")
        if request.path.endswith("/thumbnail"):
            if request.headers.get("if-none-match") == '"e"':
                return web.Response(status=304, headers={"ETag": '"e"'})
            headers = {"ETag": '"e"', "Age": "7", "X-Taken-At": NOW.isoformat(), "Set-Cookie": "a=b"}
            return web.Response(body=JPEG, content_type="image/jpeg", headers=headers)
        if request.path.startswith("/internal/v1/probes"):
            return web.json_response(ingest.probe, status=202 if request.method == "POST" else 200)
        return web.Response(status=404)

    async with running_app(handle) as url:
        ingest.url = url
        yield ingest


async def test_events_are_kept_once_and_shown_newest_first(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    onset, cleared = tampered("e-1"), tampered("e-2", "cleared", NOW + timedelta(minutes=5))
    motion = MotionDetected(event_id="m-1", camera_id="cam-1", started_at=NOW - timedelta(minutes=1), source="stream")
    fault = StreamFaulted(
        event_id="f-1", camera_id="cam-1", stream="main", cause=FaultCause.STALLED, at=NOW - timedelta(minutes=3)
    )
    ended = motion.model_copy(update={"ended_at": NOW})
    for fact in (onset, onset, motion, fault, ended, motion, cleared):
        await gateway.publish(fact, "ingest")

    async def all_there() -> list[Any] | None:
        async with gateway.resources.database.read() as session:
            rows = (await session.execute(select(camera_events))).mappings().all()
        return list(rows) if len(rows) == 4 else None

    await gateway.eventually(all_there)
    async with gateway.signed_in(Role.CLERK) as browser:
        async with browser.get("/api/v1/cameras/cam-1/events") as answer:
            assert answer.status == 200
            items = (await answer.json())["items"]
        assert [item["event_id"] for item in items] == ["e-2", "e-1", "m-1", "f-1"]
        assert items[2]["fact"]["ended_at"] is not None
        async with browser.get("/api/v1/cameras/cam-1/events", params={"kind": "tampered", "limit": 1}) as answer:
            assert [item["event_id"] for item in (await answer.json())["items"]] == ["e-2"]
        async with browser.get("/api/v1/cameras/cam-1/events", params={"before": NOW.isoformat()}) as answer:
            assert [item["event_id"] for item in (await answer.json())["items"]] == ["m-1", "f-1"]
        async with browser.get("/api/v1/cameras/cam-2/events") as answer:
            assert (await answer.json())["items"] == []


async def test_a_beginning_told_again_in_the_same_batch_does_not_undo_the_end(gateway: Gateway) -> None:
    begun = MotionDetected(event_id="m-2", camera_id="cam-1", started_at=NOW, source="stream")
    ended = begun.model_copy(update={"ended_at": NOW + timedelta(seconds=9)})
    batch = [
        Message("camera-events", 0, offset, "cam-1", f"id-{offset}", fact.TYPE, "ingest", NOW, None, fact)
        for offset, fact in enumerate((begun, ended, begun))
    ]
    events = CameraEvents(gateway.resources.database)
    for messages in (batch, batch[:1]):
        await events.store(messages)
        (kept,) = await events.find("cam-1", kinds=(), before=None, limit=5)
        assert isinstance(kept.fact, MotionDetected)
        assert kept.fact.ended_at == ended.ended_at


async def test_old_events_go_motion_first(gateway: Gateway) -> None:
    events: CameraEvents = gateway.resources.camera_events
    motion = MotionDetected(event_id="m-9", camera_id="cam-1", started_at=NOW - timedelta(days=3), source="onvif")
    for fact in (motion, tampered("e-8", at=NOW - timedelta(days=3)), tampered("e-9", at=NOW - timedelta(days=100))):
        await gateway.publish(fact, "ingest")
    await gateway.eventually(lambda: _count(events, 3))
    await events.forget_old(before=NOW - timedelta(days=90), motion_before=NOW - timedelta(days=2))
    assert [event.event_id for event in await events.find("cam-1", kinds=[], before=None, limit=9)] == ["e-8"]


async def _count(events: CameraEvents, wanted: int) -> bool:
    return len(await events.find("cam-1", kinds=[], before=None, limit=9)) == wanted


async def test_consoles_hear_of_tampering_and_of_the_state_but_not_of_motion(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    async with fake_ingest(gateway) as ingest, gateway.signed_in() as browser, listening(browser) as stream:
        await stream.until("hello")
        motion = MotionDetected(event_id="m-1", camera_id="cam-1", started_at=NOW, source="stream")
        await gateway.publish(motion, "ingest")
        await gateway.publish(tampered("e-1"), "ingest")
        data, event_id = await stream.until("camera-event")
        assert data["event"]["kind"] == "tampered"
        assert data["event"]["fact"]["kind"] == "covered"
        assert event_id
        picture = PictureState(state="tampered", kind="covered", since=NOW, light="day")
        await gateway.publish(ingest.status("cam-1"), "ingest")
        await stream.until("camera-status")
        await gateway.publish(ingest.status("cam-1", picture), "ingest")
        data, _ = await stream.until("camera-status")
        assert data["status"]["picture"]["kind"] == "covered"


async def test_a_thumbnail_is_a_look_on_record_once(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-2", restricted=True)
    path = "/api/v1/cameras/cam-1/thumbnail"
    async with fake_ingest(gateway) as ingest, gateway.signed_in(Role.DISPATCHER) as browser:
        async with browser.get(path) as answer:
            assert answer.status == 404
        for camera_id in ("cam-1", "cam-2"):
            await gateway.publish(ingest.status(camera_id), "ingest")
            await gateway.eventually(lambda camera_id=camera_id: gateway.resources.board.report(camera_id))
        async with browser.get(path) as answer:
            assert answer.status == 200
            assert await answer.read() == JPEG
            assert answer.content_type == "image/jpeg"
            assert answer.headers["Age"] == "7"
            assert "private" in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers
        async with browser.get(path, headers={"If-None-Match": '"e"'}) as answer:
            assert answer.status == 304
        async with browser.get("/api/v1/cameras/cam-2/thumbnail") as answer:
            assert (await answer.json())["type"].endswith("reason-required")
            assert answer.status == 422
        async with browser.get("/api/v1/cameras/cam-2/thumbnail", params={"reason": "zgłoszenie 12"}) as answer:
            assert answer.status == 200
        async with browser.get("/api/v1/cameras/../cam-1/thumbnail") as answer:
            assert answer.status == 404
    assert "GET /internal/v1/cameras/cam-2/thumbnail" in ingest.asked

    async def recorded() -> list[Any] | None:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action == "footage.thumbnail").order_by("position")
            rows = (await session.execute(query)).mappings().all()
        return list(rows) if len(rows) >= 2 else None

    rows = await gateway.eventually(recorded)
    assert [(row["camera_id"], row["reason"]) for row in rows] == [("cam-1", ""), ("cam-2", "zgłoszenie 12")]


@pytest.mark.parametrize("role", [Role.CLERK, Role.DPO, Role.EDITOR])
async def test_who_may_not_watch_may_not_see_thumbnails(gateway: Gateway, role: Role) -> None:
    async with gateway.signed_in(role) as browser, browser.get("/api/v1/cameras/cam-1/thumbnail") as answer:
        assert answer.status == 403


async def test_a_probe_is_handed_on_and_its_card_comes_back(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    card = CameraProbed(
        event_id=PROBE,
        camera_id="cam-1",
        stream="main",
        grade="good",
        lines=(ProbeLine(subject="gop", grade="good", value="2.0 s"),),
        listened_s=60,
        at=NOW,
    )
    async with fake_ingest(gateway) as ingest, gateway.signed_in(Role.ADMIN) as browser:
        await gateway.publish(ingest.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        async with browser.post("/api/v1/cameras/cam-1/probes") as answer:
            assert answer.status == 202, await answer.text()
            probe = await answer.json()
        assert probe["state"] == "running"
        ingest.probe |= {"state": "done", "card": json.loads(card.model_dump_json())}
        async with browser.get(f"/api/v1/cameras/cam-1/probes/{PROBE}") as answer:
            assert (await answer.json())["card"]["lines"][0]["subject"] == "gop"
        async with browser.get(f"/api/v1/cameras/cam-2/probes/{PROBE}") as answer:
            assert answer.status == 404
        async with browser.get("/api/v1/cameras/cam-1/probes/..") as answer:
            assert answer.status in (404, 422)


async def test_a_new_camera_is_probed_when_ingest_has_it(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hejnal_gateway.cameras.probes._STEP_S", 0.1)
    async with fake_ingest(gateway) as ingest:
        running = asyncio.create_task(gateway.resources.probes.run())
        gateway.resources.probes.enrol("cam-1")
        await asyncio.sleep(0.5)
        assert ingest.asked == []
        await gateway.publish(ingest.status("cam-1"), "ingest")
        await gateway.eventually(lambda: "POST /internal/v1/probes" in ingest.asked)
        await asyncio.sleep(0.5)
        assert len(ingest.asked) == 1
        running.cancel()
