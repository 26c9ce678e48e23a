"""The archive index that bench_index measures: real schema, filled set by set, in a PostgreSQL of its own whose folder may stay.

Each day of all cameras is one transaction: its table emptied, rows made in key order, triggers off, then its exclusion
constraint made over all of them, which refuses any overlap. The sums are made from the rows by the function that `check` uses.
A day's rows of one more camera then go in one by one with every trigger on, and their sums must be the same.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from hejnal_local import postgres
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_recorder.fragments import Fragment, from_microseconds, pack, pack_further, to_microseconds, unpack
from hejnal_recorder.resources import SCHEMA
from hejnal_runtime import migrations

SEGMENT_S, FRAGMENT_S = 60, 2
FRAGMENTS = SEGMENT_S // FRAGMENT_S
ROWS_A_DAY = 86400 // SEGMENT_S
FRAGMENT_BYTES, INIT_BYTES = 1_000_000, 800
COLUMNS = (
    "segment_id", "part", "camera_id", "run_id", "state", "path", "starts_at", "ends_at", "fragment_count", "footage_bytes",
    "size_bytes", "init_size_bytes", "init_sha256", "fragments",
)  # fmt: skip
HASH = bytes(range(1, 33))
BYTES_PER_ROW = 2600
FREE_AFTERWARDS_BYTES = 8_000_000_000
_FILLING = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
}
"""A table emptied in the same transaction is written without a log; nothing of it is in force when the measuring begins."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A filled index: `cameras` of `days` whole days from `first`."""

    cameras: int
    days: int
    first: datetime

    @property
    def database(self) -> str:
        """Its database."""
        return f"bench_index_{self.cameras}x{self.days}"

    @property
    def rows(self) -> int:
        """Segments in it."""
        return self.cameras * self.days * ROWS_A_DAY

    @property
    def names(self) -> list[str]:
        """Its cameras."""
        return [f"bench-{number:03d}" for number in range(self.cameras)]


@contextmanager
def server(folder: Path, *, filling: bool) -> Iterator[str]:
    """URL of a superuser of the PostgreSQL whose data lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    running = postgres.Server(folder, free_ports(1)[0], settings=_FILLING if filling else None)
    running.start(timeout_s=300)
    try:
        yield running.admin_url
    finally:
        running.stop(timeout_s=300)


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


def rows_of(camera: str, day: datetime) -> list[tuple[Any, ...]]:
    """A camera's day: 1440 segments of 30 fragments."""
    start_us = to_microseconds(day)
    further = pack_further([fragment(day, 1)], after=fragment(day, 0)) * (FRAGMENTS - 1)  # each follows the one before it
    assert unpack(pack([fragment(day, 0)]) + further)[-1] == fragment(day, FRAGMENTS - 1)
    footage = FRAGMENTS * FRAGMENT_BYTES
    rows = []
    for segment in range(ROWS_A_DAY):
        starts_at = from_microseconds(start_us + segment * SEGMENT_S * 1_000_000)
        fragments = pack([fragment(day, segment * FRAGMENTS)]) + further
        name = f"{camera}-{start_us // 1_000_000 + segment * SEGMENT_S}"
        rows.append(
            (name, 0, camera, f"run-{camera}", "stored", "bench.mp4", starts_at, starts_at + timedelta(seconds=SEGMENT_S),
             FRAGMENTS, footage, INIT_BYTES + footage, INIT_BYTES, HASH, fragments)
        )  # fmt: skip
    return rows


async def stocks(admin_url: str) -> dict[str, Stock]:
    """The complete ones of a server, by database."""
    return {name: stock for name, (stock, complete) in (await _told(admin_url)).items() if complete}


async def fill(admin_url: str, cameras: int, days: int) -> Stock:
    """A stock, complete; what an interrupted filling left is gone on with."""
    before_today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    stock = Stock(cameras, days, before_today - timedelta(days=days))
    told = await _told(admin_url)
    if stock.database in told:
        stock, complete = told[stock.database]
        if complete:
            return stock
    else:
        await drop_database(admin_url, stock.database)  # one that was not even begun
        await create_database(admin_url, stock.database)
        url = url_of(admin_url, database=stock.database, driver="+asyncpg")
        await asyncio.to_thread(migrations.upgrade, url, "hejnal_recorder", SCHEMA)
        await _tell(admin_url, stock, complete=False)
    connection = await _connected(admin_url, stock)
    try:
        await connection.execute("set session_replication_role = replica")
        await _beginnings(connection, stock)
        for number in range(days):
            began = time.monotonic()
            await _fill_day(connection, stock, stock.first + timedelta(days=number))
            print(f"# {stock.database}: day {number + 1} of {days}, {time.monotonic() - began:.0f} s", flush=True)
        await connection.execute("set session_replication_role = default")
        await connection.execute("truncate coverage")
        await connection.execute(
            "insert into coverage select s.camera_id, c.level, c.bucket, c.kind, c.amount "
            "from stories s cross join lateral coverage_of(s.camera_id) c"
        )
        await _compare_with_triggers(connection, stock)
        await connection.execute("vacuum (analyze)")
    finally:
        await connection.close()
    await _tell(admin_url, stock, complete=True)
    return stock


