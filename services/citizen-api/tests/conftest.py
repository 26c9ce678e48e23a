"""A whole citizen-api on real PostgreSQL and (where facts are read) real Kafka, with a small town."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from hejnal_citizen.app import create_public_app, create_staff_app
from hejnal_citizen.resources import Resources, open_resources
from hejnal_citizen.settings import Settings
from hejnal_citizen.town.importer import TownFile, import_town
from hejnal_local.small_town import SMALL_TOWN
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.health import Health
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier

sys.path.insert(0, str(Path(__file__).parent))

from citizen_process import Proxy, running_service, until

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

TOWN = SMALL_TOWN | {
    "streets": [
        {"name": "Żółkiewskiego", "district": "Centrum"},
        {"name": "Jana Pawła II", "district": "Centrum"},
        {"name": "3 Maja", "district": "Południe"},
        {"name": "Łąkowa", "district": "Południe"},
        {"name": "Polna", "district": "Południe"},
    ],
    "addresses": [
        {"street": "Żółkiewskiego", "number": "2", "lat": 51.0500, "lon": 20.9500, "postcode": "27-200"},
        {"street": "Żółkiewskiego", "number": "4", "lat": 51.0503, "lon": 20.9505, "postcode": "27-200"},
        {"street": "Żółkiewskiego", "number": "4A", "lat": 51.0504, "lon": 20.9507, "postcode": "27-200"},
        {"street": "Żółkiewskiego", "number": "40", "lat": 51.0520, "lon": 20.9540, "postcode": "27-200"},
        {"street": "Jana Pawła II", "number": "12", "lat": 51.0450, "lon": 20.9400, "postcode": "27-200"},
        {"street": "3 Maja", "number": "5", "lat": 51.0300, "lon": 20.9200, "postcode": "27-201"},
        {"street": "Łąkowa", "number": "1", "lat": 51.0305, "lon": 20.9800, "postcode": "27-201"},
    ],
    "places": [{"name": "Szkoła Podstawowa nr 3", "kind": "school", "lat": 51.0510, "lon": 20.9480}],
}


@dataclass
class Codes:
    """A stand-in for notifier's door that speaks its internal API: notes codes and test messages, or is away."""

    verifier: TokenVerifier
    sent: list[dict[str, Any]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    status: int = 202
    url: str = ""
    real: httpx.AsyncClient | None = None
    """The notifier itself, for all other questions."""

    async def take(self, request: web.Request) -> web.Response:
        caller = self.verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))
        assert caller.service == "citizen-api"
        if self.status == 202:
            self.sent.append(await request.json())
        return web.json_response({}, status=self.status)

    async def take_test(self, request: web.Request) -> web.Response:
        caller = self.verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))
        assert caller.service == "citizen-api"
        if self.status == 202:
            self.tests.append(await request.json())
        return web.json_response({}, status=self.status)

    async def ask(self, request: web.Request) -> web.Response:
        if self.real is None:
            return web.Response(status=503)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        answer = await self.real.request(request.method, request.path, content=await request.read(), headers=headers)
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")

    @property
    def last(self) -> str:
        return str(self.sent[-1]["code"])


