"""Alembic without boilerplate per service: scripts live in `<package>/migrations/versions`, the environment is here."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK_TIMEOUT = "5s"
_LOCK_NOT_AVAILABLE = "55P03"


class MigrationRefusedError(SystemExit):
    """The schema was not changed; the text says why and what to do. Ends a command with that text and exit code 1."""


EXTENSIONS = ("postgis", "btree_gist")


def _config(package: str) -> Config:
    module = import_module(package)
    assert module.__file__ is not None
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(Path(module.__file__).parent / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    return config


def heads(package: str) -> list[str]:
    """The newest revisions of a service's migrations; one, if nobody raced."""
    return list(ScriptDirectory.from_config(_config(package)).get_heads())


def _metadata(package: str) -> MetaData:
    metadata: MetaData = import_module(f"{package}.tables").metadata
    return metadata


def _prepare(connection: Connection, schema: str) -> None:
    if not connection.execute(text("select 1 from pg_namespace where nspname = :schema"), {"schema": schema}).scalar():
        connection.execute(text(f'create schema "{schema}"'))
    for extension in EXTENSIONS:
        if not connection.execute(text("select 1 from pg_extension where extname = :name"), {"name": extension}).scalar():
            connection.execute(text(f"create extension {extension} schema public"))
    connection.execute(text(f'set search_path to "{schema}", public'))
    connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()


def _upgrade(connection: Connection, package: str, schema: str) -> None:
    _prepare(connection, schema)
    config = _config(package)
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    config.attributes["metadata"] = _metadata(package)
    _refuse_newer(connection, package, schema)
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise MigrationRefusedError(
            f"migrate: a table of {schema} has been in use for more than {LOCK_TIMEOUT}, nothing was changed by this step. "
            "Run it again; if that does not help, look in pg_stat_activity for who holds it"
        ) from error
    connection.commit()


def _refuse_newer(connection: Connection, package: str, schema: str) -> None:
    """A database that a newer release has migrated is left alone: this one runs on it (decision 0017), no more."""
    there = MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_heads()
    known = {script.revision for script in ScriptDirectory.from_config(_config(package)).walk_revisions()}
    newer = sorted(set(there) - known)
    connection.rollback()
    if newer:
        raise MigrationRefusedError(
            f"migrate: the schema {schema} is at revision {', '.join(newer)}, which this release does not know (it knows up to "
            f"{', '.join(heads(package))}): a newer one has migrated it. After a roll-back do not migrate, the services run as "
            "they are; to go forward install the newer release again"
        )


def _include(schema: str, partitions: frozenset[str]) -> Any:
    def include(item: Any, name: str | None, kind: str, *_: Any) -> bool:
        if kind == "table":
            other = {"alembic_version", "spatial_ref_sys"} | partitions
            return (item.schema or schema) == schema and name not in other
        return True

    return include


def _differences(connection: Connection, package: str, schema: str) -> list[Any]:
    connection.execute(text(f'set search_path to "{schema}", public'))
    partitions = connection.execute(text("select relname from pg_class where relispartition and relkind = 'r'")).scalars()
    options = {"include_object": _include(schema, frozenset(partitions)), "compare_type": True}
    differences: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), _metadata(package))
    return differences


async def _run(database_url: str, work: Any, *args: Any) -> Any:
    engine = create_async_engine(database_url, poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work, *args)
    finally:
        await engine.dispose()


def upgrade(database_url: str, package: str, schema: str) -> None:
    """Bring a service's schema to its newest revision. Safe to repeat; waits at most 5 s for a lock."""
    asyncio.run(_run(database_url, _upgrade, package, schema))


def check(database_url: str, package: str, schema: str) -> list[Any]:
    """What differs between the migrated database and the service's `tables.metadata`; empty when nothing does."""
    found: list[Any] = asyncio.run(_run(database_url, _differences, package, schema))
    return found
