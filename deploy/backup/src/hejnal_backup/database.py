"""One moment of the database: a snapshot that several `pg_dump`s share, and what each table held in it.

`pg_export_snapshot()` (PostgreSQL documentation, System Administration Functions): all dumps and all digests see the same
committed transactions, while the services go on writing.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from hejnal_backup.errors import BackupError
from hejnal_backup.manifest import SchemaFacts, TableDigest
from hejnal_backup.sealing import Readable, Writable

LOCK_KEY = 0x48656A6E616C42  # "HejnalB"
_CONNECTION_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
# What a row looks like as text must not depend on the server's configuration.
_PLAIN = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """An open snapshot."""

    snapshot: str
    taken_at: datetime
    server_version: str
    extensions: tuple[str, ...]
    connection: asyncpg.Connection


def address(url: str, *, database: str | None = None) -> tuple[str, dict[str, str]]:
    """The URL without its password, and the environment that carries it: command lines can be read by everybody."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise BackupError("the database URL has the form postgresql://user:password@host:port/name")
    user = "" if parts.username is None else f"{parts.username}@"
    path = parts.path if database is None else f"/{database}"
    plain = urlunsplit(("postgresql", f"{user}{parts.hostname}:{parts.port or 5432}", path, parts.query, ""))
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "20"}
    if parts.password is not None:
        environment["PGPASSWORD"] = unquote(parts.password)
    return plain, environment


def database_of(url: str) -> str:
    """The database's name in a URL."""
    return unquote(urlsplit(url).path.lstrip("/"))


def with_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@asynccontextmanager
async def connected(url: str, *, database: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A connection for the block. BackupError when the server does not let us in."""
    url = url if database is None else with_database(url, database)
    try:
        connection = await asyncpg.connect(url, timeout=20, server_settings={"application_name": "hejnal-backup", **_PLAIN})
    except _CONNECTION_ERRORS as error:
        raise BackupError(f"the database {database_of(url)} does not answer: {error}") from error
    try:
        yield connection
    finally:
        with suppress(*_CONNECTION_ERRORS):
            await connection.close(timeout=5)


@asynccontextmanager
async def one_moment(url: str) -> AsyncIterator[Moment]:
    """Hold a snapshot open. BackupError when another backup runs."""
    async with connected(url) as connection:
        if not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK_KEY):
            raise BackupError("another backup of this database is being made: wait until it has finished")
        taken_at = await connection.fetchval("select clock_timestamp()")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute("set local idle_in_transaction_session_timeout = 0; set local statement_timeout = 0")
            snapshot = await connection.fetchval("select pg_export_snapshot()")
            extensions = await connection.fetch("select extname from pg_extension where extname <> 'plpgsql' order by 1")
            version = await connection.fetchval("show server_version")
            yield Moment(snapshot, taken_at, version, tuple(row["extname"] for row in extensions), connection)


async def facts_of(connection: asyncpg.Connection, schema: str) -> SchemaFacts:
    """Owner, its settings, revision and the digest of every table. BackupError when there is no such schema."""
    owner = await connection.fetchval("select nspowner::regrole::text from pg_namespace where nspname = $1", schema)
    if owner is None:
        raise BackupError(f"there is no schema {schema!r} in this database: mend HEJNAL_BACKUP_SCHEMAS")
    settings = await connection.fetchval(
        "select setconfig from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = "
        "current_database()) and setrole = (select nspowner from pg_namespace where nspname = $1)",
        schema,
    )
    revision = ""
    if await connection.fetchval("select to_regclass(format('%I.alembic_version', $1::text))", schema):
        revision = await connection.fetchval(f"select version_num from {quoted(schema)}.alembic_version") or ""  # noqa: S608
    tables = await digests_of(connection, schema)
    return SchemaFacts(owner=owner.strip('"'), settings=tuple(settings or ()), revision=revision, tables=tables)


async def digests_of(connection: asyncpg.Connection, schema: str) -> dict[str, TableDigest]:
    """Rows and digest of each table of a schema (partitions one by one), whatever order the rows lie in."""
    tables = await connection.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = $1::regnamespace order by 1", quoted(schema)
    )
    digests = {}
    for (table,) in tables:
        row = await connection.fetchrow(
            "select count(*) as rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as digest "  # noqa: S608
            f"from only {quoted(schema)}.{quoted(table)} t",
            timeout=6 * 3600,
        )
        assert row is not None
        digests[table] = TableDigest(rows=row["rows"], digest=row["digest"])
    return digests


@contextmanager
def dumping(url: str, schema: str, snapshot: str) -> Iterator[Readable]:
    """The schema as `pg_dump`'s custom format, as it was in the snapshot. BackupError with what pg_dump said."""
    plain, environment = address(url)
    command = [
        _program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--schema={schema}", "--no-password",
        "--lock-wait-timeout=60s", f"--dbname={plain}",
    ]  # fmt: skip
    with _running(command, environment) as process:
        assert process.stdout is not None
        yield cast("Readable", process.stdout)


@contextmanager
def loading(url: str, database: str) -> Iterator[Writable]:
    """Takes a dump in custom format and loads it, all or nothing. BackupError with what pg_restore said."""
    plain, environment = address(url, database=database)
    command = [_program("pg_restore"), "--exit-on-error", "--single-transaction", "--no-password", f"--dbname={plain}"]
    with _running(command, environment, takes_input=True) as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            yield cast("Writable", process.stdin)
        with suppress(BrokenPipeError):
            process.stdin.close()


@contextmanager
def _running(command: list[str], environment: dict[str, str], *, takes_input: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    import tempfile

    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 our own command
            command,
            env=environment,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if takes_input else subprocess.PIPE,
            stderr=said,
        )
        try:
            yield process
            code = process.wait(6 * 3600)
        except BaseException:
            process.kill()
            process.wait(10)
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
        if code != 0:
            raise BackupError(f"{command[0]} failed: {_end_of(said)}")


def _end_of(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-1500:]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not installed: install PostgreSQL's client programs (Debian: postgresql-client)")
    return found


def quoted(identifier: str) -> str:
    """A quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'
