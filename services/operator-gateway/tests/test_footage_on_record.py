"""Every way to footage is driven against a real ingest and a real recorder, and its entries in the audit log are counted.

A route that is not classified here fails the test: whoever adds one says whether it shows footage, and if so how to drive it.
"""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from gateway_house import TOPICS, Gateway, Keys, running_gateway
from gateway_routes import WEBSOCKET, every_route
from gateway_whep import WhepClient
from sqlalchemy import select

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.tables import audit_entries
from hejnal_local.ports import free_ports
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database

A = "/api/v1/archive"
C = "/api/v1/cameras"

FOOTAGE: dict[tuple[str, str], str] = {
    ("POST", "/api/v1/whep/{camera_id}"): "footage.live",
    (WEBSOCKET, "/api/v1/live/{camera_id}"): "footage.live",
    ("GET", C + "/{camera_id}/thumbnail"): "footage.thumbnail",
    ("GET", A + "/cameras/{camera_id}/playlist.m3u8"): "footage.playback",
    ("GET", A + "/segments/{segment_id}/media"): "footage.playback",
    ("GET", A + "/segments/{segment_id}/keyframe"): "footage.playback",
    ("GET", A + "/cameras/{camera_id}/thumbnail"): "footage.thumbnail",
    ("GET", A + "/cameras/{camera_id}/snapshot"): "footage.snapshot",
    ("GET", A + "/exports/{export_id}/package"): "footage.export-fetched",
    ("GET", A + "/cameras/{camera_id}/motion"): "footage.search",
}
"""Routes that show footage (or search in it), and the action that each leaves behind."""

NO_FOOTAGE = (
    r"(DELETE|PUT|PATCH|OPTIONS) /api/v1/.*",  # answers without content, or a document of what was changed
    r"HEAD .*",  # no content
    r"(GET|POST) /api/v1/(town|messages)/.*",  # what residents and the town write
    r"[A-Z]+ /api/v1/(session|account|accounts|account-setups|alert-rules|alerts|webhooks)(/.*)?",
    r"GET /api/v1/cameras/export\.csv",
    r"POST /api/v1/cameras/\{camera_id\}/accept-view",
    r"GET /api/v1/events",
    r"GET (/\.well-known)?/security\.txt",
    r"GET /api/v1/audit/export",
    r"POST /api/v1/cameras/\{camera_id\}/ptz/(stop|presets/\{token\}/goto)",
    r"GET /api/v1/archive/cameras/\{camera_id\}/(timeline|keyframes|coverage|completeness|events|bookmarks)",
    r"GET /api/v1/archive/(bookmarks/\{bookmark_id\}|holds(/\{hold_id\})?|privacy-deletions(/\{deletion_id\})?)",
    r"GET /api/v1/archive/(exports(/\{export_id\})?|storage)",
    r"POST /api/v1/archive/(cameras/\{camera_id\}/bookmarks|holds(/\{hold_id\}/[a-z-]+)?|privacy-deletions.*|exports.*)",
    r"GET /map/town\.pmtiles",
    r"GET /docs",
    r"GET /\{path:path\}",
)
"""Routes without a declared document as answer that show no footage, as patterns of `METHOD path`."""


def test_every_route_is_classified() -> None:
    """A route whose answer is a declared JSON document shows no footage; each other one stands above, as one or the other."""
    known = {(method, path): route for method, path, route in every_route()}
    assert FOOTAGE.keys() <= known.keys()
    for (method, path), route in known.items():
        if getattr(route, "response_model", None) is None and (method, path) not in FOOTAGE:
            assert any(re.fullmatch(pattern, f"{method} {path}") for pattern in NO_FOOTAGE), (
                f"{method} {path}: say in this file whether it shows footage"
            )


@asynccontextmanager
async def process(package: str, environment: dict[str, str], log: Path) -> AsyncIterator[None]:
    """A service as a process of its own."""
    with log.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", package, "serve", env=os.environ | environment, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.wait(), 30)
        except TimeoutError:
            child.kill()
            await child.wait()


@dataclass
class House:
    """A gateway, a recorder, an ingest and one camera."""

    gateway: Gateway
    browser: aiohttp.ClientSession
    since: datetime

    async def get(self, path: str, **query: Any) -> tuple[int, bytes]:
        async with self.browser.get(path, params=query) as answer:
            return answer.status, await answer.read()

    async def entries(self, action: str) -> int:
        async with self.gateway.resources.database.read() as session:
            found = select(audit_entries.c.camera_id).where(audit_entries.c.action == action)
            return [row.camera_id for row in await session.execute(found)].count("cam-001")

    def interval(self) -> dict[str, str]:
        return {"from": self.since.isoformat(), "to": (self.since + timedelta(seconds=8)).isoformat()}


