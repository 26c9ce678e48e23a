"""What the gateway's tests share: a whole gateway on real Kafka and PostgreSQL.

Small servers stand in place of ingest, recorder and citizen-api.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from aiohttp import web

from hejnal_contracts.base import Fact
from hejnal_gateway.accounts.accounts import Credentials
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.app import create_app
from hejnal_gateway.cameras.registry import CameraCredentials, NewCamera
from hejnal_gateway.internal import create_router
from hejnal_gateway.live.workers.routes import create_router as create_live_router
from hejnal_gateway.resources import Resources, open_resources
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.bus import Producer
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.serve import create_internal_app, serve
from hejnal_runtime.tokens import TokenIssuer

SERVICES = ("operator-gateway", "ingest", "recorder", "citizen-api", "notifier")
TOPICS = ("cameras", "camera-status", "camera-events", "recordings", "reports", "audit", "alerts", "alert-requests")


@dataclass
class Keys:
    """Keys of all services, as the local start makes them."""

    folder: Path
    jwks_file: Path
    issuers: dict[str, TokenIssuer]


@dataclass
class Upstream:
    """Stands for recorder and citizen-api: answers what it is told, keeps what it was asked, checks the token."""

    url: str
    asked: list[web.Request]
    bodies: list[bytes]
    callers: list[Any]
    answers: dict[str, Callable[[web.Request], web.StreamResponse]]


@asynccontextmanager
async def running_app(handle: Any) -> AsyncIterator[str]:
    app = web.Application(client_max_size=16 * 1024**2)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Gateway:
    """A running gateway and what a test does with it."""

    def __init__(self, resources: Resources, settings: GatewaySettings, keys: Keys) -> None:
        self.resources = resources
        self.settings = settings
        self.keys = keys
        self.url = f"http://127.0.0.1:{settings.public_port}"
        self.internal_url = f"http://127.0.0.1:{settings.internal_port}"
        self.producer = Producer(settings.kafka_bootstrap, settings.topic_prefix)

    async def publish(self, fact: Fact, source: str) -> None:
        await self.producer.send_fact(fact, source)

    async def account(self, role: Role, **options: Any) -> Credentials:
        login = f"{role.value}-{os.urandom(3).hex()}"
        return await self.resources.accounts.create(login=login, role=role, name=f"Test {role.value}", **options)

    @asynccontextmanager
    async def signed_in(
        self, role: Role = Role.OPERATOR, credentials: Credentials | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientSession]:
        credentials = credentials or await self.account(role, **options)
        async with aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.post("/api/v1/session", json=sign_in_body(credentials)) as answer:
                assert answer.status == 200, await answer.text()
            yield browser

    async def add_camera(self, camera_id: str, **changes: Any) -> None:
        async with self.resources.database.transaction() as session:
            new = NewCamera.model_validate(camera(camera_id) | changes)
            await self.resources.registry.add(session, new, by="test", now=self.resources.clock.now())

    async def eventually(self, condition: Callable[[], Any], timeout_s: float = 40.0) -> Any:
        async with asyncio.timeout(timeout_s):
            while True:
                result = condition()
                if asyncio.iscoroutine(result):
                    result = await result
                if result:
                    return result
                await asyncio.sleep(0.02)


def camera(camera_id: str) -> dict[str, Any]:
    return {
        "camera_id": camera_id,
        "name": f"Rynek {camera_id}",
        "place": {"lat": 51.05, "lon": 20.95},
        "streams": [{"name": "main", "url": "rtsp://10.0.0.7/main"}, {"name": "sub", "url": "rtsp://10.0.0.7/sub"}],
        "credentials": CameraCredentials(username="user", password="s3cret").model_dump(),
    }


def sign_in_body(credentials: Credentials, *, offset_s: int = 0, **changes: str) -> dict[str, str]:
    totp = pyotp.TOTP(credentials.totp_secret)
    code = totp.at(int(SystemClock().now().timestamp()) + offset_s)
    return {"login": credentials.login, "password": credentials.password, "code": code} | changes


@asynccontextmanager
async def running_gateway(settings: GatewaySettings, keys: Keys) -> AsyncIterator[Gateway]:
    stop = asyncio.Event()
    async with open_resources(settings) as resources:
        internal = create_internal_app(
            resources.health,
            [
                create_router(resources.database, resources.registry, resources.verifier),
                create_live_router(resources.room.here, resources.verifier),
            ],
        )
        doors = [
            (create_app(settings, resources), "127.0.0.1", settings.public_port),
            (internal, "127.0.0.1", settings.internal_port),
        ]
        serving = asyncio.create_task(serve(doors, resources.loops, stop=stop))
        gateway = Gateway(resources, settings, keys)
        try:
            await gateway.eventually(lambda: _ready(gateway, serving), 30)
            yield gateway
        finally:
            resources.events.stop()
            stop.set()
            await serving
            await gateway.producer.stop()


async def _ready(gateway: Gateway, serving: "asyncio.Task[None]") -> bool:
    if serving.done():
        serving.result()
    if any((await gateway.resources.health.report()).values()):
        return False
    try:
        async with aiohttp.ClientSession() as session, session.get(gateway.internal_url + "/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
