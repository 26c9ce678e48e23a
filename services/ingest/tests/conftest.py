"""A real ingest against simulated cameras and a real broker."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hejnal_contracts.base import Fact, Point
from hejnal_contracts.cameras import CameraRegistered, CameraState, CameraStatusReported, RecordingPlan, StreamSource
from hejnal_ingest.service import run_service
from hejnal_ingest.settings import Settings
from hejnal_local.ports import free_ports
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.tokens import TokenIssuer

Wait = Callable[..., Awaitable[Any]]

sys.path.insert(0, str(Path(__file__).parent))


async def eventually(condition: Callable[[], Any], timeout_s: float = 40) -> Any:
    """The condition's value as soon as it is true."""
    async with asyncio.timeout(timeout_s):
        while not (value := condition()):
            await asyncio.sleep(0.03)
        return value


@pytest.fixture(name="eventually")
def eventually_fixture() -> Wait:
    return eventually


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest_asyncio.fixture
async def simulator(clips: Path) -> AsyncIterator[CameraSimulator]:
    server = CameraSimulator(town_mounts(3, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await server.start()
    yield server
    await server.stop()


@dataclass
class Facts:
    """Everything ingest has told, as it stands in Kafka."""

    media: list[Fact] = field(default_factory=list)
    status: list[CameraStatusReported] = field(default_factory=list)
    events: list[Fact] = field(default_factory=list)

    def events_of(self, kind: type[Fact], camera_id: str = "cam-001") -> list[Any]:
        return [fact for fact in self.events if isinstance(fact, kind) and getattr(fact, "camera_id", "") == camera_id]

    def of(self, kind: type[Fact], camera_id: str = "cam-001") -> list[Any]:
        return [fact for fact in self.media if isinstance(fact, kind) and getattr(fact, "camera_id", "") == camera_id]

    def last_status(self, camera_id: str = "cam-001") -> CameraStatusReported | None:
        return next((fact for fact in reversed(self.status) if fact.camera_id == camera_id), None)

    def causes(self, camera_id: str = "cam-001") -> list[str]:
        return [fact.cause.value for fact in self.status if fact.camera_id == camera_id and fact.cause]


@dataclass
class Town:
    """Topics, keys, a producer for the registry and the settings of an ingest."""

    prefix: str
    settings: Settings
    issuers: dict[str, TokenIssuer]
    producer: Producer
    facts: Facts
    versions: dict[str, int] = field(default_factory=dict)

    async def register(self, url: str, camera_id: str = "cam-001", **changes: Any) -> CameraState:
        self.versions[camera_id] = self.versions.get(camera_id, 0) + 1
        values: dict[str, Any] = {
            "camera_id": camera_id,
            "version": self.versions[camera_id],
            "name": camera_id,
            "place": Point(lat=51.0, lon=20.9),
            "streams": (StreamSource(name="main", url=url), StreamSource(name="sub", url=url.replace("/main", "/sub"))),
            "recording": RecordingPlan(),
            "changed_at": datetime.now(UTC),
        }
        state = CameraRegistered(**{**values, **changes})
        await self.producer.send_fact(state, "operator-gateway")
        return state

    def headers(self, service: str) -> dict[str, str]:
        return self.issuers[service].headers("ingest")

    @property
    def url(self) -> str:
        return self.settings.base_url

    @contextlib.asynccontextmanager
    async def running(self, **changes: Any) -> AsyncIterator[None]:
        """An ingest in this process, stopped as by SIGTERM at the end; `changes` of its settings."""
        stop = asyncio.Event()
        task = asyncio.create_task(run_service(self.settings.model_copy(update=changes), stop=stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(30):
                await task


def write_keys(folder: Path) -> dict[str, TokenIssuer]:
    issuers: dict[str, TokenIssuer] = {}
    for service in ("ingest", "operator-gateway", "recorder"):
        key = Ed25519PrivateKey.generate()
        (folder / f"{service}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        issuers[service] = TokenIssuer(service, key)
    keys = [key for issuer in issuers.values() for key in issuer.jwks()["keys"]]
    (folder / "jwks.json").write_text(json.dumps({"keys": keys}))
    return issuers


@contextlib.asynccontextmanager
async def opened_town(bootstrap: str, prefix: str, folder: Path) -> AsyncIterator[Town]:
    issuers = write_keys(folder)
    internal, gateway = free_ports(2)
    settings = Settings(
        kafka_bootstrap=bootstrap,
        topic_prefix=prefix,
        internal_port=internal,
        gateway_url=f"http://127.0.0.1:{gateway}",
        spool_dir=folder / "spool",
        token_key_file=folder / "ingest.pem",
        trusted_jwks_file=folder / "jwks.json",
        ingest_id="ingest-test",
        segment_s=2,
        connect_timeout_s=1,
        response_timeout_s=1,
        no_video_s=1.5,
        no_keyframe_s=2,
        status_interval_s=1,
        sub_linger_s=0.5,
        disk_retry_s=1,
    )
    producer = Producer(bootstrap, prefix)
    facts = Facts()
    reading = asyncio.create_task(read_facts(bootstrap, prefix, facts))
    yield Town(prefix, settings, issuers, producer, facts)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await producer.stop()


@pytest_asyncio.fixture
async def town(kafka_bootstrap: str, make_topics: Any, tmp_path: Path) -> AsyncIterator[Town]:
    prefix = await make_topics("cameras", "camera-status", "camera-media", "camera-events", partitions=2)
    async with opened_town(kafka_bootstrap, prefix, tmp_path) as town:
        yield town


@pytest.fixture
def open_town() -> Callable[..., Any]:
    """`async with open_town(bootstrap, prefix, folder) as town` for a broker of the test's own."""
    return opened_town


async def read_facts(bootstrap: str, prefix: str, facts: Facts) -> None:
    consumer = AIOKafkaConsumer(
        *(prefix + topic for topic in ("camera-media", "camera-status", "camera-events")),
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async for record in consumer:
            fact = decode(record, prefix).fact
            if isinstance(fact, CameraStatusReported):
                facts.status.append(fact)
            elif fact is not None:
                (facts.events if record.topic.endswith("camera-events") else facts.media).append(fact)
    finally:
        await consumer.stop()


def process_environment(town: Town, **changes: str) -> dict[str, str]:
    """Variables of an ingest process of its own; `changes` without their prefix."""
    settings = town.settings
    values = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TOPIC_PREFIX": settings.topic_prefix,
        "INTERNAL_PORT": str(settings.internal_port),
        "SPOOL_DIR": str(settings.spool_dir),
        "TOKEN_KEY_FILE": str(settings.token_key_file),
        "TRUSTED_JWKS_FILE": str(settings.trusted_jwks_file),
        "GATEWAY_URL": settings.gateway_url,
        "INGEST_ID": "one",
        "SEGMENT_S": "2",
        "STATUS_INTERVAL_S": "1",
    }
    return {**os.environ, **{f"HEJNAL_INGEST_{name}": value for name, value in {**values, **changes}.items()}}


@contextlib.asynccontextmanager
async def ingest_process(town: Town, *, output: Path | None = None, **changes: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process, ended with SIGTERM at the end; what it writes goes to `output`."""
    variables = process_environment(town, **changes)
    command = (sys.executable, "-m", "hejnal_ingest", "serve")
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(output.open("wb")) if output is not None else None
        process = await asyncio.create_subprocess_exec(*command, env=variables, stdout=target, stderr=target)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            await process.wait()


@pytest.fixture
def ingest() -> Callable[..., Any]:
    """`async with ingest(town, INGEST_ID="two") as process`."""
    return ingest_process