@dataclass
class House:
    """One running citizen-api."""

    res: Resources
    clock: ManualClock
    public_app: FastAPI
    staff_app: FastAPI
    codes: Codes
    gateway: TokenIssuer
    notifier: Any = None
    """Resources of the notifier, where one was opened with the house."""
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, ip: str = "10.0.0.1") -> httpx.AsyncClient:
        """A browser of its own, with its own cookies."""
        transport = httpx.ASGITransport(self.public_app, raise_app_exceptions=False, client=(ip, 1234))
        client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost:8080/api/v1", headers={"Origin": "http://localhost:8080"}
        )
        self.clients.append(client)
        return client

    def staff(self, role: str = "editor", subject: str = "staff-1") -> httpx.AsyncClient:
        """The gateway, acting for a member of staff."""
        transport = httpx.ASGITransport(self.staff_app, raise_app_exceptions=False)
        headers = self.gateway.headers("citizen-api", subject=subject, role=role)
        client = httpx.AsyncClient(transport=transport, base_url="http://internal/staff/v1", headers=headers)
        self.clients.append(client)
        return client

    async def sign_in(self, contact: str = "anna@example.pl", ip: str = "10.0.0.1", consent: bool = True) -> httpx.AsyncClient:
        """A signed-in resident's browser."""
        client = self.client(ip)
        sent = await client.post("/sign-in/codes", json={"contact": contact, "language": "pl"})
        assert sent.status_code == 202, sent.text
        body: dict[str, Any] = {"challenge_id": sent.json()["challenge_id"], "code": self.codes.last}
        if consent:
            body["consent"] = {"version": "2026-11", "language": "pl"}
        answer = await client.post("/sign-in/sessions", json=body)
        assert answer.status_code == 200, answer.text
        return client

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Look into the database."""
        from sqlalchemy import text

        async with self.res.database.read() as session:
            return list(await session.execute(text(statement), values))

    async def facts(self, topic: str) -> list[tuple[str, str, dict[str, Any] | None]]:
        """What waits in the outbox for a topic: key, type, data."""
        rows = await self.rows("select key, type, value from outbox where topic = :topic order by id", topic=topic)
        return [(row.key, row.type, json.loads(row.value) if row.value is not None else None) for row in rows]


def write_key(folder: Path, name: str) -> tuple[Path, Ed25519PrivateKey]:
    key = Ed25519PrivateKey.generate()
    path = folder / f"{name}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path, key


@pytest.fixture
def open_house(tmp_path: Path, make_database: Callable[[str | None], str]) -> Callable[..., Any]:
    """`async with open_house(**settings) as house`: a citizen-api of its own; `town=False` leaves the database empty.

    `notifier={…}` puts the real notifier's internal API beside it, with these settings; without, notifier takes codes and test
    messages and answers nothing else.
    """

    @asynccontextmanager
    async def opened(
        *, town: bool = True, database_url: str | None = None, notifier: dict[str, Any] | None = None, **settings: Any
    ) -> AsyncIterator[House]:
        own_file, own_key = write_key(tmp_path, "citizen-api")
        _, gateway_key = write_key(tmp_path, "operator-gateway")
        issuers = [TokenIssuer("citizen-api", own_key), TokenIssuer("operator-gateway", gateway_key)]
        jwks = tmp_path / "jwks.json"
        jwks.write_text(json.dumps({"keys": [key for issuer in issuers for key in issuer.jwks()["keys"]]}))
        codes = Codes(TokenVerifier("notifier", jwks))
        runner = await _serve_codes(codes)
        chosen: dict[str, Any] = {
            "database_url": database_url or make_database("citizen"),
            "token_key_file": own_file,
            "trusted_jwks_file": jwks,
            "photo_dir": tmp_path / "photos",
            "notifier_url": codes.url,
            "kafka_bootstrap": os.environ.get("HEJNAL_TEST_KAFKA", "127.0.0.1:1"),
        }
        config = Settings(**(chosen | settings))
        clock = ManualClock(NOW)
        try:
            async with AsyncExitStack() as stack:
                res = await stack.enter_async_context(open_resources(config, clock=clock))
                beside = None
                if notifier is not None:
                    own = {"database_url": make_database("notifier"), "trusted_jwks_file": jwks, **notifier}
                    beside, codes.real = await stack.enter_async_context(_notifier(own, clock))
                if town:
                    async with res.database.transaction() as session:
                        await import_town(session, TownFile.model_validate(TOWN))
                house = House(
                    res=res,
                    clock=clock,
                    public_app=create_public_app(config, res),
                    staff_app=create_staff_app(Health(), res, jwks=res.issuer.jwks()),
                    codes=codes,
                    gateway=issuers[1],
                    notifier=beside,
                )
                yield house
                for client in house.clients:
                    await client.aclose()
        finally:
            await runner.cleanup()

    return opened


@asynccontextmanager
async def _notifier(settings: dict[str, Any], clock: ManualClock) -> AsyncIterator[Any]:
    from hejnal_notifier.app import create_app as create_notifier
    from hejnal_notifier.resources import Resources as NotifierResources
    from hejnal_notifier.settings import Settings as NotifierSettings

    config = NotifierSettings(sms_url="http://127.0.0.1:1/sms.do", **settings)
    res = await NotifierResources.open(config, clock=clock)
    try:
        await res.templates.refresh()
        app = httpx.ASGITransport(create_notifier(config, res), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=app, base_url="http://notifier") as client:
            yield res, client
    finally:
        await res.close()


async def _serve_codes(codes: Codes) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/internal/v1/one-time-codes", codes.take)
    app.router.add_post("/internal/v1/test-messages", codes.take_test)
    app.router.add_route("*", "/internal/v1/{what:.+}", codes.ask)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    codes.url = f"http://{host}:{port}"
    return runner


@pytest.fixture
async def house(open_house: Callable[..., Any]) -> AsyncIterator[House]:
    """A citizen-api with a town."""
    async with open_house() as opened:
        yield opened


@pytest.fixture(scope="session")
def pwa_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built PWA."""
    from pwa_town import build_pwa, made_once

    return made_once(tmp_path_factory, "pwa", build_pwa)


@pytest.fixture(scope="session")
def drawn_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bugielsk with its map."""
    from pwa_town import draw_town, made_once

    return made_once(tmp_path_factory, "drawn-town", draw_town)


@pytest.fixture
async def town(
    open_house: Callable[..., Any], running: Callable[..., Any], pwa_site: Path, drawn_town: Path
) -> AsyncIterator[Any]:
    """A town with something to say, and the PWA before it."""
    from pwa_town import resident_town

    async with resident_town(open_house, running, pwa_site, drawn_town) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    """A Chromium of its own."""
    from pwa_town import chromium

    async with chromium() as started:
        yield started


@pytest.fixture(name="until")
def _until() -> Callable[..., Any]:
    """`await until(check)`: the first true value of `check()`."""
    return until


@pytest.fixture
def running() -> Callable[..., Any]:
    """`async with running(house, bootstrap=…) as town`: the service as a process of its own."""
    return running_service


@pytest.fixture
def free_proxy() -> Callable[[str, int], Proxy]:
    """`free_proxy(host, port)`: a way there that can be cut."""
    return Proxy
