"""citizen-api, notifier and the simulators as processes, with a database each and topics of their own."""

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from hejnal_local.ports import free_ports
from hejnal_local.small_town import SMALL_TOWN
from hejnal_notifier.channels.vapid_ring import make_vapid_key
from hejnal_runtime.tokens import TokenIssuer


@dataclass
class Services:
    """Where everything is, and who speaks for the staff."""

    folder: Path
    public: str
    internal: str
    sinks: str
    gateway: TokenIssuer
    http: aiohttp.ClientSession
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    said: str = ""

    async def staff(self, method: str, path: str, body: Any = None, *, role: str = "admin") -> Any:
        """A member of staff, through the gateway's token; the answer's JSON."""
        headers = self.gateway.headers("citizen-api", subject="staff-1", role=role)
        async with self.http.request(method, f"{self.internal}/staff/v1{path}", json=body, headers=headers) as answer:
            assert answer.status < 300, (answer.status, await answer.text())
            return await answer.json() if answer.content_type == "application/json" else None

    async def arrived(self, channel: str, to: str = "") -> list[dict[str, Any]]:
        """What the simulators' devices and mailboxes got."""
        query = {"channel": channel} | ({"to": to} if to else {})
        async with self.http.get(f"{self.sinks}/api/messages", params=query) as answer:
            return list((await answer.json())["messages"])


async def until(check: Callable[[], Awaitable[Any]], what: str, timeout_s: float = 60) -> Any:
    """The first true value of `check()`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        value = await check()
        if value:
            return value
        assert loop.time() < deadline, f"{what} did not happen within {timeout_s:.0f} s (last: {value!r})"
        await asyncio.sleep(0.1)


def photo_with_a_place() -> bytes:
    """A JPEG whose metadata say where and by whom it was taken."""
    picture = Image.new("RGB", (320, 240), "grey")
    exif = Image.Exif()
    exif[0x013B] = "Anna Nowakowska"
    exif[0x010E] = "+48600700800"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


@asynccontextmanager
async def running_services(
    folder: Path, *, citizen_url: str, notifier_url: str, bootstrap: str, prefix: str, **more: Any
) -> AsyncIterator[Services]:
    """Everything up; ended by the processes' own handles. `more`: settings of all services."""
    issuers = {name: _issuer(folder, name) for name in ("citizen-api", "notifier", "operator-gateway")}
    keys = [key for issuer in issuers.values() for key in issuer.jwks()["keys"]]
    (folder / "jwks.json").write_text(json.dumps({"keys": keys}))
    (folder / "town.json").write_text(json.dumps(SMALL_TOWN))
    make_vapid_key(folder / "vapid.pem", folder / "vapid.pub")
    public, internal, notifier, sinks, smtp = free_ports(5)
    shared = {"KAFKA_BOOTSTRAP": bootstrap, "TOPIC_PREFIX": prefix, "TRUSTED_JWKS_FILE": folder / "jwks.json", **more}
    citizen = shared | {
        "DATABASE_URL": citizen_url,
        "TOKEN_KEY_FILE": folder / "citizen-api.pem",
        "PHOTO_DIR": folder / "photos",
        "NOTIFIER_URL": f"http://127.0.0.1:{notifier}",
        "PUBLIC_PORT": public,
        "INTERNAL_PORT": internal,
        "LOOPBACK_PUSH": "true",
        "VAPID_PUBLIC_KEY_FILE": folder / "vapid.pub",
    }
    sender = shared | {
        "DATABASE_URL": notifier_url,
        "TOKEN_KEY_FILE": folder / "notifier.pem",
        "INTERNAL_PORT": notifier,
        "VAPID_KEY_FILE": folder / "vapid.pem",
        "PUSH_TRUSTED_ORIGINS": json.dumps([f"http://127.0.0.1:{sinks}"]),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": smtp,
        "SMTP_SECURITY": "none",
        "SMS_URL": f"http://127.0.0.1:{sinks}/sms.do",
        "SMS_RECEIPT_SECRET": "receipt-secret",
        "SMS_RECEIPT_URL": f"http://127.0.0.1:{notifier}/internal/v1/receipts/sms/receipt-secret",
        "POLL_S": "0.2",
    }
    async with aiohttp.ClientSession() as http:
        town = Services(
            folder, f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}", f"http://127.0.0.1:{sinks}",
            issuers["operator-gateway"], http,
        )  # fmt: skip
        try:
            await _command(folder, "hejnal_citizen", ["import-town", str(folder / "town.json")], "CITIZEN", citizen)
            ports = ["--port", str(sinks), "--smtp-port", str(smtp)]
            town.processes.append(await _start(folder, "hejnal_notifier.sinks", ports, "NOTIFIER", {}))
            town.processes.append(await _start(folder, "hejnal_notifier", ["serve"], "NOTIFIER", sender))
            town.processes.append(await _start(folder, "hejnal_citizen", ["serve"], "CITIZEN", citizen))
            for url in (f"{town.sinks}/api/counts", f"{town.internal}/readyz", f"http://127.0.0.1:{notifier}/readyz"):
                try:
                    await until(lambda url=url: _answers(town, url), url, timeout_s=300)  # type: ignore[misc]
                except AssertionError as error:
                    raise AssertionError(f"{error}; it says {town.said[:500]}") from None
            yield town
        finally:
            for process in reversed(town.processes):
                await _end(process)


def _issuer(folder: Path, name: str) -> TokenIssuer:
    key = Ed25519PrivateKey.generate()
    (folder / f"{name}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return TokenIssuer(name, key)


async def _start(
    folder: Path, module: str, words: list[str], prefix: str, settings: dict[str, Any]
) -> asyncio.subprocess.Process:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HEJNAL_CITIZEN_", "HEJNAL_NOTIFIER_"))
    }
    environment |= {f"HEJNAL_{prefix}_{name}": str(value) for name, value in settings.items()}
    with (folder / f"{module}-{words[0].strip('-')}.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(sys.executable, "-m", module, *words, env=environment, stdout=log, stderr=log)


async def _command(folder: Path, module: str, words: list[str], prefix: str, settings: dict[str, Any]) -> None:
    process = await _start(folder, module, words, prefix, settings)
    assert await asyncio.wait_for(process.wait(), 60) == 0, (folder / f"{module}-{words[0]}.log").read_text()


async def _answers(town: Services, url: str) -> bool:
    dead = [process.pid for process in town.processes if process.returncode is not None]
    logs = [path.read_text(errors="replace")[-1500:] for path in sorted(town.folder.glob("*.log"))] if dead else []
    assert not dead, f"a service ended: {logs}"
    with contextlib.suppress(aiohttp.ClientError):
        async with town.http.get(url) as answer:
            town.said = await answer.text()
            return answer.status == 200
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()
