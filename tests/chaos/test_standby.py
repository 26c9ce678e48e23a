"""The first of two recorders is killed while somebody watches: the gateway goes on from the second one."""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, StreamSource
from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_local.ports import free_ports
from hejnal_runtime.bus import Producer
from hejnal_runtime.tokens import TokenIssuer

CAMERA = "cam-001"
TAKEN_OVER_S = 20.0
"""It is at once; this machine may be busy with other tests."""
FRAGMENTS = 40


class Service:
    """`python -m <package> serve`, killed at will."""

    def __init__(self, package: str, prefix: str, settings: dict[str, Any], log: Path) -> None:
        self._package = package
        self.environment = os.environ | {f"{prefix}{name}": str(value) for name, value in settings.items()}
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            command = (sys.executable, "-m", self._package, "serve")
            self._child = await asyncio.create_subprocess_exec(*command, env=self.environment, stdout=log, stderr=log)

    async def kill(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
            await self._child.wait()

    async def run(self, *arguments: str) -> str:
        """Another command with the same settings; what it says."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._package, *arguments, env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(child.communicate(), 60)
        assert child.returncode == 0
        return said.decode()


def write_keys(folder: Path) -> None:
    documents = []
    for service in ("operator-gateway", "recorder"):
        key = Ed25519PrivateKey.generate()
        (folder / f"{service}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        documents += TokenIssuer(service, key).jwks()["keys"]
    (folder / "jwks.json").write_text(json.dumps({"keys": documents}))
    (folder / "credentials.key").write_bytes(base64.b64encode(os.urandom(32)))


def facts_of(spool: Path, start: datetime) -> list[RunStarted | FragmentWritten]:
    """A run of fragments of a second, ten to a file, as ingest writes and announces it. Nobody here looks at the pictures."""
    run = {"camera_id": CAMERA, "run_id": "run-1", "epoch": 1}
    stream = {"ingest_id": "ingest-a", "stream": "main", "spool_url": "", "codec": "avc1.64001f", "timescale": 90_000}
    facts: list[RunStarted | FragmentWritten] = [
        RunStarted.model_validate(run | stream | {"width": 1920, "height": 1080, "started_at": start})
    ]
    init = os.urandom(700)
    for number in range(FRAGMENTS):
        path = spool / CAMERA / "run-1" / f"run-1-s{number // 10}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = os.urandom(30_000)
        with path.open("ab") as file:
            file.write(init if number % 10 == 0 else b"")
            offset = file.tell()
            file.write(data)
        place = {"segment_id": path.stem, "segment_path": str(path.relative_to(spool)), "offset_bytes": offset}
        sizes = {"size_bytes": len(data), "init_size_bytes": len(init)}
        hashes = {"sha256": hashlib.sha256(data).hexdigest(), "init_sha256": hashlib.sha256(init).hexdigest()}
        times = {"starts_at": start + timedelta(seconds=number), "ends_at": start + timedelta(seconds=number + 1)}
        ticks = {"media_time": number * 90_000, "duration_ticks": 90_000, "frames": 25}
        last = {"sequence": number, "segment_ends": number % 10 == 9}
        facts.append(FragmentWritten.model_validate(run | place | sizes | hashes | times | ticks | last))
    return facts


@pytest.fixture
async def services(
    tmp_path: Path, kafka_bootstrap: str, make_topics: Callable[..., Awaitable[str]], make_database: Callable[[str], str]
) -> AsyncIterator[tuple[list[Service], str, str]]:
    """First recorder, second recorder, gateway; the gateway's address and the topics' prefix."""
    prefix = await make_topics("cameras", "camera-status", "camera-media", "camera-events", "recordings", "reports", "audit")
    write_keys(tmp_path)
    bus = {"KAFKA_BOOTSTRAP": kafka_bootstrap, "TOPIC_PREFIX": prefix, "TRUSTED_JWKS_FILE": tmp_path / "jwks.json"}
    first, second, internal, public = free_ports(4)
    recorders = []
    for port, more in ((first, {}), (second, {"STANDBY": "true", "GROUP": "recorder-second"})):
        own = {"ARCHIVE_DIR": tmp_path / f"archive-{port}", "SPOOL_DIR": tmp_path / "spool", "INTERNAL_PORT": port}
        settings = bus | own | {"DATABASE_URL": make_database("recorder"), "BATCH_LINGER_S": 0.05} | more
        recorders.append(Service("hejnal_recorder", "HEJNAL_RECORDER_", settings, tmp_path / f"recorder-{port}.log"))
    url = f"http://127.0.0.1:{public}"
    settings = bus | {
        "DATABASE_URL": make_database("gateway"), "PUBLIC_PORT": public, "INTERNAL_PORT": internal, "PUBLIC_URL": url,
        "TOKEN_KEY_FILE": tmp_path / "operator-gateway.pem", "CREDENTIALS_KEY_FILE": tmp_path / "credentials.key",
        "RECORDER_URL": f"http://127.0.0.1:{first}", "RECORDER_STANDBY_URLS": json.dumps([f"http://127.0.0.1:{second}"]),
    }  # fmt: skip
    gateway = Service("hejnal_gateway", "HEJNAL_GATEWAY_", settings, tmp_path / "gateway.log")
    everyone = [*recorders, gateway]
    try:
        for one in everyone:
            await one.start()
        yield everyone, url, prefix
    finally:
        for one in everyone:
            await one.kill()


@contextlib.asynccontextmanager
async def signed_in(gateway: Service, url: str) -> AsyncIterator[aiohttp.ClientSession]:
    account = json.loads(await gateway.run("create-account", "--login", "op", "--role", "operator", "--name", "Op"))
    body = {"login": account["login"], "password": account["password"]}
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:

        async def let_in() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                async with browser.post(
                    "/api/v1/session", json=body | {"code": pyotp.TOTP(account["totp_secret"]).now()}
                ) as answer:
                    return answer.status == 200
            return False

        await eventually(let_in, "the gateway never let anybody in")
        yield browser


async def eventually(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + 60
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.3)


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(170)
async def test_the_first_recorder_is_killed_and_the_second_one_goes_on(
    services: tuple[list[Service], str, str], tmp_path: Path, kafka_bootstrap: str
) -> None:
    [first, second, gateway], url, prefix = services
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    camera = CameraRegistered(
        camera_id=CAMERA, version=1, name="Rynek", place=Point(lat=51, lon=21), changed_at=start,
        streams=[StreamSource(name="main", url="rtsp://127.0.0.1:1/x")],
    )  # fmt: skip
    producer = Producer(kafka_bootstrap, prefix)
    await producer.send_fact(camera, "operator-gateway")
    for fact in facts_of(tmp_path / "spool", start):
        await producer.send_fact(fact, "ingest")
    await producer.stop()
    during = f"?from={start:%Y-%m-%dT%H:%M:%SZ}&to={start + timedelta(seconds=FRAGMENTS):%Y-%m-%dT%H:%M:%SZ}"
    playlist, media = f"/api/v1/archive/cameras/{CAMERA}/playlist.m3u8{during}", "/api/v1/archive/segments/run-1-s1/media"
    other = second.environment["HEJNAL_RECORDER_DATABASE_URL"]

    async def both_have_all() -> bool:
        compare = (sys.executable, "-m", "hejnal_recorder", "compare", "--with", other)
        child = await asyncio.create_subprocess_exec(*compare, env=first.environment, stderr=asyncio.subprocess.PIPE)
        _, said = await asyncio.wait_for(child.communicate(), 60)
        return child.returncode == 0 and f" {FRAGMENTS} fragments" in said.decode()

    await eventually(both_have_all, "the recorders never had the same")
    async with signed_in(gateway, url) as browser:

        async def get(path: str, **headers: str) -> tuple[int, bytes]:
            async with browser.get(path, headers=headers) as answer:
                return answer.status, await answer.read()

        before = [await get(playlist), await get(media), await get(media, Range="bytes=1000-40000")]
        assert [status for status, _ in before] == [200, 200, 206]
        await first.kill()
        killed = time.monotonic()
        assert await get(playlist) == before[0]
        assert time.monotonic() - killed < TAKEN_OVER_S
        assert [await get(media), await get(media, Range="bytes=1000-40000")] == before[1:]
        async with browser.post("/api/v1/archive/holds", json={}) as answer:
            assert (answer.status, (await answer.json())["type"]) == (503, "urn:hejnal:problem:upstream-first-unavailable")
        await first.start()

        async def first_is_back() -> bool:
            async with browser.get("/api/v1/archive/holds") as answer:
                return answer.status == 200

        await eventually(first_is_back, "the first recorder was not asked again")
        await second.kill()
        assert await get(playlist) == before[0]
