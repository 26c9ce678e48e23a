"""Who has camera groups knows of those cameras only, whatever way is taken."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_house import Gateway, Upstream
from gateway_relay import FakeIngest, encode, fake_ingest
from gateway_routes import WEBSOCKET, concrete, routes
from gateway_staff import call

from hejnal_contracts.cameras import CameraClockSet
from hejnal_gateway.accounts.roles import SEE_EVERY_CAMERA, Role
from hejnal_gateway.cameras.registry import CameraDraft
from hejnal_gateway.doors.table import DOORS
from hejnal_runtime.ids import new_id

MARKET = frozenset({"rynek"})
NO_GROUP: frozenset[str] = frozenset()


@pytest.fixture
async def town(gateway: Gateway) -> Gateway:
    """A camera of the market, one of the park, one of neither."""
    await gateway.add_camera("cam-market", groups=["rynek", "szkoly"])
    await gateway.add_camera("cam-park", groups=["park"])
    await gateway.add_camera("cam-lone")
    return gateway


async def test_every_route_of_a_camera_answers_404_for_one_out_of_group(town: Gateway) -> None:
    named = [(method, path, roles) for method, path, roles in routes() if "{camera_id}" in path]
    assert len(named) > 30
    for groups, unseen in ((MARKET, "cam-park"), (MARKET, "cam-lone"), (MARKET, "cam-nowhere"), (NO_GROUP, "cam-market")):
        for role in set(Role) - SEE_EVERY_CAMERA:
            async with town.signed_in(role, camera_groups=groups) as browser:
                for method, path, roles in named:
                    if role not in (roles or ()):
                        continue
                    if method == WEBSOCKET:
                        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                            await browser.ws_connect(concrete(path, camera_id=unseen))
                        assert refused.value.status == 404, (path, unseen)
                        continue
                    kwargs: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
                    kwargs["headers"] = {"Connection": "close"}
                    async with browser.request(method, concrete(path, camera_id=unseen), **kwargs) as answer:
                        problem = await answer.json(content_type=None) if method != "HEAD" else {"type": "camera-unknown"}
                        assert (answer.status, problem["type"].rsplit(":", 1)[-1]) == (404, "camera-unknown"), (
                            method,
                            path,
                            unseen,
                        )


async def test_lists_hold_what_may_be_known(town: Gateway) -> None:
    for groups, seen in ((MARKET, {"cam-market"}), (NO_GROUP, set()), (None, {"cam-market", "cam-park", "cam-lone"})):
        async with town.signed_in(Role.OPERATOR, camera_groups=groups) as browser:
            _, listed = await call(browser, "GET", "/cameras")
            assert {item["camera_id"] for item in listed["items"]} == seen
            _, named = await call(browser, "GET", "/camera-groups")
            assert {item["name"] for item in named["items"]} == ({"rynek", "park", "szkoly"} if groups is None else groups)
    async with town.signed_in(Role.OPERATOR, camera_groups=MARKET) as browser:
        assert (await call(browser, "GET", "/cameras/cam-market"))[0] == 200
        assert (await call(browser, "GET", "/cameras/cam-park"))[0] == 404


async def _events(browser: aiohttp.ClientSession, until: str, **headers: str) -> tuple[list[tuple[str, Any]], str]:
    """Named events until one of a name comes, and the last id."""
    found, last = [], ""
    async with asyncio.timeout(20), browser.get("/api/v1/events", headers=headers) as stream:
        async for line in stream.content:
            if line.startswith(b"id: "):
                last = line[4:].decode().strip()
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            if line.startswith(b"data: "):
                found.append((name, json.loads(line[6:])))
                if name == until:
                    return found, last
    raise AssertionError("the stream ended")


async def test_events_tell_of_cameras_that_may_be_known(town: Gateway) -> None:
    def clock_set(camera_id: str) -> CameraClockSet:
        now = town.resources.clock.now()
        return CameraClockSet(event_id=new_id(), camera_id=camera_id, at=now, offset_before_s=5.0, offset_after_s=0.0)

    await town.eventually(lambda: town.resources.sight.shows(MARKET, "cam-market"))
    async with town.signed_in(Role.OPERATOR, camera_groups=MARKET) as browser:
        listening = asyncio.create_task(_events(browser, "camera-event"))
        await town.eventually(lambda: len(town.resources.events._listeners) == 1)
        for camera_id in ("cam-park", "cam-lone", "cam-market"):
            await town.publish(clock_set(camera_id), "ingest")
        found, last = await listening
        assert [event["camera_id"] for name, event in found if name == "camera-event"] == ["cam-market"]
        before = town.resources.events._sequence
        for camera_id in ("cam-park", "cam-market"):
            await town.publish(clock_set(camera_id), "ingest")
        await town.eventually(lambda: town.resources.events._sequence >= before + 2)
        missed, _ = await _events(browser, "camera-event", **{"Last-Event-ID": last})
        assert {event["camera_id"] for name, event in missed if name == "camera-event"} == {"cam-market"}


# --- doors that do not name a camera ------------------------------------------------------------------------------------


@pytest.fixture
def archive(upstream: Upstream) -> Upstream:
    """A recorder with one thing of each kind for the market and for the park."""

    def answer(path: str, body: Any, **headers: str) -> None:
        def respond(request: web.Request) -> web.Response:
            if isinstance(body, bytes):
                return web.Response(body=body, headers=headers)
            return web.json_response(body, headers=headers)

        upstream.answers["/internal/v1" + path] = respond

    holds, exports = [], []
    for name, cameras in (("m", ["cam-market"]), ("p", ["cam-park"]), ("b", ["cam-market", "cam-park"]), ("n", [])):
        of = {"cameras": cameras, "from": "2026-11-22T06:00:00Z", "to": "2026-11-22T06:10:00Z"}
        hold, export = {"hold_id": name, **of}, {"export_id": name, **of}
        holds.append(hold)
        exports.append(export)
        answer(f"/holds/{name}", hold)
        answer(f"/holds/{name}/extension", hold)
        answer(f"/exports/{name}", export)
        answer(f"/exports/{name}/package", b"zip")
        answer(f"/exports/{name}/cancellation", export)
        if len(cameras) == 1:
            answer(f"/bookmarks/{name}", {"bookmark_id": name, "camera_id": cameras[0]})
            header = {"X-Hejnal-Camera": cameras[0]}
            answer(f"/segments/{name}/media", b"mp4", **header)
            answer(f"/segments/{name}/keyframe", b"mp4")
    answer("/segments/n/media", b"mp4")
    upstream.answers["/internal/v1/holds"] = lambda request: web.json_response(
        {"holds": holds} if request.method == "GET" else {"hold_id": "new"}
    )
    upstream.answers["/internal/v1/exports"] = lambda request: web.json_response(
        {"exports": exports} if request.method == "GET" else {"export_id": "new"}
    )
    answer("/storage", {"level": "fine", "cameras": [{"camera_id": "cam-market"}, {"camera_id": "cam-park"}]})
    return upstream


BY_ID = [
    ("GET", "/segments/{}/media"),
    ("GET", "/segments/{}/keyframe"),
    ("GET", "/bookmarks/{}"),
    ("PUT", "/bookmarks/{}"),
    ("DELETE", "/bookmarks/{}"),
    ("GET", "/holds/{}"),
    ("POST", "/holds/{}/extension"),
    ("GET", "/exports/{}"),
    ("GET", "/exports/{}/package"),
    ("POST", "/exports/{}/cancellation"),
]
BODIES = [("POST", "/holds"), ("POST", "/exports")]
LISTS = [("GET", "/holds"), ("GET", "/exports"), ("GET", "/storage")]


def test_no_door_to_footage_is_forgotten_here() -> None:
    """Doors that do not name a camera and that somebody with camera groups may use."""
    doors = {
        (door.method, door.path)
        for door in DOORS
        if door.upstream == "recorder" and "{camera_id}" not in door.path and door.roles - SEE_EVERY_CAMERA
    }
    covered = {(method, path) for method, path in (*BODIES, *LISTS)}
    for method, path in BY_ID:
        kind = path.split("/")[1].removesuffix("s")
        covered.add((method, path.replace("{}", f"{{{kind}_id}}")))
    assert doors == covered


async def test_things_of_cameras_out_of_group_do_not_exist(town: Gateway, archive: Upstream) -> None:
    async with town.signed_in(Role.OPERATOR, camera_groups=MARKET) as browser:
        for method, path in BY_ID:
            for name, expected in (("m", 200), ("p", 404), ("b", 404), ("n", 404)):
                if path.startswith(("/bookmarks", "/segments/{}/k")) and name in ("b", "n"):
                    continue
                if path.startswith("/segments") and name == "b":
                    continue
                if path.startswith("/segments") and name == "n":
                    continue
                archive.asked.clear()
                body = {} if method in ("PUT", "POST") else None
                kwargs = {} if body is None else {"json": body}
                async with browser.request(method, "/api/v1/archive" + path.format(name), **kwargs) as answer:
                    assert answer.status == expected, (method, path, name)
                if expected == 404:
                    assert {request.method for request in archive.asked} <= {"GET"}, "nothing is done before it is judged"
        for method, path in BODIES:
            for cameras, expected in (
                (["cam-market"], 200),
                (["cam-park"], 404),
                (["cam-market", "cam-park"], 404),
                ([], 404),
                (7, 404),
            ):
                archive.asked.clear()
                status, _ = await call(browser, method, "/archive" + path, {"cameras": cameras})
                assert (status, bool(archive.asked)) == (expected, expected == 200), (path, cameras)
        assert [item["hold_id"] for item in (await call(browser, "GET", "/archive/holds"))[1]["holds"]] == ["m"]
        assert [item["export_id"] for item in (await call(browser, "GET", "/archive/exports"))[1]["exports"]] == ["m"]
        _, storage = await call(browser, "GET", "/archive/storage")
        assert (storage["level"], storage["cameras"]) == ("fine", [{"camera_id": "cam-market"}])
    async with town.signed_in(Role.OPERATOR) as browser:
        archive.asked.clear()
        async with browser.get("/api/v1/archive/segments/p/media") as answer:
            assert answer.status == 200
        assert len(archive.asked) == 1, "who sees all is not asked for twice"


async def test_what_cannot_be_judged_is_not_shown(town: Gateway, archive: Upstream) -> None:
    async with town.signed_in(Role.OPERATOR, camera_groups=MARKET) as browser:
        archive.answers["/internal/v1/segments/p/media"] = lambda _: web.Response(status=503)
        archive.answers["/internal/v1/exports/p"] = lambda _: web.Response(status=500)
        for path in ("/segments/p/media", "/exports/p/package"):
            async with browser.get("/api/v1/archive" + path) as answer:
                assert answer.status == 503
        async with browser.get("/api/v1/archive/segments/n/media") as answer:
            assert answer.status == 503, "the archive does not say whose it is"
        archive.answers["/internal/v1/segments/p/media"] = lambda _: web.json_response({}, status=404)
        async with browser.get("/api/v1/archive/segments/p/media") as answer:
            assert answer.status == 404


# --- a live view goes with the right to it --------------------------------------------------------------------------------


@pytest.fixture
async def ingest(town: Gateway) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(town, encode()) as running:
        await town.publish(running.status("cam-market"), "ingest")
        await town.eventually(lambda: town.resources.board.report("cam-market"))
        yield running


async def test_a_live_view_ends_when_its_camera_leaves_the_group(town: Gateway, ingest: FakeIngest) -> None:
    async with (
        town.signed_in(Role.OPERATOR, camera_groups=MARKET) as browser,
        browser.ws_connect("/api/v1/live/cam-market") as socket,
    ):
        assert "mime" in json.loads((await socket.receive(timeout=15)).data)
        async with town.resources.database.transaction() as session:
            before = await town.resources.registry.get(session, "cam-market")
            draft = CameraDraft(**{name: getattr(before, name) for name in CameraDraft.model_fields} | {"groups": ("park",)})
            await town.resources.registry.change(
                session, "cam-market", draft, version=None, by="test", now=town.resources.clock.now()
            )
        async with asyncio.timeout(20):
            while (await socket.receive()).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                pass


async def test_a_live_view_ends_at_once_with_its_account(town: Gateway, ingest: FakeIngest) -> None:
    credentials = await town.account(Role.OPERATOR)
    async with (
        town.signed_in(Role.ADMIN) as admin,
        town.signed_in(credentials=credentials) as browser,
        browser.ws_connect("/api/v1/live/cam-market") as socket,
    ):
        assert "mime" in json.loads((await socket.receive(timeout=15)).data)
        account_id = (await call(browser, "GET", "/session"))[1]["account_id"]
        assert (await call(admin, "PATCH", f"/accounts/{account_id}", {"enabled": False}, **{"If-Match": "*"}))[0] == 200
        async with asyncio.timeout(10):
            while (await socket.receive()).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                pass
