"""A running ingest that speaks ONVIF with the cameras it holds."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hejnal_contracts.cameras import CameraClockSet, CameraTampered, MotionDetected, OnvifAccess
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.onvif import DiscoveryResponder, OnvifSimulator
from hejnal_media.simulator.onvif.events import MOTION, TOO_DARK


@pytest_asyncio.fixture
async def device(simulator: CameraSimulator, clips: Any) -> AsyncIterator[OnvifSimulator]:
    one = OnvifSimulator(simulator, clips=clips)
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def discovery(device: OnvifSimulator) -> AsyncIterator[DiscoveryResponder]:
    responder = DiscoveryResponder([(device.identity, device.url)])
    await responder.start()
    yield responder
    responder.stop()


async def test_clock_groups_of_pictures_and_events(
    town: Any, simulator: CameraSimulator, device: OnvifSimulator, eventually: Any
) -> None:
    town.settings = town.settings.model_copy(
        update={"onvif_check_interval_s": 0.5, "onvif_pull_s": 1.0, "onvif_gop_s": 0.8, "radio_enabled": False}
    )
    device.clock.offset_s = -4000.4
    access = OnvifAccess(url=device.url, main_profile="main", sub_profile="sub", allow_clock_set=True, allow_gop_set=True)
    facts = town.facts
    await town.register(simulator.url("cam-001/main"), onvif=access)
    async with town.running():
        (clock,) = await eventually(lambda: facts.events_of(CameraClockSet))
        await eventually(lambda: simulator.mounts["cam-001/main"].clip.spec.gop_frames == 20)
        await eventually(lambda: device.events.subscriptions)
        device.events.fire(MOTION, value=True)
        await eventually(lambda: facts.events_of(MotionDetected))
        device.events.forget_all()
        device.events.fire(MOTION, value=False)
        await eventually(lambda: len(facts.events_of(MotionDetected)) == 2)
        device.events.fire(TOO_DARK, value=True)
        device.events.fire(TOO_DARK, value=False)
        await eventually(lambda: len([one for one in facts.events_of(CameraTampered) if one.kind == "covered"]) >= 2)
    assert clock.offset_before_s == pytest.approx(-4000, abs=2)
    assert abs(clock.offset_after_s) < 1
    assert abs(device.clock.offset_s) < 1
    began, ended = facts.events_of(MotionDetected)
    assert began.event_id == ended.event_id
    assert (began.source, began.ended_at) == ("onvif", None)
    assert ended.ended_at >= ended.started_at == began.started_at
    phases = [one.phase for one in facts.events_of(CameraTampered) if one.kind == "covered"]
    assert phases == ["onset", "cleared"]
    assert device.requests.count("SetSystemDateAndTime") == 1


async def test_nothing_is_changed_at_a_camera_without_leave(
    town: Any, simulator: CameraSimulator, device: OnvifSimulator, eventually: Any
) -> None:
    town.settings = town.settings.model_copy(update={"onvif_check_interval_s": 0.3})
    device.clock.offset_s = 7200
    await town.register(simulator.url("cam-001/main"), onvif=OnvifAccess(url=device.url, main_profile="main"))
    async with town.running():
        await eventually(lambda: device.requests.count("GetSystemDateAndTime") >= 3)
    assert not [name for name in device.requests if name.startswith("Set")]


async def test_the_gateway_finds_asks_and_moves_cameras(
    town: Any, simulator: CameraSimulator, device: OnvifSimulator, discovery: DiscoveryResponder, eventually: Any
) -> None:
    town.settings = town.settings.model_copy(
        update={"discovery_host": "127.0.0.1", "discovery_port": discovery.port, "discovery_interface": "127.0.0.1"}
    )
    await town.register(simulator.url("cam-001/main"), onvif=OnvifAccess(url=device.url, main_profile="main"))
    await town.register(simulator.url("cam-002/main"), "cam-002")
    async with town.running(), aiohttp.ClientSession(town.url, headers=town.headers("operator-gateway")) as http:

        async def ask(method: str, path: str, body: Any = None, status: int = 200) -> Any:
            async with http.request(method, f"/internal/v1{path}", json=body) as answer:
                assert answer.status == status, await answer.text()
                return await answer.json() if status != 204 else None

        await eventually(lambda: device.events.subscriptions)
        found = await ask("POST", "/discoveries", {"wait_s": 0.6})
        assert [(one["name"], one["addresses"]) for one in found["devices"]] == [("cam-001", [device.url])]
        offered = await ask("POST", "/onvif-probes", {"url": device.url})
        assert (offered["main"]["url"], offered["sub"]["profile"]) == (simulator.url("cam-001/main"), "sub")
        assert (offered["ptz"], offered["events"], offered["card_recording"]) == (True, True, True)
        problem = await ask("POST", "/onvif-probes", {"url": "http://127.0.0.1:9/"}, 503)
        assert problem["type"].endswith("onvif-no-route")

        await ask("PUT", "/cameras/cam-001/ptz/move", {"pan": 0.5}, 204)
        assert (await ask("GET", "/cameras/cam-001/ptz/status"))["moving"]
        await eventually(lambda: "Stop" in device.requests)
        assert not (await ask("GET", "/cameras/cam-001/ptz/status"))["moving"]
        preset = await ask("POST", "/cameras/cam-001/ptz/presets", {"name": "Brama"}, 201)
        assert await ask("GET", "/cameras/cam-001/ptz/presets") == [preset]
        await ask("PUT", f"/cameras/cam-001/ptz/presets/{preset['token']}/visit", None, 204)
        await ask("PUT", "/cameras/cam-001/ptz/presets/none/visit", None, 409)
        await ask("DELETE", f"/cameras/cam-001/ptz/presets/{preset['token']}", None, 204)
        await ask("DELETE", "/cameras/cam-001/ptz/move", None, 204)
        await ask("PUT", "/cameras/cam-001/ptz/move", {"pan": 1.5}, 422)
        await ask("PUT", "/cameras/cam-002/ptz/move", {"pan": 0.5}, 404)
        async with http.get("/internal/v1/cameras/cam-001/ptz/status", headers=town.headers("recorder")) as answer:
            assert answer.status == 403
