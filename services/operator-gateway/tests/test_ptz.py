"""Moving a simulated ONVIF camera through a real ingest: one joystick, presets, rounds, and a stop when nobody says a word."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from gateway_house import Gateway, Keys
from gateway_process import gateway_process

from hejnal_gateway.accounts.roles import Role
from hejnal_ingest.service import run_service
from hejnal_ingest.settings import Settings
from hejnal_local.ports import free_ports
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.onvif import OnvifSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.errors import AppError

PTZ = "/api/v1/cameras/cam-001/ptz"


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest_asyncio.fixture
async def device(clips: Path) -> AsyncIterator[OnvifSimulator]:
    cameras = CameraSimulator(town_mounts(2, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await cameras.start()
    one = OnvifSimulator(cameras, clips=clips)
    await one.start()
    one.rtsp_main = cameras.url("cam-001/main")  # type: ignore[attr-defined]
    yield one
    await one.stop()
    await cameras.stop()


@pytest_asyncio.fixture
async def camera(gateway: Gateway, keys: Keys, device: OnvifSimulator, make_media: None, tmp_path: Path) -> AsyncIterator[Any]:
    """The device, registered and held by an ingest in this process."""
    (internal,) = free_ports(1)
    settings = Settings(
        kafka_bootstrap=gateway.settings.kafka_bootstrap,
        topic_prefix=gateway.settings.topic_prefix,
        internal_port=internal,
        gateway_url=gateway.internal_url,
        spool_dir=tmp_path / "spool",
        token_key_file=keys.folder / "ingest.pem",
        trusted_jwks_file=keys.jwks_file,
        ingest_id="ingest-test",
        status_interval_s=1,
        radio_enabled=False,
    )
    stop = asyncio.Event()
    ingest = asyncio.create_task(run_service(settings, stop=stop))
    url = device.rtsp_main  # type: ignore[attr-defined]
    await gateway.add_camera(
        "cam-001",
        name="Wieża",
        streams=[{"name": "main", "url": url}],
        credentials=None,
        onvif={"url": device.url, "main_profile": "main"},
    )
    await gateway.eventually(lambda: gateway.resources.board.report("cam-001"), 30)
    await gateway.eventually(lambda: _has_onvif(gateway), 30)
    yield device
    stop.set()
    async with asyncio.timeout(30):
        await ingest


@pytest_asyncio.fixture
async def make_media(gateway: Gateway) -> None:
    from dataclasses import replace

    from hejnal_contracts.topics import BY_NAME
    from hejnal_runtime.bus.topics import create_topics

    topic = replace(BY_NAME["camera-media"], partitions=2)
    await create_topics(gateway.settings.kafka_bootstrap, [topic], prefix=gateway.settings.topic_prefix)


async def _has_onvif(gateway: Gateway) -> bool:
    """Whether ingest knows the camera's ONVIF access: it asks for that after it has taken the camera."""
    try:
        await gateway.resources.ptz_heads.presets("cam-001")
    except AppError:
        return False
    return True


