"""P2-P4: the live view of one 4 Mbit/s camera: added latency, CPU per packet, time to the first picture, 1 to 60 viewers.

Then a bad path (5 % lost, 50 ms of jitter, both ways) and first pictures drawn in Chromium.
The whole gateway runs as in production (PostgreSQL, Kafka, sessions, audit); its peer in the same run is aiortc's own sender
behind the same WHEP exchange, on the same relay. CPU is of the gateway's process, less what it uses with nobody watching.
`python tests/bench/bench_live.py [--viewers 1,5,20,60] [--seconds 8] [--joins 20]`
"""

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import live_real
import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from live_feed import GOP
from live_viewers import Viewer, count_raw, join, latencies_ms
from servers import kafka_and_postgres

from hejnal_contracts.cameras import CameraCondition, CameraStatusReported
from hejnal_contracts.topics import BY_NAME
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.tokens import TokenIssuer

HERE = Path(__file__).parent
WHEP = "/api/v1/whep/cam-1?stream=main"


def line(**values: Any) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "live", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie; absurdly large when there are none."""
    if not values:
        return 1e9
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 2)


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process (user and system), from the scheduler's own count."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def process(*command: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A program that runs as long as the block."""
    child = subprocess.Popen([sys.executable, *command], env=os.environ | (environment or {}), stdout=sys.stderr)
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(20)


async def answers(url: str) -> None:
    """Wait until somebody serves there."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


def write_keys(folder: Path) -> None:
    """The gateway's keys."""
    key = Ed25519PrivateKey.generate()
    (folder / "gateway.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "jwks.json").write_text(json.dumps(TokenIssuer("operator-gateway", key).jwks()))
    (folder / "at-rest.key").write_text(base64.b64encode(os.urandom(32)).decode())


def command(environment: dict[str, str], *arguments: str) -> str:
    """Run one command of the gateway to its end."""
    full = [sys.executable, "-m", "hejnal_gateway", *arguments]
    return subprocess.run(full, env=os.environ | environment, check=True, capture_output=True, text=True).stdout


async def measure_joins(session: aiohttp.ClientSession, url: str, joins: int, leave: Callable[[Viewer], Any]) -> list[float]:
    """Time from the offer to the first complete key frame, in ms, at moments spread over the group of pictures."""
    took: list[float] = []
    for number in range(joins + 1):
        viewer = await join(session, url)
        assert viewer.first_picture_s is not None
        if number:  # the first one opens the relay
            took.append(viewer.first_picture_s * 1000)
        await leave(viewer)
        await asyncio.sleep(0.07 + 0.113 * (number % 7) / 7)
    return took


async def measure(
    system: str, session: aiohttp.ClientSession, base: str, pid: int, feed: str, viewers: int, seconds: float, idle: float
) -> tuple[float, list[Viewer]]:
    """One line for a number of viewers; µs per packet and the viewers, still open."""
    watching = []
    for _ in range(viewers):
        watching.append(await join(session, base + WHEP, at_most_s=30))
        count_raw(watching[-1])
    await asyncio.sleep(2)  # the first groups of pictures have been caught up with
    before, began, cpu = [(v.packets, v.lost, len(v.markers)) for v in watching], time.monotonic(), cpu_s(pid)
    await asyncio.sleep(seconds)
    cpu, elapsed = cpu_s(pid) - cpu, time.monotonic() - began
    packets = sum(v.packets - b[0] for v, b in zip(watching, before, strict=True))
    lost = sum(v.lost - b[1] for v, b in zip(watching, before, strict=True))
    for viewer, (_, _, markers) in zip(watching, before, strict=True):
        del viewer.markers[:markers]
    async with session.get(feed + "/times") as answer:
        times = [(number, at_us) for number, at_us in await answer.json()]
    key, other = list[float](), list[float]()
    for viewer in watching:
        for number, ms in latencies_ms(viewer, times).items():
            (key if number % GOP == 0 else other).append(ms)
    us = max(0.0, cpu - idle * elapsed) / max(packets, 1) * 1e6
    bounds = {1: 15.0, 20: 6.0}
    met: dict[str, bool] = {}
    if system == "hejnal":
        if viewers in bounds:
            met["us_per_packet"] = us <= bounds[viewers]
        if viewers == 20:
            met["latency"] = percentile(other, 0.5) <= 2 and percentile(other, 0.99) <= 6
            met["key_frames"] = percentile(key, 0.99) <= 20
            met["lost"] = lost == 0
    line(
        system=system,
        viewers=viewers,
        us_per_packet=round(us, 2),
        idle_core_percent=round(idle * 100, 2),
        packets=packets,
        lost=lost,
        latency_ms={"p50": percentile(other, 0.5), "p99": percentile(other, 0.99)},
        latency_key_frame_ms={"p50": percentile(key, 0.5), "p99": percentile(key, 0.99)},
        **({"met": all(met.values()), "bounds": met} if met else {}),
    )
    return us, watching


async def idle_share(pid: int, seconds: float = 4) -> float:
    """Share of a core a process uses when nobody watches."""
    cpu, began = cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_s(pid) - cpu) / (time.monotonic() - began)


