"""P6: any 10 minutes out of 30 days of 190 cameras (8.2 million segment rows): playlist and first media bytes over HTTP.

The index lies in a PostgreSQL of its own (`index_stock`); with `--data DIR` it stays there, and the next run measures at once.
Three smaller ones beside it show how the times grow. The recorder's app answers in this process, on a real socket; one client
asks, one request after the other. All rows name one file: the disk's speed at reading footage is not part of it, opening it is.
Prints a JSON line per measurement. `python tests/bench/bench_index.py [--data DIR] [--fill-only | --measure-only] [--looks 500]`
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import index_stock
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from index_stock import BYTES_PER_ROW, FRAGMENT_BYTES, FRAGMENTS, FREE_AFTERWARDS_BYTES, INIT_BYTES, ROWS_A_DAY, Stock
from processes import end_children_with_us
from pydantic import SecretStr

from hejnal_local.database_roles import url_of
from hejnal_recorder.app import create_app
from hejnal_recorder.resources import SCHEMA, Resources
from hejnal_recorder.settings import Settings
from hejnal_runtime.bus import Producer
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenIssuer

BOUND_P95_MS = 50.0
DAYS = (1, 3, 9, 30)


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "index", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


class Viewer:
    """One operator who jumps about in the archive."""

    def __init__(self, session: aiohttp.ClientSession, issuer: TokenIssuer) -> None:
        self._session = session
        self._issuer = issuer

    async def get(self, path: str, **query: str) -> bytes:
        """The body; anything but 200 is an error."""
        async with self._session.get(path, params=query, headers=self._headers()) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def look(self, camera: str, at: datetime) -> tuple[float, float]:
        """Seconds until the playlist of ten minutes is there, and until the first picture's bytes are."""
        began = time.perf_counter()
        url = f"/internal/v1/cameras/{camera}/playlist.m3u8"
        text = (await self.get(url, **{"from": at.isoformat(), "to": (at + timedelta(minutes=10)).isoformat()})).decode()
        listed = time.perf_counter() - began
        found = re.search(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n\.\./\.\./(segments/\S+)", text)
        assert found is not None
        assert text.count("#EXTINF") >= 300
        size, offset, path = int(found[1]), int(found[2]), found[3]
        for first, length in ((0, INIT_BYTES), (offset, min(size, 65536))):
            headers = self._headers() | {"Range": f"bytes={first}-{first + length - 1}"}
            async with self._session.get(f"/internal/v1/{path}", headers=headers) as answer:
                assert answer.status == 206
                assert len(await answer.read()) == length
        return listed, time.perf_counter() - began

    def _headers(self) -> dict[str, str]:
        return self._issuer.headers("recorder", subject="bench", role="operator")


def told(what: str, seconds: list[float], **values: object) -> None:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p50, p95 = ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1e3
    line(what=what, requests=len(ordered), p50_ms=round(p50, 2), p95_ms=round(p95, 2), **values)


async def measure(admin_url: str, folder: Path, stock: Stock, looks: int) -> None:
    """Looks at random places, and time bars of the whole time."""
    with (folder / "bench.mp4").open("wb") as file:
        file.truncate(INIT_BYTES + FRAGMENTS * FRAGMENT_BYTES)
    issuer = TokenIssuer("operator-gateway", Ed25519PrivateKey.generate())
    (folder / "jwks.json").write_text(json.dumps(issuer.jwks()))
    url = url_of(admin_url, database=stock.database, driver="+asyncpg")
    settings = Settings(database_url=SecretStr(url), archive_dir=folder, trusted_jwks_file=folder / "jwks.json")
    database = Database(url, schema=SCHEMA)
    async with aiohttp.ClientSession() as http:
        resources = Resources(settings, SystemClock(), database, Producer("127.0.0.1:1"), http, None)
        config = uvicorn.Config(create_app(settings, resources), host="127.0.0.1", port=0, log_level="warning")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await _look_about(Viewer(session, issuer), stock, looks)
        server.should_exit = True
        await serving
    await database.close()


async def _look_about(viewer: Viewer, stock: Stock, looks: int) -> None:
    chance = random.Random(6)
    span_s = stock.days * 86400 - 700
    size = {"rows": stock.rows, "cameras": stock.cameras, "days": stock.days}
    times = []
    for _ in range(looks):
        at = stock.first + timedelta(seconds=chance.randrange(span_s))
        times.append(await viewer.look(chance.choice(stock.names), at))
    told("playlist", [listed for listed, _ in times], **size)
    shown = sorted(shown for _, shown in times)
    p95_ms = shown[int(len(shown) * 0.95)] * 1e3
    told("first_bytes", shown, **size, bound_p95_ms=BOUND_P95_MS, met=p95_ms <= BOUND_P95_MS)
    bars = []
    for _ in range(max(20, looks // 10)):
        began = time.perf_counter()
        until = stock.first + timedelta(days=stock.days)
        query = {"from": stock.first.isoformat(), "to": until.isoformat(), "buckets": "300"}
        await viewer.get(f"/internal/v1/cameras/{chance.choice(stock.names)}/coverage", **query)
        bars.append(time.perf_counter() - began)
    told("time_bar_of_all_days", bars, **size)


def fill(folder: Path, cameras: int, days: list[int]) -> None:
    """The stocks that are not there yet."""
    with index_stock.server(folder, filling=True) as admin_url:
        there = asyncio.run(index_stock.stocks(admin_url)).values()
        missing = [count for count in days if (cameras, count) not in {(one.cameras, one.days) for one in there}]
        needed = sum(missing) * cameras * ROWS_A_DAY * BYTES_PER_ROW + FREE_AFTERWARDS_BYTES
        free = shutil.disk_usage(folder).free
        if missing and free < needed:
            sys.exit(f"{folder} has {free / 1e9:.0f} GB free, {needed / 1e9:.0f} are needed: fewer --days, or another --data")
        for count in reversed(missing):
            began = time.monotonic()
            stock = asyncio.run(index_stock.fill(admin_url, cameras, count))
            size = asyncio.run(index_stock.size_bytes(admin_url, stock))
            line(
                what="fill",
                rows=stock.rows,
                cameras=cameras,
                days=count,
                seconds=round(time.monotonic() - began, 1),
                index_gb=round(size / 1e9, 2),
                bytes_per_row=round(size / stock.rows),
            )


def measure_all(folder: Path, cameras: int, days: list[int], looks: int) -> None:
    """Each stock that was asked for, smallest first; says what is missing."""
    with index_stock.server(folder, filling=False) as admin_url:
        there = {(one.cameras, one.days): one for one in asyncio.run(index_stock.stocks(admin_url)).values()}
        if missing := [count for count in days if (cameras, count) not in there]:
            sys.exit(f"{folder} has no {cameras} cameras × {missing} days: run without --measure-only, it goes on where it ended")
        for count in days:
            with tempfile.TemporaryDirectory(prefix="hejnal-bench-") as media:
                asyncio.run(measure(admin_url, Path(media), there[cameras, count], looks))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=190)
    parser.add_argument("--days", type=int, nargs="+", default=list(DAYS), help="one index of each size")
    parser.add_argument("--looks", type=int, default=500)
    parser.add_argument("--data", type=Path, help="folder of the PostgreSQL that stays (28 GB at the full size)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--fill-only", action="store_true")
    only.add_argument("--measure-only", action="store_true", help="of what is in --data")
    arguments = parser.parse_args()
    end_children_with_us()
    days = sorted(set(arguments.days))
    if arguments.data is None and (arguments.fill_only or arguments.measure_only):
        parser.error("--fill-only and --measure-only need --data")
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-", ignore_cleanup_errors=True) as own:
        folder = (arguments.data or Path(own) / "index").absolute()
        Path(own).chmod(0o755)
        if not arguments.measure_only:
            fill(folder, arguments.cameras, days)
        if not arguments.fill_only:
            measure_all(folder, arguments.cameras, days, arguments.looks)


if __name__ == "__main__":
    main()