async def size_bytes(admin_url: str, stock: Stock) -> int:
    """What the segments and their indexes take."""
    connection = await _connected(admin_url, stock)
    try:
        return int(await connection.fetchval("select sum(pg_total_relation_size(inhrelid)) from pg_inherits"))
    finally:
        await connection.close()


async def _connected(admin_url: str, stock: Stock) -> "asyncpg.Connection[Any]":
    connection = await asyncpg.connect(url_of(admin_url, database=stock.database), command_timeout=3600)
    await connection.execute(f"set search_path to {SCHEMA}, public")
    return connection


async def _told(admin_url: str) -> dict[str, tuple[Stock, bool]]:
    """What the comments on the databases say."""
    connection = await asyncpg.connect(admin_url, timeout=60)
    try:
        rows = await connection.fetch(
            "select datname, shobj_description(oid, 'pg_database') as told from pg_database where datname like 'bench_index_%'"
        )
    finally:
        await connection.close()
    found = {}
    for row in rows:
        if row["told"]:
            told = json.loads(row["told"])
            stock = Stock(told["cameras"], told["days"], datetime.fromisoformat(told["first"]))
            found[str(row["datname"])] = (stock, bool(told["complete"]))
    return found


async def _tell(admin_url: str, stock: Stock, *, complete: bool) -> None:
    told = {"cameras": stock.cameras, "days": stock.days, "first": stock.first.isoformat(), "complete": complete}
    connection = await asyncpg.connect(admin_url, timeout=60)
    try:
        await connection.execute(f"comment on database {stock.database} is '{json.dumps(told)}'")
    finally:
        await connection.close()


async def _beginnings(connection: "asyncpg.Connection[Any]", stock: Stock) -> None:
    """Runs and stories."""
    for camera in stock.names:
        await _begin(connection, stock, camera)


async def _begin(connection: "asyncpg.Connection[Any]", stock: Stock, camera: str) -> None:
    await connection.execute(
        "insert into runs values ($1, $2, 1, 'bench', 'main', '', 'avc1.64001f', 1920, 1080, 90000, $3) on conflict do nothing",
        f"run-{camera}", camera, stock.first,
    )  # fmt: skip
    await connection.execute(
        "insert into stories (camera_id, version, first_seen, until, epoch, ingest_id, run_id, run_open, next_sequence) "
        "values ($1, 0, $2, $3, 1, 'bench', $4, true, 0) on conflict do nothing",
        camera, stock.first, stock.first + timedelta(days=stock.days), f"run-{camera}",
    )  # fmt: skip


async def _fill_day(connection: "asyncpg.Connection[Any]", stock: Stock, day: datetime) -> None:
    await connection.execute("select make_segment_day($1)", day.date())
    table = f"segments_d{day:%Y%m%d}"
    if await connection.fetchval(f"select exists (select from {table})"):
        return
    names = ", ".join(COLUMNS)
    of_camera = {"segment_id": "c.name || s.segment_id", "camera_id": "c.name", "run_id": "'run-' || c.name"}
    async with connection.transaction():
        await connection.execute(f"truncate {table} cascade")
        await connection.execute(f"alter table {table} drop constraint {table}_do_not_overlap")
        await connection.execute(f"create temporary table one_camera on commit drop as select {names} from {table}")
        await connection.copy_records_to_table("one_camera", records=rows_of("", day), columns=COLUMNS)
        await connection.execute(
            f"insert into {table} ({names}) select {', '.join(of_camera.get(name, 's.' + name) for name in COLUMNS)} "
            "from unnest($1::text[]) as c(name) cross join one_camera s order by c.name, s.starts_at",
            stock.names,
        )
        await connection.execute(
            f"alter table {table} add constraint {table}_do_not_overlap exclude using gist (camera_id with =, during with &&)"
        )


async def _compare_with_triggers(connection: "asyncpg.Connection[Any]", stock: Stock) -> None:
    """A day of one more camera through all triggers, undone afterwards; its sums must be those of its neighbour."""
    sums = (
        "select level, bucket, kind, amount from coverage where camera_id = $1 and bucket >= $2 and bucket < $3 order by 1, 2, 3"
    )
    day = stock.first + timedelta(days=stock.days // 2)
    places = ", ".join(f"${number + 1}" for number in range(len(COLUMNS)))
    transaction = connection.transaction()
    await transaction.start()
    try:
        await _begin(connection, stock, "bench-trigger")
        rows = rows_of("bench-trigger", day)
        await connection.executemany(f"insert into segments ({', '.join(COLUMNS)}) values ({places})", rows)
        ranges = (day, day + timedelta(days=1))
        by_triggers = [tuple(row) for row in await connection.fetch(sums, "bench-trigger", *ranges)]
        by_set = [tuple(row) for row in await connection.fetch(sums, stock.names[-1], *ranges)]
    finally:
        await transaction.rollback()
    if by_triggers != by_set or not by_set:
        raise RuntimeError(f"the sums made at once are not those that the triggers make: {by_set[:3]} {by_triggers[:3]}")
