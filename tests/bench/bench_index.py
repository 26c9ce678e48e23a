"""P6: any 10 minutes out of 30 days of 190 cameras (8.2 million segment rows): playlist and first media bytes over HTTP.

The index is filled by COPY into a database of its own, triggers off (they are take-over's business, see bench_recorder), the
sums made from the rows afterwards. The recorder's app answers in this process, on a real socket; one client asks, one request
after the other. All rows name one file, so that the disk's speed at reading footage is not part of it; opening it is.
Prints one JSON line per measurement. `python tests/bench/bench_index.py [--cameras 190] [--days 30] [--looks 500]`
"""

import argparse
import asyncio
import json
import os
import random
import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from servers import kafka_and_postgres

from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_recorder.app import create_app
from hejnal_recorder.fragments import Fragment, from_microseconds, pack, pack_further, to_microseconds, unpack
from hejnal_recorder.resources import SCHEMA, Resources
from hejnal_recorder.settings import Settings
from hejnal_runtime import migrations
from hejnal_runtime.bus import Producer
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer

BOUND_P95_MS = 50.0
SEGMENT_S, FRAGMENT_S = 60, 2
FRAGMENTS = SEGMENT_S // FRAGMENT_S
FRAGMENT_BYTES, INIT_BYTES = 1_000_000, 800
COLUMNS = (
    "segment_id", "part", "camera_id", "run_id", "state", "path", "starts_at", "ends_at", "fragment_count", "footage_bytes",
    "size_bytes", "init_size_bytes", "init_sha256", "fragments",
)  # fmt: skip
HASH = bytes(range(1, 33))


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "index", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def fragment(day: datetime, number: int) -> Fragment:
    """The `number`th fragment of a day."""
    starts_at = day + timedelta(seconds=number * FRAGMENT_S)
    return Fragment(
        sequence=number,
        offset_bytes=INIT_BYTES + (number % FRAGMENTS) * FRAGMENT_BYTES,
        size_bytes=FRAGMENT_BYTES,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=FRAGMENT_S),
        media_time=number * FRAGMENT_S * 90_000,
        duration_ticks=FRAGMENT_S * 90_000,
        frames=50,
        camera_time=starts_at - timedelta(milliseconds=120),
        sha256=HASH,
    )


def rows_of(camera: str, run_id: str, day: datetime) -> list[tuple[Any, ...]]:
    """A camera's day: 1440 segments of 30 fragments."""
    count = 86400 // SEGMENT_S
    start_us = to_microseconds(day)
    further = pack_further([fragment(day, 1)], after=fragment(day, 0)) * (FRAGMENTS - 1)  # each follows the one before it
    assert unpack(pack([fragment(day, 0)]) + further)[-1] == fragment(day, FRAGMENTS - 1)
    footage = FRAGMENTS * FRAGMENT_BYTES
    rows = []
    for segment in range(count):
        starts_at = from_microseconds(start_us + segment * SEGMENT_S * 1_000_000)
        ends_at = starts_at + timedelta(seconds=SEGMENT_S)
        fragments = pack([fragment(day, segment * FRAGMENTS)]) + further
        name = f"{camera}-{start_us // 1_000_000 + segment * SEGMENT_S}"
        rows.append(
            (name, 0, camera, run_id, "stored", "bench.mp4", starts_at, ends_at, FRAGMENTS, footage,
             INIT_BYTES + footage, INIT_BYTES, HASH, fragments)
        )  # fmt: skip
    return rows