async def ask(browser: aiohttp.ClientSession, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    async with browser.request(method, PTZ + path, json=body) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return await answer.json() if text else None


async def test_one_joystick_for_all_who_want_it(gateway: Gateway, camera: OnvifSimulator) -> None:
    async with gateway.signed_in(Role.OPERATOR) as olga, gateway.signed_in(Role.DISPATCHER) as darek:
        refused = await ask(olga, "PUT", "/move", {"pan": 0.5}, 409)
        assert refused["type"].endswith("ptz-not-held")
        lease = await ask(olga, "POST", "/lease", {})
        assert (lease["mine"], lease["holder"]["role"]) == (True, "operator")
        assert (await ask(olga, "POST", "/lease", {}))["lease_id"] == lease["lease_id"]
        await ask(olga, "PUT", "/move", {"pan": 0.5}, 204)
        assert camera.head.moving()
        refused = await ask(darek, "POST", "/lease", {}, 409)
        assert refused["errors"][0]["holder"]["name"] == "Test operator"
        assert refused["errors"][0]["may_take_over"] is True
        assert (await ask(darek, "GET", ""))["lease"]["mine"] is False
        await ask(darek, "POST", "/lease", {"take_over": True})
        assert not camera.head.moving()
        refused = await ask(olga, "PUT", "/move", {"pan": 0.5}, 409)
        assert refused["type"].endswith("ptz-held")
        refused = await ask(olga, "POST", "/lease", {"take_over": True}, 409)
        assert refused["errors"][0]["may_take_over"] is False
        await ask(darek, "PUT", "/move", {"tilt": -0.5}, 204)
        await ask(darek, "DELETE", "/lease", None, 204)
        assert not camera.head.moving()
        assert (await ask(olga, "GET", ""))["lease"] is None
        await ask(olga, "PUT", "/move", {"pan": 1.5}, 422)
        taken = await gateway.eventually(lambda: _audited(gateway, "ptz."))
        assert {"ptz.taken", "ptz.taken-over", "ptz.released"} <= taken


async def _audited(gateway: Gateway, prefix: str) -> set[str]:
    from sqlalchemy import text

    async with gateway.resources.database.read() as session:
        found = await session.execute(
            text("select action from audit_entries where camera_id = 'cam-001' and action like :like"), {"like": prefix + "%"}
        )
        actions = set(found.scalars())
    return actions if len(actions) >= 3 else set()


async def test_a_move_that_is_not_renewed_ends_by_itself(gateway: Gateway, camera: OnvifSimulator) -> None:
    async with gateway.signed_in(Role.OPERATOR) as olga:
        await ask(olga, "POST", "/lease", {})
        for _ in range(4):  # together longer than a move lasts that is not renewed
            await asyncio.sleep(0.3)
            await ask(olga, "PUT", "/move", {"pan": 0.1}, 204)
        assert camera.head.moving()
        await gateway.eventually(lambda: not camera.head.moving() and "Stop" in camera.requests)


async def test_the_gateway_is_killed_in_mid_move_and_the_camera_stops(gateway: Gateway, camera: OnvifSimulator) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    from gateway_house import sign_in_body

    async with gateway_process(gateway.settings) as (process, address):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(address, cookie_jar=jar) as olga:
            async with olga.post("/api/v1/session", json=sign_in_body(credentials)) as answer:
                assert answer.status == 200, await answer.text()
            await ask(olga, "POST", "/lease", {})
            for _ in range(3):
                await asyncio.sleep(0.2)
                await ask(olga, "PUT", "/move", {"pan": 0.1}, 204)
            assert camera.head.moving()
            process.kill()
            await process.wait()
            await gateway.eventually(lambda: not camera.head.moving() and "Stop" in camera.requests)


async def test_presets_and_a_round_that_makes_way(gateway: Gateway, camera: OnvifSimulator) -> None:
    gateway.resources.patrols._resume_after = timedelta(0)
    async with gateway.signed_in(Role.DISPATCHER) as darek, gateway.signed_in(Role.OPERATOR) as olga:
        await ask(darek, "POST", "/lease", {})
        gate = await ask(darek, "POST", "/presets", {"name": "Brama"}, 201)
        await ask(darek, "PUT", "/move", {"pan": 1}, 204)
        await gateway.eventually(lambda: camera.head.position()[0] > 0.2)
        await ask(darek, "POST", "/stop", None, 204)
        square = await ask(darek, "POST", "/presets", {"name": "Rynek"}, 201)
        assert [one["name"] for one in (await ask(olga, "GET", "/presets"))["items"]] == ["Brama", "Rynek"]
        refused = await ask(olga, "POST", f"/presets/{gate['token']}/goto", {}, 409)
        assert refused["type"].endswith("ptz-held")
        await ask(darek, "DELETE", "/lease", None, 204)
        await ask(olga, "POST", f"/presets/{gate['token']}/goto", None, 204)
        await gateway.eventually(lambda: camera.head.position()[0] == pytest.approx(0, abs=0.01))
        assert (await ask(olga, "GET", ""))["lease"]["mine"]
        patrol = {"enabled": True, "steps": [{"preset": square["token"], "dwell_s": 5}, {"preset": gate["token"], "dwell_s": 5}]}
        await ask(darek, "PUT", "/patrol", patrol | {"version": 0})
        await ask(darek, "PUT", "/patrol", patrol | {"version": 0}, 409)
        turns = camera.requests.count("GotoPreset")
        await asyncio.sleep(1.5)
        assert camera.requests.count("GotoPreset") == turns  # somebody has the joystick
        await ask(olga, "DELETE", "/lease", None, 204)
        await gateway.eventually(lambda: camera.requests.count("GotoPreset") > turns, 10)
        await gateway.eventually(lambda: camera.head.position()[0] > 0.2)
        shown = (await ask(olga, "GET", ""))["patrol"]
        assert (shown["position"], shown["trouble"]) == (1, "")
        await ask(darek, "DELETE", f"/presets/{gate['token']}", None, 204)
        await _make_due(gateway)
        await gateway.eventually(lambda: _trouble(olga), 10)
        await ask(darek, "PUT", "/patrol", {"enabled": False, "steps": []})
        await ask(darek, "PUT", "/patrol", {"enabled": True, "steps": []}, 422)
        await ask(darek, "POST", "/presets/none/goto", None, 409)


async def _make_due(gateway: Gateway) -> None:
    from sqlalchemy import text

    async with gateway.resources.database.transaction() as session:
        await session.execute(text("update ptz_patrols set next_at = now()"))


async def _trouble(browser: aiohttp.ClientSession) -> bool:
    return bool((await ask(browser, "GET", "/patrol"))["trouble"])


async def test_a_step_is_taken_by_one_process(gateway: Gateway, camera: OnvifSimulator) -> None:
    from hejnal_gateway.ptz.patrol import Patrols

    resources = gateway.resources
    async with gateway.signed_in(Role.ADMIN) as admin:
        await ask(admin, "POST", "/lease", {})
        place = await ask(admin, "POST", "/presets", {"name": "Brama"}, 201)
        await ask(admin, "DELETE", "/lease", None, 204)
        turns = camera.requests.count("GotoPreset")
        body = {"enabled": True, "steps": [{"preset": place["token"], "dwell_s": 3600}]}
        await ask(admin, "PUT", "/patrol", body)
        others = [Patrols(resources.database, resources.ptz_heads, resources.clock, resume_after_s=0) for _ in range(3)]
        await asyncio.gather(*(other.step() for other in others))
        await gateway.eventually(lambda: camera.requests.count("GotoPreset") == turns + 1)
        await asyncio.gather(*(other.step() for other in others))
        assert camera.requests.count("GotoPreset") == turns + 1


async def test_a_camera_that_cannot_be_moved_says_so(gateway: Gateway, camera: OnvifSimulator) -> None:
    await gateway.add_camera("cam-009", restricted=True)
    async with gateway.signed_in(Role.OPERATOR) as olga:
        async with olga.post("/api/v1/cameras/cam-009/ptz/lease", json={}) as answer:
            assert (await answer.json())["type"].endswith("reason-required")
        async with olga.post("/api/v1/cameras/cam-009/ptz/lease", json={"reason": "Zgłoszenie Z-1"}) as answer:
            assert answer.status == 200
        async with olga.put("/api/v1/cameras/cam-009/ptz/move", json={"pan": 1}) as answer:
            assert answer.status == 404
        async with olga.post("/api/v1/cameras/cam-010/ptz/lease", json={}) as answer:
            assert answer.status == 404