@pytest.fixture
async def house(
    settings: GatewaySettings, keys: Keys, tmp_path: Path, make_topics: Any, make_database: Any
) -> AsyncIterator[House]:
    ingest_port, recorder_port = free_ports(2)
    prefix = await make_topics(*TOPICS, "camera-media", partitions=2)
    common = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TOPIC_PREFIX": prefix,
        "TRUSTED_JWKS_FILE": str(keys.jwks_file),
        "SPOOL_DIR": str(tmp_path / "spool"),
    }
    ingest = common | {
        "INTERNAL_PORT": str(ingest_port),
        "GATEWAY_URL": f"http://127.0.0.1:{settings.internal_port}",
        "TOKEN_KEY_FILE": str(keys.folder / "ingest.pem"),
        "STATUS_INTERVAL_S": "1",
    }
    recorder = common | {
        "INTERNAL_PORT": str(recorder_port),
        "DATABASE_URL": make_database("recorder"),
        "TOKEN_KEY_FILE": str(keys.folder / "recorder.pem"),
        "ARCHIVE_DIR": str(tmp_path / "archive"),
        "EXPORTS_DIR": str(tmp_path / "exports"),
        "EXPORT_KEYS_DIR": str(tmp_path / "evidence"),
    }
    command = [sys.executable, "-m", "hejnal_recorder", "keys", "init", "--folder", str(tmp_path / "evidence")]
    made = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await made.wait() == 0
    for name in ("spool", "archive", "exports"):
        (tmp_path / name).mkdir()
    changed = settings.model_copy(update={"topic_prefix": prefix, "recorder_url": f"http://127.0.0.1:{recorder_port}"})
    cameras = CameraSimulator(town_mounts(1, tmp_path / "clips", variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await cameras.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cameras.stop)
        for package, name, values in (("hejnal_ingest", "INGEST", ingest), ("hejnal_recorder", "RECORDER", recorder)):
            environment = {f"HEJNAL_{name}_{key}": value for key, value in values.items()}
            await stack.enter_async_context(process(package, environment, tmp_path / f"{name}.log"))
        gateway = await stack.enter_async_context(running_gateway(changed, keys))
        streams = [{"name": name, "url": cameras.url(f"cam-001/{name}")} for name in ("main", "sub")]
        await gateway.add_camera("cam-001", streams=streams, credentials=None)
        browser = await stack.enter_async_context(gateway.signed_in(Role.OPERATOR))
        house = House(gateway, browser, SystemClock().now())
        await gateway.eventually(lambda: _recorded(house), 90)
        yield house


async def _recorded(house: House) -> bool:
    """Ten seconds of footage that are old enough for a package."""
    until = house.since + timedelta(seconds=120)
    status, body = await house.get(f"{A}/cameras/cam-001/timeline", **{"from": house.since.isoformat(), "to": until.isoformat()})
    if status != 200:
        return False
    spans = [span for span in json.loads(body)["spans"] if span["kind"] == "footage"]
    if not spans:
        return False
    begins = datetime.fromisoformat(spans[0]["from"])
    if (SystemClock().now() - begins).total_seconds() < 26:
        return False
    house.since = begins
    return True


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_footage_of_every_way_is_on_record(house: House) -> None:
    drivers: dict[tuple[str, str], Callable[[House], Awaitable[int]]] = dict(zip(FOOTAGE, DRIVERS, strict=True))
    seen: dict[str, int] = {}
    for way, drive in drivers.items():
        action = FOOTAGE[way]
        shown = await drive(house)
        assert shown > 0, f"{way} gave nothing"
        seen[action] = seen.get(action, 0) + 1

        async def counted(action: str = action) -> bool:
            return await house.entries(action) >= 1

        await house.gateway.eventually(counted)
    await house.gateway.resources.open_looks.close()
    await house.gateway.eventually(lambda: _ended(house))
    assert await house.entries("footage.live") == 2
    assert await house.entries("footage.snapshot") == 1
    assert await house.entries("footage.export") == 1
    assert await house.entries("footage.export-fetched") == 1
    assert await house.entries("footage.segment") == 0, "every segment belongs to a look"
    assert (await house.gateway.resources.audit_checks.check()).findings == []
    await _refused_without_a_record(house)


async def _ended(house: House) -> bool:
    async with house.gateway.resources.database.read() as session:
        query = select(audit_entries).where(audit_entries.c.action == "footage.playback-ended")
        rows = (await session.execute(query)).mappings().all()
    return any(row["footage_from"] is not None and row["footage_until"] > row["footage_from"] for row in rows)


async def _refused_without_a_record(house: House) -> None:
    """With the database away no entry can be written, and nothing is shown."""
    resources = house.gateway.resources
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", schema="gateway")
    looks = resources.proxy._looks
    for room in (looks, resources.open_looks):
        room._database = away
    try:
        for path, query in (
            (f"{A}/cameras/cam-001/playlist.m3u8", house.interval()),
            (f"{A}/cameras/cam-001/snapshot", {"at": (house.since + timedelta(seconds=5)).isoformat()}),
        ):
            status, body = await house.get(path, **query)
            assert status == 503, body
    finally:
        for room in (looks, resources.open_looks):
            room._database = resources.database
        await away.close()


async def _whep(house: House) -> int:
    client = await WhepClient(house.browser).start("cam-001")
    frame = await client.frame(30)
    await client.close()
    return int(frame.width)


async def _socket(house: House) -> int:
    async with house.browser.ws_connect("/api/v1/live/cam-001") as socket:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                return len(message.data)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            assert "problem" not in message.json(), message.data
    return 0


async def _live_thumbnail(house: House) -> int:
    found: list[int] = []

    async def asked() -> bool:
        status, body = await house.get(f"{C}/cam-001/thumbnail")
        found.append(len(body))
        return status == 200

    await house.gateway.eventually(asked, 30)
    return found[-1]


async def _playlist(house: House) -> int:
    status, body = await house.get(f"{A}/cameras/cam-001/playlist.m3u8", **house.interval())
    assert status == 200, body
    return len(body)


async def _pieces(house: House) -> list[tuple[str, int, int]]:
    """Segment, first byte and length of each piece of the playlist."""
    _, body = await house.get(f"{A}/cameras/cam-001/playlist.m3u8", **house.interval())
    found = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n\.\./\.\./segments/([^/]+)/media", body.decode())
    return [(segment, int(first), int(length)) for length, first, segment in found]


async def _segment(house: House) -> int:
    sizes = []
    for segment, first, length in await _pieces(house):
        headers = {"Range": f"bytes={first}-{first + length - 1}"}
        async with house.browser.get(f"{A}/segments/{segment}/media", headers=headers) as answer:
            assert answer.status == 206
            sizes.append(len(await answer.read()))
    return sum(sizes)


async def _key_frame(house: House) -> int:
    (segment, _, _), *_ = await _pieces(house)
    for sequence in range(200):
        status, body = await house.get(f"{A}/segments/{segment}/keyframe", sequence=sequence, ticks=90_000)
        if status == 200:
            return len(body)
    return 0


async def _archive_thumbnail(house: House) -> int:
    status, body = await house.get(f"{A}/cameras/cam-001/thumbnail", at=(house.since + timedelta(seconds=3)).isoformat())
    assert status == 200, body
    return len(body)


async def _snapshot(house: House) -> int:
    status, body = await house.get(f"{A}/cameras/cam-001/snapshot", at=(house.since + timedelta(seconds=3)).isoformat())
    assert status == 200, body
    return len(body)


async def _package(house: House) -> int:
    order = {"cameras": ["cam-001"], **house.interval(), "reason": "Wniosek KPP", "case_number": "RSD 1/26"}
    async with house.browser.post(f"{A}/exports", json=order) as answer:
        assert answer.status == 202, await answer.text()
        export_id = (await answer.json())["export_id"]

    async def made() -> bool:
        status, body = await house.get(f"{A}/exports/{export_id}")
        assert status in (200, 503), (status, body)
        if status == 503:  # a busy machine
            return False
        export = json.loads(body)
        assert export["state"] not in ("failed", "cancelled"), (export["failure"], export["failure_detail"])
        return bool(export["state"] == "finished")

    await house.gateway.eventually(made, 120)
    status, body = await house.get(f"{A}/exports/{export_id}/package")
    assert status == 200
    return len(body)


async def _motion(house: House) -> int:
    status, body = await house.get(f"{A}/cameras/cam-001/motion", **house.interval())
    assert status == 200, body
    return len(body)


DRIVERS: tuple[Callable[[House], Awaitable[int]], ...] = (
    _whep, _socket, _live_thumbnail, _playlist, _segment, _key_frame, _archive_thumbnail, _snapshot, _package, _motion,
)  # fmt: skip
"""In the order of `FOOTAGE`; each gives how much was shown."""
