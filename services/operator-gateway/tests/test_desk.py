"""Looking for cameras, trying a connection, accepting a view: through an ingest that answers as told."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from gateway_house import Gateway, Keys, running_app, running_gateway

from hejnal_contracts.cameras import CameraCondition, CameraStatusReported
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings

NEW = {
    "endpoint": "urn:uuid:1", "addresses": ["http://10.0.0.9/onvif/device_service"], "name": "Nowa", "hardware": "X1",
    "location": "Rynek", "scopes": [], "answered_from": "10.0.0.9",
}  # fmt: skip
BY_ONVIF = NEW | {"endpoint": "urn:uuid:2", "addresses": ["http://10.0.0.8/onvif/device_service"], "name": "A"}
BY_STREAM = NEW | {"endpoint": "urn:uuid:3", "addresses": ["http://10.0.0.7/onvif/device_service"], "name": "B"}


class Ingest:
    """Answers by path; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append((request.path, json.loads(body) if body else None))
        status, answer = self.answers[request.path]
        return web.json_response(answer, status=status) if answer is not None else web.Response(status=status)


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    one = Ingest()
    async with running_app(one.handle) as url:
        one.url = url
        yield one


@pytest.fixture
async def gateway(settings: GatewaySettings, keys: Keys, ingest: Ingest) -> AsyncIterator[Gateway]:
    changed = settings.model_copy(update={"ingest_urls": ("http://127.0.0.1:1", ingest.url)})
    async with running_gateway(changed, keys) as running:
        yield running


async def test_new_devices_are_found_and_asked_what_they_offer(gateway: Gateway, ingest: Ingest) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-2", onvif={"url": "http://10.0.0.8/onvif/device_service"})
    ingest.answers["/internal/v1/discoveries"] = (200, {"devices": [BY_ONVIF, BY_STREAM, NEW]})
    device = {"manufacturer": "M", "model": "X1", "firmware": "1", "serial": "2", "hardware": "3"}
    offer = {"profile": "main", "url": "rtsp://10.0.0.9/main"}
    ingest.answers["/internal/v1/onvif-probes"] = (
        200,
        {"device": device, "clock_offset_s": 0.1, "profiles": [], "main": offer, "sub": None, "ptz": True, "events": True,
         "card_recording": False},
    )  # fmt: skip
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.post("/api/v1/camera-discoveries", json={"wait_s": 0.5}) as answer:
            assert answer.status == 202, await answer.text()
            begun = await answer.json()

        async def done() -> Any:
            async with browser.get(f"/api/v1/camera-discoveries/{begun['discovery_id']}") as answer:
                found = await answer.json()
            return found if found["state"] != "running" else None

        found = await gateway.eventually(done)
        assert (found["state"], found["asked"], found["answered"]) == ("done", 2, 1)
        assert [(one["name"], one["registered_as"]) for one in found["candidates"]] == [
            ("Nowa", None), ("A", "cam-2"), ("B", "cam-1"),
        ]  # fmt: skip
        account = {"url": found["candidates"][0]["url"], "username": "u", "password": "s3cret"}
        async with browser.post("/api/v1/camera-discoveries/probes", json=account) as answer:
            assert (await answer.json())["main"] == offer
        assert ingest.asked[-1] == ("/internal/v1/onvif-probes", account)
        problem = {"type": "urn:hejnal:problem:onvif-unauthorized", "detail": "The camera: it does not accept the user."}
        ingest.answers["/internal/v1/onvif-probes"] = (409, problem)
        async with browser.post("/api/v1/camera-discoveries/probes", json=account) as answer:
            told = await answer.json()
            assert (answer.status, told["type"], told["detail"]) == (409, problem["type"], problem["detail"])
        async with browser.get("/api/v1/camera-discoveries/01a20350-5a04-70b9-8008-2c4be7edb9cc") as answer:
            assert answer.status == 404
    async with gateway.signed_in(Role.OPERATOR) as browser, browser.post("/api/v1/camera-discoveries", json={}) as answer:
        assert answer.status == 403


async def test_a_connection_is_tried_with_the_account_that_is_kept_or_one_to_be(gateway: Gateway, ingest: Ingest) -> None:
    await gateway.add_camera("cam-1")
    ingest.answers["/internal/v1/connection-tests"] = (200, {"ok": False, "cause": "unauthorized", "detail": "401"})
    async with gateway.signed_in(Role.ADMIN) as browser:
        for body, account in (({}, ("user", "s3cret")), ({"credentials": {"username": "a", "password": "b"}}, ("a", "b"))):
            async with browser.post("/api/v1/cameras/cam-1/connection-test", json=body) as answer:
                told = await answer.json()
                assert (answer.status, told["ok"], told["cause"]) == (200, False, "unauthorized")
                assert "s3cret" not in json.dumps(told)
            _, asked = ingest.asked[-1]
            assert (asked["url"], asked["username"], asked["password"]) == ("rtsp://10.0.0.7/main", *account)
        for url, status in (("cam-1", 200), ("cam-9", 404)):
            async with browser.post(f"/api/v1/cameras/{url}/connection-test", json={"stream": "sub"}) as answer:
                assert answer.status == status
        ingest.answers.clear()
        await _accept(gateway, ingest, browser)


async def _accept(gateway: Gateway, ingest: Ingest, browser: Any) -> None:
    path = "/internal/v1/cameras/cam-1/view-acceptance"
    url = "/api/v1/cameras/cam-1/accept-view"
    async with browser.post(url) as answer:
        assert answer.status == 404, "nobody holds it yet"
    now: datetime = gateway.resources.clock.now()
    status = CameraStatusReported(
        camera_id="cam-1", epoch=1, ingest_id="one", relay_url=ingest.url, condition=CameraCondition.LIVE, since=now,
        observed_at=now,
    )  # fmt: skip
    await gateway.publish(status, "ingest")
    await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
    for theirs, ours in ((204, 204), (409, 409), (404, 404), (500, 503)):
        ingest.answers[path] = (theirs, None)
        async with browser.post(url) as answer:
            assert answer.status == ours


async def test_a_camera_imported_at_the_server_is_probed_as_soon_as_somebody_holds_it(gateway: Gateway, ingest: Ingest) -> None:
    await gateway.add_camera("cam-1")  # straight into the registry, as `import-cameras` does
    now: datetime = gateway.resources.clock.now()
    probe = {"probe_id": "p-1", "camera_id": "cam-1", "stream": "main", "state": "running", "ends_at": now.isoformat()}
    ingest.answers["/internal/v1/probes"] = (202, probe)
    status = CameraStatusReported(
        camera_id="cam-1", epoch=1, ingest_id="one", relay_url=ingest.url, condition=CameraCondition.LIVE, since=now,
        observed_at=now,
    )  # fmt: skip
    await gateway.publish(status, "ingest")
    asked = ("/internal/v1/probes", {"camera_id": "cam-1", "stream": "main"})
    await gateway.eventually(lambda: asked in ingest.asked, 30)
