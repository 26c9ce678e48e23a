"""The audit log of a year: the data protection officer's two questions over HTTP, and how fast entries are linked and checked.

The log grows in four steps to 5 million entries (190 cameras, 60 members of staff); rows are made by PostgreSQL itself with
triggers off, since linking them is measured apart. The gateway's app answers in this process on a real socket; one client
asks, one request after the other, each for another camera, person and day. Prints one JSON line per measurement.
`python tests/bench/bench_audit.py [--entries 5000000] [--asked 60]`
"""

import argparse
import asyncio
import base64
import json
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pyotp
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from servers import kafka_and_postgres

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.app import create_app
from hejnal_gateway.resources import Resources, open_resources
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SCHEMA
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_runtime import migrations
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer

BOUND_P95_MS = 200.0
BOUND_LINKED_PER_S = 500.0
CAMERAS, STAFF = 190, 60
STEPS = 4
YEAR_S = 365 * 86_400
BATCH = 100
LINKED = 20_000

# Two rows are a look: live and playback with beginning and end, else two looks of one moment.
FILL = """
insert into audit_entries
select i, 'bench-' || i, 'staff-' || mod(abs(hashint4(look)), $3), 'staff', 'operator', what, case when mod(kind, 10) < 6
           then 'look-' || look else '' end, 'cam-' || mod(abs(hashint4(look + 7)), $4),
       case when what like '%-ended' then at - interval '9 minutes' end, case when what like '%-ended' then at end,
       case when mod(kind, 3) = 0 then 'RSD-' || mod(look, 500) || '/26' else '' end, '10.20.1.' || mod(look, 250), 'allowed',
       at, at, 'operator-gateway', sha256('previous'), sha256('own')
from (
    select i, look, kind, $5::timestamptz + interval '1 second' * ($6::float8 + look_in_step * $7::float8 + second * 540) as at,
           case when kind < 4 then 'footage.live' when kind < 6 then 'footage.playback' when kind < 8 then 'footage.thumbnail'
                when kind < 9 then 'footage.snapshot' else 'report.viewed' end
           || case when kind < 6 and second = 1 then '-ended' else '' end as what
    from (
        select i, look, mod(i, 2) as second, mod(abs(hashint4(look + 3)), 10) as kind, (i - $1) / 2 as look_in_step
        from generate_series($1::bigint, $2::bigint) i cross join lateral (select (i / 2)::int as look) pairs
    ) numbered
) looks
"""


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "audit", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def told(what: str, seconds: list[float], **values: object) -> None:
    """Median and 95th percentile in milliseconds against the bound."""
    ordered = sorted(seconds)
    p50, p95 = ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1e3
    line(
        what=what,
        requests=len(ordered),
        p50_ms=round(p50, 1),
        p95_ms=round(p95, 1),
        bound_p95_ms=BOUND_P95_MS,
        met=p95 <= BOUND_P95_MS,
        **values,
    )


def facts(count: int, first: datetime) -> list[Message]:
    """Entries as they come from the bus."""
    made = []
    for number in range(count):
        fact = AuditRecorded(
            entry_id=new_id(),
            actor_id=f"staff-{number % STAFF}",
            actor=Actor(kind="staff", id=f"staff-{number % STAFF}", role="operator"),
            action="footage.snapshot",
            camera_id=f"cam-{number % CAMERAS}",
            reason="RSD-123/26",
            source_ip="10.20.1.4",
            at=first + timedelta(seconds=number),
        )
        made.append(Message("audit", 0, number, fact.actor_id, new_id(), fact.TYPE, "operator-gateway", fact.at, None, fact))
    return made


async def link_and_check(resources: Resources, first: datetime, *, check: bool, entries: int) -> None:
    """How fast entries are linked, batch by batch as the consumer hands them over; and how fast the chain is followed."""
    messages = facts(LINKED, first)
    began = time.perf_counter()
    for start in range(0, LINKED, BATCH):
        await resources.audit_log.store(messages[start : start + BATCH])
    rate = LINKED / (time.perf_counter() - began)
    line(what="linked", entries=entries, per_s=round(rate), bound_per_s=BOUND_LINKED_PER_S, met=rate >= BOUND_LINKED_PER_S)
    if check:
        began = time.perf_counter()
        chain = await resources.audit_checks.check()
        assert chain.checked == LINKED
        assert chain.findings == []
        line(what="checked", entries=chain.checked, per_s=round(chain.checked / (time.perf_counter() - began)))


async def fill(connection: asyncpg.Connection, first: datetime, start: int, stop: int, step: int) -> None:
    """Rows `start` to `stop`, spread over the year between those of the steps before."""
    spacing_s = YEAR_S / ((stop - start + 1) / 2)
    await connection.execute("set session_replication_role = replica")
    for low in range(start, stop + 1, 250_000):
        high = min(stop, low + 249_999)
        offset_s = (low - start) / 2 * spacing_s + spacing_s * step / (STEPS + 1)
        await connection.execute(FILL, low, high, STAFF, CAMERAS, first, offset_s, spacing_s)
    await connection.execute("set session_replication_role = default")
    await connection.execute("vacuum (analyze) audit_entries")