async def fill(url: str, cameras: list[str], first: datetime, days: int) -> None:
    """Runs, stories and segments; a partition's constraint is made when its rows are there."""
    began = time.monotonic()
    connection = await asyncpg.connect(url, command_timeout=3600)
    try:
        await connection.execute(f"set search_path to {SCHEMA}, public")
        await connection.execute("set session_replication_role = replica")
        for camera in cameras:
            await connection.execute(
                "insert into runs values ($1, $2, 1, 'bench', 'main', '', 'avc1.64001f', 1920, 1080, 90000, $3)",
                f"run-{camera}", camera, first,
            )  # fmt: skip
            await connection.execute(
                "insert into stories (camera_id, version, first_seen, until, epoch, ingest_id, run_id, run_open, next_sequence) "
                "values ($1, 0, $2, $3, 1, 'bench', $4, true, 0)",
                camera, first, first + timedelta(days=days), f"run-{camera}",
            )  # fmt: skip
        for number in range(days):
            day = first + timedelta(days=number)
            table = f"segments_d{day:%Y%m%d}"
            await connection.execute("select make_segment_day($1)", day.date())
            await connection.execute(f"alter table {table} drop constraint {table}_do_not_overlap")
            for camera in cameras:
                rows = rows_of(camera, f"run-{camera}", day)
                await connection.copy_records_to_table(table, records=rows, columns=COLUMNS)
            await connection.execute(
                f"alter table {table} add constraint {table}_do_not_overlap exclude using gist (camera_id with =, during with &&)"
            )
        await connection.execute("set session_replication_role = default")
        await connection.execute(
            "insert into coverage select s.camera_id, c.level, c.bucket, c.kind, c.amount "
            "from stories s cross join lateral coverage_of(s.camera_id) c"
        )
        await connection.execute("analyze")
        size = await connection.fetchval("select sum(pg_total_relation_size(inhrelid)) from pg_inherits")
    finally:
        await connection.close()
    rows_made = len(cameras) * days * 86400 // SEGMENT_S
    line(
        what="fill",
        rows=rows_made,
        seconds=round(time.monotonic() - began, 1),
        index_gb=round(int(size or 0) / 1e9, 2),
        bytes_per_row=round(int(size or 0) / rows_made),
    )


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


async def measure(url: str, folder: Path, cameras: list[str], first: datetime, days: int, looks: int) -> None:
    """Looks at random places, month-long time bars, and a day's timeline."""
    with (folder / "bench.mp4").open("wb") as file:
        file.truncate(INIT_BYTES + FRAGMENTS * FRAGMENT_BYTES)
    issuer = TokenIssuer("operator-gateway", Ed25519PrivateKey.generate())
    (folder / "jwks.json").write_text(json.dumps(issuer.jwks()))
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
        chance = random.Random(6)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            viewer = Viewer(session, issuer)
            times = []
            span_s = days * 86400 - 700
            for _ in range(looks):
                at = first + timedelta(seconds=chance.randrange(span_s))
                times.append(await viewer.look(chance.choice(cameras), at))
            rows = len(cameras) * days * 86400 // SEGMENT_S
            told("playlist", [listed for listed, _ in times], rows=rows)
            shown = sorted(shown for _, shown in times)
            p95_ms = shown[int(len(shown) * 0.95)] * 1e3
            told("first_bytes", shown, rows=rows, bound_p95_ms=BOUND_P95_MS, within_bound=p95_ms <= BOUND_P95_MS)
            bars = []
            for _ in range(max(20, looks // 10)):
                began = time.perf_counter()
                query = {"from": first.isoformat(), "to": (first + timedelta(days=days)).isoformat(), "buckets": "300"}
                await viewer.get(f"/internal/v1/cameras/{chance.choice(cameras)}/coverage", **query)
                bars.append(time.perf_counter() - began)
            told("time_bar_of_all_days", bars, rows=rows)
        server.should_exit = True
        await serving
    await database.close()


async def run(admin_url: str, cameras: int, days: int, looks: int) -> None:
    """Fill, measure, drop."""
    name = f"bench_index_{new_id()[-12:]}"
    names = [f"bench-{number:03d}" for number in range(cameras)]
    first = SystemClock().now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    await create_database(admin_url, name)
    try:
        url = url_of(admin_url, database=name, driver="+asyncpg")
        await asyncio.to_thread(migrations.upgrade, url, "hejnal_recorder", SCHEMA)
        await fill(url_of(admin_url, database=name), names, first, days)
        with tempfile.TemporaryDirectory(prefix="hejnal-bench-") as folder:
            await measure(url, Path(folder), names, first, days, looks)
    finally:
        await drop_database(admin_url, name)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=190)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--looks", type=int, default=500)
    arguments = parser.parse_args()
    with kafka_and_postgres() as (_, admin_url):
        asyncio.run(run(admin_url, arguments.cameras, arguments.days, arguments.looks))


if __name__ == "__main__":
    main()