async def bench_gateway(options: argparse.Namespace, environment: dict[str, str], feed: str, bootstrap: str, prefix: str) -> None:
    """Hejnał's lines."""
    account = json.loads(command(environment, "create-account", "--login", "bench", "--role", "operator", "--name", "Bench"))
    door = f"http://127.0.0.1:{environment['HEJNAL_GATEWAY_PUBLIC_PORT']}"
    inside = f"http://127.0.0.1:{environment['HEJNAL_GATEWAY_INTERNAL_PORT']}"
    with process("-m", "hejnal_gateway", "serve", environment=environment) as pid:
        await answers(inside + "/readyz")
        producer, now = Producer(bootstrap, prefix), datetime.now(UTC)
        for camera in CAMERAS:
            status = CameraStatusReported(
                camera_id=camera["camera_id"],
                epoch=1,
                ingest_id="bench",
                relay_url=feed,
                condition=CameraCondition.LIVE,
                since=now,
                observed_at=now,
            )
            await producer.send_fact(status, "ingest")
        await producer.stop()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            body = {"login": "bench", "password": account["password"], "code": pyotp.TOTP(account["totp_secret"]).now()}
            async with session.post(door + "/api/v1/session", json=body) as answer:
                answer.raise_for_status()

            async def leave(viewer: Viewer) -> None:
                async with session.delete(door + viewer.location) as answer:
                    assert answer.status == 204
                await viewer.peer.close()

            idle = await idle_share(pid)
            took = await measure_joins(session, door + WHEP, options.joins, leave)
            p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
            line(system="hejnal", joins=len(took), first_picture_ms={"p50": p50, "p99": p99}, met=p50 <= 60 and p99 <= 200)
            for viewers in options.viewers:
                _, watching = await measure("hejnal", session, door, pid, feed, viewers, options.seconds, idle)
                for viewer in watching:
                    await leave(viewer)
            bad = await live_real.over_a_bad_path(session, door, loss=0.05, jitter_s=0.05, seconds=options.seconds)
            line(system="hejnal", **bad)
            body["code"] = await next_code(account["totp_secret"])
            drawn = await live_real.chromium_joins(door, body, options.joins)
            p50, p99 = percentile(drawn, 0.5), percentile(drawn, 0.99)
            line(system="hejnal", viewer="chromium", joins=len(drawn), first_picture_ms={"p50": p50, "p99": p99}, met=p50 <= 200)


async def next_code(secret: str) -> str:
    """A one-time code that has not been used: each is taken once."""
    totp = pyotp.TOTP(secret)
    before = totp.now()
    while (code := totp.now()) == before:
        await asyncio.sleep(0.5)
    return code


async def bench_stock(options: argparse.Namespace, feed: str) -> None:
    """The peer's lines."""
    port = free_ports(1)[0]
    base = f"http://127.0.0.1:{port}"
    with process(str(HERE / "live_stock.py"), str(port), feed + "/internal/v1/relay/cam-1/main") as pid:
        async with aiohttp.ClientSession() as session:
            await answers(base + "/ready")

            async def leave(viewer: Viewer) -> None:
                await viewer.peer.close()

            idle = await idle_share(pid)
            took = await measure_joins(session, base + WHEP, options.joins, leave)
            line(
                system="aiortc",
                joins=len(took),
                first_picture_ms={"p50": percentile(took, 0.5), "p99": percentile(took, 0.99)},
            )
            for viewers in options.viewers:
                async with session.post(base + "/leave"):
                    pass
                _, watching = await measure("aiortc", session, base, pid, feed, viewers, options.seconds, idle)
                await asyncio.gather(*(viewer.peer.close() for viewer in watching))


async def main() -> None:
    """Run both on servers of their own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=lambda text: [int(item) for item in text.split(",")], default=[1, 5, 20, 60])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--joins", type=int, default=20)
    parser.add_argument("--only", choices=["hejnal", "aiortc"])
    options = parser.parse_args()
    feed_port, public, internal = free_ports(3)
    feed = f"http://127.0.0.1:{feed_port}"
    with process(str(HERE / "live_feed.py"), str(feed_port)):
        await answers(feed + "/times")
        if options.only != "aiortc":
            with kafka_and_postgres() as (bootstrap, admin_url), tempfile.TemporaryDirectory() as folder:
                name, prefix = "hejnal_bench_live", f"bench{os.getpid()}-"
                await drop_database(admin_url, name)
                await create_database(admin_url, name)
                await create_topics(bootstrap, list(BY_NAME.values()), prefix=prefix, partitions=1)
                write_keys(Path(folder))
                environment = gateway_environment(Path(folder), bootstrap, prefix, admin_url, name, public, internal)
                command(environment, "migrate")
                (Path(folder) / "cameras.json").write_text(json.dumps(CAMERAS))
                command(environment, "import-cameras", str(Path(folder) / "cameras.json"))
                await bench_gateway(options, environment, feed, bootstrap, prefix)
                await drop_database(admin_url, name)
        if options.only != "hejnal":
            await bench_stock(options, feed)


CAMERAS: list[dict[str, Any]] = [
    {
        "camera_id": camera_id,
        "name": "Bench",
        "place": {"lat": 51.05, "lon": 20.95},
        "streams": [{"name": "main", "url": "rtsp://127.0.0.1/main"}],
    }
    for camera_id in ("cam-1", "cam-2")
]


def gateway_environment(
    folder: Path, bootstrap: str, prefix: str, admin_url: str, database: str, public: int, internal: int
) -> dict[str, str]:
    """Settings of the measured gateway."""
    values = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "DATABASE_URL": url_of(admin_url, database=database, driver="+asyncpg"),
        "PUBLIC_PORT": str(public),
        "INTERNAL_PORT": str(internal),
        "PUBLIC_URL": f"http://127.0.0.1:{public}",
        "TOKEN_KEY_FILE": str(folder / "gateway.pem"),
        "TRUSTED_JWKS_FILE": str(folder / "jwks.json"),
        "CREDENTIALS_KEY_FILE": str(folder / "at-rest.key"),
        "STATUS_STALE_S": "3600",
        "LOG_LEVEL": "WARNING",
    }
    return {f"HEJNAL_GATEWAY_{name}": value for name, value in values.items()}


if __name__ == "__main__":
    asyncio.run(main())
