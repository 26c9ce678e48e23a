"""Our own server as a process, with a town, a batch service, a service with questions of every kind, and a key."""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hejnal_local.small_town import SMALL_TOWN
from hejnal_runtime.tokens import TokenIssuer

UP_WITHIN_S = 60.0


def _label(words: str) -> dict[str, str]:
    return {"pl": words, "en": words, "uk": words}


QUESTIONS = [
    {"code": "name", "kind": "string", "label": _label("Nazwa"), "required": True},
    {"code": "words", "kind": "text", "label": _label("Opis"), "hint": _label("Kilka słów")},
    {"code": "depth_cm", "kind": "number", "label": _label("Głębokość (cm)"), "required": True},
    {"code": "since", "kind": "datetime", "label": _label("Od kiedy")},
    {
        "code": "surface",
        "kind": "single",
        "label": _label("Nawierzchnia"),
        "required": True,
        "choices": [
            {"code": "asphalt", "label": _label("Asfalt & kostka")},
            {"code": "gravel", "label": _label("Żwir <drobny>")},
        ],
    },
    {
        "code": "who",
        "kind": "multiple",
        "label": _label("Komu przeszkadza"),
        "required": True,
        "choices": [{"code": "cars", "label": _label("Kierowcom")}, {"code": "walkers", "label": _label("Pieszym")}],
    },
]
for _question in QUESTIONS:
    _question.setdefault("choices", [])
    _question.setdefault("required", False)


@dataclass
class OwnServer:
    """A running citizen-api."""

    url: str
    internal: str
    api_key: str
    gateway: TokenIssuer
    database_url: str
    key_file: Path

    def staff(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A member of staff does something, as the gateway would pass it on."""
        headers = self.gateway.headers("citizen-api", subject="staff-1", role="admin") | options.pop("headers", {})
        return httpx.request(method, f"{self.internal}/staff/v1{path}", headers=headers, timeout=20, **options)


@pytest.fixture
def start_server(tmp_path: Path, make_database: Callable[[str | None], str]) -> Iterator[Callable[..., OwnServer]]:
    """`start_server()`: a citizen-api of its own; ended with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str = "citizen", **environment: str) -> OwnServer:
        folder = tmp_path / name
        folder.mkdir()
        own, gateway = _key(folder / "citizen-api.pem"), _key(folder / "operator-gateway.pem")
        issuers = [TokenIssuer("citizen-api", own), TokenIssuer("operator-gateway", gateway)]
        jwks = folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [key for issuer in issuers for key in issuer.jwks()["keys"]]}))
        database_url = make_database("citizen")
        public, internal = _free_port(), _free_port()
        env = {key: value for key, value in os.environ.items() if not key.startswith("HEJNAL_CITIZEN_")}
        settings = {
            "DATABASE_URL": database_url,
            "TOKEN_KEY_FILE": str(folder / "citizen-api.pem"),
            "TRUSTED_JWKS_FILE": str(jwks),
            "PHOTO_DIR": str(folder / "photos"),
            "KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "PUBLIC_PORT": str(public),
            "INTERNAL_PORT": str(internal),
            "PUBLIC_URL": f"http://127.0.0.1:{public}",
            **environment,
        }
        env |= {f"HEJNAL_CITIZEN_{key}": value for key, value in settings.items()}
        api_key = secrets.token_urlsafe(24)
        (folder / "town.json").write_text(json.dumps(SMALL_TOWN))
        (folder / "key").write_text(api_key)
        command = [sys.executable, "-m", "hejnal_citizen"]
        may = ["--may-read", "--may-update"]
        for arguments in (["import-town", "town.json"], ["open311-key", "key", "--label", "conformance", *may]):
            subprocess.run([*command, *arguments], env=env, cwd=folder, check=True, timeout=60, stdout=subprocess.DEVNULL)
        asyncio.run(_services(database_url))
        log = (folder / "serve.log").open("wb")
        process = subprocess.Popen([*command, "serve"], env=env, cwd=folder, stdout=log, stderr=log)
        running.append(process)
        _wait_for(f"http://127.0.0.1:{internal}/healthz", process, folder / "serve.log")
        root = f"http://127.0.0.1:{public}/open311/v2"
        return OwnServer(root, f"http://127.0.0.1:{internal}", api_key, issuers[1], database_url, folder / "key")

    yield start
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


async def _services(database_url: str) -> None:
    """One service with questions of every kind, one that gives tokens."""
    engine = create_async_engine(database_url, connect_args={"server_settings": {"search_path": "citizen,public"}})
    asked = text("update categories set questions = cast(:questions as jsonb) where kind = 'report' and code = 'road_damage'")
    batch = text("update categories set open311 = 'batch' where kind = 'report' and code = 'greenery'")
    async with engine.begin() as connection:
        await connection.execute(asked, {"questions": json.dumps(QUESTIONS)})
        await connection.execute(batch)
    await engine.dispose()


def _key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while True:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.1)
