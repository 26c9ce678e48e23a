"""PostgreSQL away, a gateway stopped, commands as a person types them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from gateway_house import Gateway, Keys, camera, running_gateway, sign_in_body
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.tables import metadata
from hejnal_runtime import migrations


class Line:
    """A TCP line to PostgreSQL that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self.up = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except OSError:
            pass
        finally:
            writer.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self._open -= {writer, far_writer}

    def cut(self) -> None:
        self.up = False
        for writer in self._open:
            writer.transport.abort()


@pytest.fixture
async def line(settings: GatewaySettings, keys: Keys) -> AsyncIterator[tuple[Gateway, Line]]:
    assert settings.database_url is not None
    url = make_url(settings.database_url.get_secret_value())
    line = Line(url.host or "127.0.0.1", url.port or 5432)
    server = await asyncio.start_server(line.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    through = url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    async with running_gateway(settings.model_copy(update={"database_url": SecretStr(through)}), keys) as gateway:
        yield gateway, line
    line.cut()
    server.close()


async def test_without_postgresql_the_door_says_503_and_recovers_by_itself(line: tuple[Gateway, Line]) -> None:
    gateway, wire = line
    credentials = await gateway.account(Role.ADMIN)
    async with gateway.signed_in(Role.ADMIN) as browser:
        wire.cut()
        offer = {"data": "v=0", "headers": {"Content-Type": "application/sdp"}}
        tries: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/api/v1/cameras", {}),
            ("POST", "/api/v1/cameras", {"json": camera("cam-1")}),
            ("POST", "/api/v1/session", {"json": sign_in_body(credentials)}),
            ("POST", "/api/v1/whep/cam-1", offer),
        ]
        for method, path, kwargs in tries:
            async with browser.request(method, path, **kwargs) as answer:
                assert answer.status == 503, (path, await answer.text())
                assert answer.content_type == "application/problem+json"
                assert int(answer.headers["Retry-After"]) > 0
        async with aiohttp.ClientSession() as client, client.get(gateway.internal_url + "/readyz") as answer:
            assert answer.status == 503
        wire.up = True

        async def works() -> bool:
            async with browser.post("/api/v1/cameras", json=camera("cam-1")) as answer:
                return answer.status in (201, 409)

        await gateway.eventually(works)
        await gateway.eventually(lambda: gateway.resources.feeds.cameras.get("cam-1"), 30)


async def test_a_stopping_gateway_says_farewell_and_ends_soon(settings: GatewaySettings, keys: Keys) -> None:
    async with running_gateway(settings, keys) as gateway, _listening(gateway) as answer:
        await answer.content.readuntil(b"\n\n")
        gateway.resources.events.stop()
        rest = await asyncio.wait_for(answer.content.read(), 5)
        assert b"event: farewell" in rest
        assert b'"stopping"' in rest


@asynccontextmanager
async def _listening(gateway: Gateway) -> AsyncIterator[aiohttp.ClientResponse]:
    async with gateway.signed_in() as browser, browser.get("/api/v1/events") as answer:
        yield answer


def test_the_tables_are_what_the_migrations_make(make_database: Any) -> None:
    assert metadata.tables
    assert migrations.check(make_database("gateway"), "hejnal_gateway", "gateway") == []


@pytest.mark.timeout(300)
def test_commands_as_a_person_types_them(make_database: Any, keys: Keys, tmp_path: Path) -> None:
    environment = os.environ | {
        "HEJNAL_GATEWAY_DATABASE_URL": make_database("gateway"),
        "HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE": str(keys.folder / "credentials.key"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hejnal_gateway", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    account = ["create-account", "--login", " Anna ", "--role", "operator", "--name", "Anna"]
    made = json.loads(run(*account).stdout)
    assert set(made) == {"role", "login", "password", "totp_secret"}
    assert (made["login"], made["role"]) == ("anna", "operator")
    assert len(made["password"]) == 20
    again = run(*account)
    assert again.returncode != 0
    assert "already" in again.stderr
    assert run(*account, "--if-missing").stdout == ""
    (tmp_path / "cameras.json").write_text(json.dumps([camera("cam-1")]))
    assert json.loads(run("import-cameras", str(tmp_path / "cameras.json")).stdout)["added"] == 1
    missing = run("import-cameras", str(tmp_path / "missing.json"))
    assert missing.returncode != 0
    assert "Traceback" not in missing.stderr
