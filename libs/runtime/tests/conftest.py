"""What the runtime's tests share: facts, a database with inbox and outbox, a reader of topics, started programs."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from hejnal_runtime.database import Database
from hejnal_runtime.inbox import INBOX_DDL
from hejnal_runtime.outbox import OUTBOX_DDL

PROGRAMS = Path(__file__).parent / "programs"
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def database_url(make_database: Callable[[str | None], str]) -> str:
    """A database with the schema `work`: inbox, outbox and a table of effects."""
    url = make_database(None)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("create schema work")
    await connection.execute("set search_path to work, public")
    for statement in (*INBOX_DDL, *OUTBOX_DDL):
        await connection.execute(statement)
    await connection.execute(
        "create table effects (report_id text not null, partition int not null, message_offset bigint not null, "
        "id bigint generated always as identity)"
    )
    await connection.close()
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, schema="work")
    yield database
    await database.close()


@pytest.fixture
def start_program() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start one of `programs/`; whatever still runs is killed by its pid at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, str(PROGRAMS / name), *arguments])
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)
