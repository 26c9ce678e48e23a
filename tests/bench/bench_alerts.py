"""P-alerts: raise → on the operator's screen, p95 ≤ 300 ms.

One gateway process on durable PostgreSQL and real Kafka, consoles that listen (server-sent events), and two ways in: the POST
of a dispatcher, measured from its sending, and the camera event of an ingest, measured from its handing to Kafka. Prints one
JSON line per way. `python tests/bench/bench_alerts.py [--count 200] [--per-second 10] [--consoles 6]`
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from servers import kafka_and_postgres

from hejnal_contracts.cameras import CameraTampered
from hejnal_contracts.topics import TOPICS
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_runtime import migrations
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer

DATABASE = "hejnal_bench_alerts"
BOUND_MS = 300.0
WARM_UP = 10


@dataclass
class Shown:
    """When each alert was first seen by each console, by what tells it apart."""

    at: dict[str, list[float]] = field(default_factory=dict)

    def note(self, mark: str) -> None:
        """One console shows it now."""
        self.at.setdefault(mark, []).append(time.monotonic())


def make_keys(folder: Path) -> TokenIssuer:
    """Keys for the gateway; nobody else runs here."""
    key = Ed25519PrivateKey.generate()
    (folder / "gateway.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    issuer = TokenIssuer("operator-gateway", key)
    (folder / "jwks.json").write_text(json.dumps(issuer.jwks()))
    (folder / "credentials.key").write_bytes(base64.b64encode(os.urandom(32)))
    return issuer


@asynccontextmanager
async def gateway(bootstrap: str, admin_url: str, prefix: str, folder: Path) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Its address and the account of a dispatcher."""
    await drop_database(admin_url, DATABASE)
    await create_database(admin_url, DATABASE)
    url = url_of(admin_url, database=DATABASE, driver="+asyncpg")
    await asyncio.to_thread(migrations.upgrade, url, "hejnal_gateway", "gateway")
    make_keys(folder)
    public, internal = free_ports(2)
    address = f"http://127.0.0.1:{public}"
    values = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "DATABASE_URL": url,
        "PUBLIC_PORT": str(public),
        "INTERNAL_PORT": str(internal),
        "PUBLIC_URL": address,
        "TOKEN_KEY_FILE": str(folder / "gateway.pem"),
        "TRUSTED_JWKS_FILE": str(folder / "jwks.json"),
        "CREDENTIALS_KEY_FILE": str(folder / "credentials.key"),
        "LOG_LEVEL": "WARNING",
    }
    environment = {**os.environ, **{f"HEJNAL_GATEWAY_{name}": value for name, value in values.items()}}
    command = [sys.executable, "-m", "hejnal_gateway"]
    account = [*command, "create-account", "--login", "bench", "--role", "dispatcher", "--name", "Bench"]
    made = await asyncio.to_thread(subprocess.run, account, env=environment, capture_output=True, text=True, check=True)
    child = subprocess.Popen([*command, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as http:
            await ready(http, f"http://127.0.0.1:{internal}/readyz")
        yield address, json.loads(made.stdout)
    finally:
        child.terminate()
        child.wait(20)
        await drop_database(admin_url, DATABASE)


async def ready(http: aiohttp.ClientSession, url: str) -> None:
    """Wait until the gateway says that it can work."""
    said = "nothing"
    for _ in range(900):
        try:
            async with http.get(url) as response:
                if response.status == 200:
                    return
                said = await response.text()
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError(f"the gateway did not get ready; it says {said}")


async def console(browser: aiohttp.ClientSession, shown: Shown, listening: asyncio.Event) -> None:
    """An operator's screen: reads events and notes each alert when it is there to be drawn."""
    async with browser.get("/api/v1/events", timeout=aiohttp.ClientTimeout(total=None)) as answer:
        name = ""
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                if name == "hello":
                    listening.set()
            elif line.startswith("data: ") and name == "alert":
                alert = json.loads(line.removeprefix("data: "))["alert"]
                if alert["version"] == 1:
                    shown.note(alert["source"] if alert["kind"] == "tamper" else alert["summary"])


async def measure(
    way: str, raise_one: Callable[[str], Awaitable[None]], shown: Shown, *, count: int, per_second: float, consoles: int
) -> None:
    """Raise at a steady rate and print how long it took until every console showed it."""
    sent: dict[str, float] = {}
    raising: list[asyncio.Task[None]] = []
    marks = [f"bench-{way}-{number}" for number in range(count + WARM_UP)]
    started = time.monotonic()
    for number, mark in enumerate(marks):
        await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
        sent[mark] = time.monotonic()
        raising.append(asyncio.create_task(raise_one(mark)))
    await asyncio.gather(*raising)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(len(shown.at.get(mark, ())) < consoles for mark in marks):
        await asyncio.sleep(0.05)
    measured = marks[WARM_UP:]
    all_ms = [(at - sent[mark]) * 1000 for mark in measured for at in shown.at.get(mark, ())]
    missing = len(measured) * consoles - len(all_ms)
    cuts = statistics.quantiles(all_ms, n=100)
    result: dict[str, Any] = {
        "bench": "alerts",
        "system": "hejnal",
        "what": f"raise by {way} → on the operator's screen",
        "alerts": count,
        "per_second": per_second,
        "consoles": consoles,
        "latency_ms": {name: round(cuts[at], 1) for name, at in (("p50", 49), ("p95", 94), ("p99", 98))},
        "most_ms": round(max(all_ms), 1),
        "missing": missing,
        "doubled": sum(max(0, len(shown.at.get(mark, ())) - consoles) for mark in measured),
        "load": round(os.getloadavg()[0], 2),
        "met": missing == 0 and cuts[94] <= BOUND_MS,
    }
    print(json.dumps(result, ensure_ascii=False), flush=True)


async def run(arguments: argparse.Namespace, bootstrap: str, admin_url: str, folder: Path) -> None:
    """Both ways, one after the other."""
    prefix = f"bench{os.getpid()}{int(time.time())}-"
    await create_topics(bootstrap, TOPICS, prefix=prefix)
    producer = Producer(bootstrap, prefix)
    async with gateway(bootstrap, admin_url, prefix, folder) as (address, account):
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(address, cookie_jar=jar, connector=connector) as browser:
            code = pyotp.TOTP(account["totp_secret"]).now()
            proof = {"login": account["login"], "password": account["password"], "code": code}
            async with browser.post("/api/v1/session", json=proof) as answer:
                answer.raise_for_status()
            shown = Shown()
            screens = [asyncio.Event() for _ in range(arguments.consoles)]
            listening = [asyncio.create_task(console(browser, shown, screen)) for screen in screens]
            await asyncio.wait_for(asyncio.gather(*(screen.wait() for screen in screens)), 30)

            async def by_hand(mark: str) -> None:
                body = {"request_id": new_id(), "severity": "warning", "summary": mark}
                for _ in range(5):  # as the console does it: the same request again, its time counts
                    async with browser.post("/api/v1/alerts", json=body) as answer:
                        if answer.status != 503:
                            answer.raise_for_status()
                            return

            async def by_camera(mark: str) -> None:
                fact = CameraTampered(event_id=new_id(), camera_id=mark, kind="covered", confidence=0.9, at=datetime.now(UTC))
                await producer.send_fact(fact, "ingest")

            rate = {"count": arguments.count, "per_second": arguments.per_second, "consoles": arguments.consoles}
            await measure("request", by_hand, shown, **rate)
            await measure("camera-event", by_camera, shown, **rate)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
    await producer.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=10.0)
    parser.add_argument("--consoles", type=int, default=6)
    arguments = parser.parse_args()
    with kafka_and_postgres() as (bootstrap, admin_url), tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments, bootstrap, admin_url, Path(folder)))


if __name__ == "__main__":
    main()