async def people_and_places(connection: asyncpg.Connection) -> None:
    """What names are found by."""
    await connection.execute(
        "insert into accounts (account_id, login, name, role) "
        "select 'staff-' || i, 'bench-' || i, 'Jan Nowak ' || i, 'operator' from generate_series(0, $1::int - 1) i",
        STAFF,
    )
    await connection.execute(
        "insert into cameras (camera_id, version, state) "
        "select 'cam-' || i, 1, jsonb_build_object('name', 'Rynek ' || i, 'groups', '[]'::jsonb) "
        "from generate_series(0, $1::int - 1) i",
        CAMERAS,
    )


@asynccontextmanager
async def signed_in(resources: Resources) -> AsyncIterator[aiohttp.ClientSession]:
    """A data protection officer at the running door."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(resources.settings, resources), host="127.0.0.1", port=0, log_level="warning")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    account = await resources.accounts.create(login="bench-dpo", role=Role.DPO, name="Bench")
    try:
        async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            body = {"login": account.login, "password": account.password, "code": pyotp.TOTP(account.totp_secret).now()}
            async with browser.post("/api/v1/session", json=body) as answer:
                answer.raise_for_status()
            yield browser
    finally:
        server.should_exit = True
        await serving


async def ask(browser: aiohttp.ClientSession, first: datetime, asked: int, entries: int) -> None:
    """The two questions, and the search, as the console asks them."""
    chance = random.Random(9)

    def day(length_days: int) -> dict[str, str]:
        since = first + timedelta(days=chance.randrange(365 - length_days + 1))
        return {"from": since.isoformat(), "to": (since + timedelta(days=length_days)).isoformat()}

    def camera() -> dict[str, str]:
        at = first + timedelta(days=chance.randrange(1, 364))
        return {"camera_id": f"cam-{chance.randrange(CAMERAS)}", "day": f"{at:%Y-%m-%d}"}

    def account(days: int) -> dict[str, str]:
        return {"account_id": f"staff-{chance.randrange(STAFF)}", **day(days)}

    questions: list[tuple[str, str, Any]] = [
        ("who saw a camera on a day", "answers/camera", camera),
        ("what an account saw in a day", "answers/account", lambda: account(1)),
        ("what an account saw in a month", "answers/account", lambda: account(30)),
        ("what an account saw in a year", "answers/account", lambda: account(365)),
        ("search by camera and action", "entries", lambda: camera_search(chance)),
    ]
    for what, path, query in questions:
        times, looks = [], 0
        for _ in range(asked):
            began = time.perf_counter()
            async with browser.get(f"/api/v1/audit/{path}", params=query()) as answer:
                body = await answer.json()
                assert answer.status == 200, body
            times.append(time.perf_counter() - began)
            looks += len(body.get("looks", body.get("items")))
        told(what, times, entries=entries, looks_shown=round(looks / asked, 1))


def camera_search(chance: random.Random) -> dict[str, str]:
    """The newest of a kind at a camera."""
    return {"camera_id": f"cam-{chance.randrange(CAMERAS)}", "action": "footage.snapshot"}


async def run(kafka: str, admin_url: str, entries: int, asked: int) -> None:
    """Link, then fill and ask step by step; the databases are dropped at the end."""
    first = (SystemClock().now() - timedelta(days=366)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for growing in (False, True):
        name = f"bench_audit_{new_id()[-12:]}"
        await create_database(admin_url, name)
        try:
            url = url_of(admin_url, database=name, driver="+asyncpg")
            await asyncio.to_thread(migrations.upgrade, url, "hejnal_gateway", SCHEMA)
            with tempfile.TemporaryDirectory(prefix="hejnal-bench-") as folder:
                async with open_resources(settings_in(Path(folder), kafka, url)) as resources:
                    if growing:
                        await grow(resources, url_of(admin_url, database=name), first, entries, asked)
                    else:
                        await link_and_check(resources, first, check=True, entries=0)
        finally:
            await drop_database(admin_url, name)


async def grow(resources: Resources, url: str, first: datetime, entries: int, asked: int) -> None:
    """Four sizes, each double the one before."""
    connection = await asyncpg.connect(url, command_timeout=3600)
    await connection.execute(f"set search_path to {SCHEMA}, public")
    await people_and_places(connection)
    done = 0
    async with signed_in(resources) as browser:
        for step in range(STEPS):
            size = entries >> (STEPS - 1 - step)
            began = time.monotonic()
            await fill(connection, first, done + 1, size, step)
            done = size
            bytes_ = int(await connection.fetchval("select pg_total_relation_size('audit_entries')"))
            seconds = round(time.monotonic() - began, 1)
            line(what="filled", entries=size, seconds=seconds, log_gb=round(bytes_ / 1e9, 2))
            await ask(browser, first, asked, size)
    await link_and_check(resources, first, check=False, entries=done)
    await connection.close()


def settings_in(folder: Path, kafka: str, url: str) -> GatewaySettings:
    """A gateway of its own, with fresh keys."""
    key = Ed25519PrivateKey.generate()
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "jwks.json").write_text(json.dumps(TokenIssuer("operator-gateway", key).jwks()))
    (folder / "at-rest.key").write_bytes(base64.b64encode(os.urandom(32)))
    return GatewaySettings(
        kafka_bootstrap=kafka,
        database_url=SecretStr(url),
        token_key_file=folder / "key.pem",
        trusted_jwks_file=folder / "jwks.json",
        credentials_key_file=folder / "at-rest.key",
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--asked", type=int, default=60)
    arguments = parser.parse_args()
    with kafka_and_postgres() as (kafka, admin_url):
        asyncio.run(run(kafka, admin_url, arguments.entries, arguments.asked))


if __name__ == "__main__":
    main()
