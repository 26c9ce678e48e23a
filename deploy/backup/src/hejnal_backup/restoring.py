"""`restore`: into a new database beside the old one, compared row by row, settled by the services' own rules, then exchanged.

What was there is kept under another name. Nothing that a service reads is touched before everything has been proven.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pyrage

from hejnal_backup import database, topics
from hejnal_backup.database import quoted
from hejnal_backup.errors import BackupError
from hejnal_backup.folders import Unpacking
from hejnal_backup.manifest import Manifest, SchemaFacts
from hejnal_backup.settings import BackupSettings
from hejnal_backup.store import BackupStore
from hejnal_backup.verifying import read_part
from hejnal_runtime.clock import Clock

Say = Callable[[str], None]
_LET_IN = """select rolname from pg_database, aclexplode(datacl) join pg_roles on pg_roles.oid = grantee
where datname = $1 and privilege_type = 'CONNECT' and not rolsuper order by 1"""
_HAS_ITS_PLACE = """select schema is not null from pg_available_extension_versions v join pg_available_extensions e using (name)
where name = $1 and v.version = e.default_version"""


@dataclass(slots=True)
class Restored:
    """What a restore came to."""

    manifest: Manifest
    restored_at: datetime
    rows: int = 0
    settled: dict[str, Any] = field(default_factory=dict)
    """What each schema's own `after_restore` has told, by schema."""
    kept_database: str | None = None
    kept_paths: list[Path] = field(default_factory=list)
    kafka: topics.Rewound | None = None


class Restoring:
    """One restore. The services must be stopped; PostgreSQL runs, and Kafka where it has survived."""

    def __init__(
        self,
        settings: BackupSettings,
        store: BackupStore,
        identities: list[pyrage.x25519.Identity],
        clock: Clock,
        say: Say,
    ) -> None:
        self._settings = settings
        self._store = store
        self._identities = identities
        self._clock = clock
        self._say = say

    async def run(self, manifest: Manifest, *, only_folders: bool = False) -> Restored:
        """Bring a backup back. BackupError when it cannot be: then everything is as it was before."""
        done = Restored(manifest, self._clock.now())
        self._say(f"restoring {manifest.backup_id}: the town as it was at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")
        unpacked = [await self._unpack(manifest, name, path) for name, path in self._settings.folders.items()]
        if not only_folders:
            await self._restore_database(manifest, done)
        for one in unpacked:
            before = await asyncio.to_thread(one.put_in_place, done.restored_at)
            if before is not None:
                done.kept_paths.append(before)
        if not only_folders and self._settings.kafka_bootstrap:
            done.kafka = await topics.rewind(self._settings.kafka, self._settings.topic_prefix, manifest.taken_at)
            self._say(f"  Kafka: {done.kafka.groups} consumer groups put back, {', '.join(done.kafka.emptied)} emptied")
        return done

    async def _restore_database(self, manifest: Manifest, done: Restored) -> None:
        url = self._settings.require_database_url()
        target = database.database_of(url)
        staging = f"{target}_restoring"
        async with database.connected(url, database="postgres") as admin:
            await self._refuse_company(admin, target)
            await admin.execute(f"drop database if exists {quoted(staging)} with (force)")
            await admin.execute(f"create database {quoted(staging)}")
            await self._prepare(admin, staging, url, manifest)
            for schema in manifest.schemas:
                await self._load(manifest, schema, url, staging)
            async with database.connected(url, database=staging) as connection:
                done.rows = await self._compare(connection, manifest)
                self._say(f"  {done.rows} rows are what they were")
                done.settled = await self._settle(connection, manifest, done.restored_at)
                await connection.execute("analyze", timeout=3600)
            await self._refuse_company(admin, target)
            done.kept_database = await _exchange(admin, target, staging, done.restored_at)

    async def _refuse_company(self, admin: asyncpg.Connection, target: str) -> None:
        rows = await admin.fetch(
            "select coalesce(nullif(application_name, ''), usename, '?') as who, count(*) as number from pg_stat_activity "
            "where datname = $1 and backend_type = 'client backend' group by 1 order by 1",
            target,
        )
        if rows:
            who = ", ".join(f"{row['number']} × {row['who']}" for row in rows)
            raise BackupError(f"the database {target} is in use ({who}): stop the services first, then restore again")

    async def _prepare(self, admin: asyncpg.Connection, staging: str, url: str, manifest: Manifest) -> None:
        """Roles and extensions, which no schema's dump carries."""
        await admin.execute(f"revoke all on database {quoted(staging)} from public")
        for facts in manifest.schemas.values():
            await self._ensure_role(admin, staging, facts)
        for (role,) in await admin.fetch(_LET_IN, database.database_of(url)):  # the role that makes backups goes on making them
            await admin.execute(f"grant connect on database {quoted(staging)} to {quoted(role)}")
        async with database.connected(url, database=staging) as connection:
            for extension in manifest.extensions:
                # some say where they live themselves, and refuse any other schema (postgis_topology, postgis_tiger_geocoder)
                place = "" if await connection.fetchval(_HAS_ITS_PLACE, extension) else " schema public"
                try:
                    await connection.execute(f"create extension if not exists {quoted(extension)}{place}")
                except asyncpg.PostgresError as error:
                    raise BackupError(f"the extension {extension} cannot be made: {error}. Install it on the server") from error
            await connection.execute("revoke all on schema public from public")
            for owner in {facts.owner for facts in manifest.schemas.values()}:
                await connection.execute(f"grant usage on schema public to {quoted(owner)}")

    async def _ensure_role(self, admin: asyncpg.Connection, staging: str, facts: SchemaFacts) -> None:
        role = quoted(facts.owner)
        if not await admin.fetchval("select 1 from pg_roles where rolname = $1", facts.owner):
            await admin.execute(f"create role {role} login nosuperuser nocreatedb nocreaterole")
            self._say(f"  role {facts.owner} is new and has no password yet: give it the one that its service uses")
        await admin.execute(f"grant connect on database {quoted(staging)} to {role}")
        for setting in facts.settings:
            name, _, value = setting.partition("=")
            # a list such as search_path keeps its commas; every name in it is one that the backup has shown
            value = value if name == "search_path" else await admin.fetchval("select quote_literal($1::text)", value)
            await admin.execute(f"alter role {role} in database {quoted(staging)} set {quoted(name)} = {value}")

    async def _load(self, manifest: Manifest, schema: str, url: str, staging: str) -> None:
        part = manifest.part_of("schema", schema)
        if part is None:
            raise BackupError(f"the backup has no dump of the schema {schema}")

        def load() -> None:
            with database.loading(url, staging) as sink:
                read_part(self._store, manifest, part, self._identities, sink)

        await asyncio.to_thread(load)
        self._say(f"  {schema} is loaded")

    async def _compare(self, connection: asyncpg.Connection, manifest: Manifest) -> int:
        rows = 0
        for schema, facts in manifest.schemas.items():
            found = await database.digests_of(connection, schema)
            differing = sorted(name for name in {*found, *facts.tables} if found.get(name) != facts.tables.get(name))
            if differing:
                names = ", ".join(f"{schema}.{name}" for name in differing[:10])
                raise BackupError(f"loaded, but not what was backed up: {names}. The database in use was not touched")
            rows += sum(table.rows for table in found.values())
        return rows

    async def _settle(self, connection: asyncpg.Connection, manifest: Manifest, restored_at: datetime) -> dict[str, Any]:
        """Each schema's own rules for a world that has gone on since (decision 0016)."""
        told = {}
        for schema in manifest.schemas:
            name = f"{quoted(schema)}.after_restore(timestamptz, timestamptz)"
            if await connection.fetchval("select to_regprocedure($1)", name) is None:
                continue
            async with connection.transaction():
                await connection.execute(f"set local search_path to {quoted(schema)}, public")
                answer = await connection.fetchval(
                    f"select {quoted(schema)}.after_restore($1, $2)::text",
                    manifest.taken_at,
                    restored_at,
                )
            told[schema] = json.loads(answer or "{}")
            self._say(f"  {schema}: " + (", ".join(f"{number} {what}" for what, number in told[schema].items()) or "settled"))
        return told

    async def _unpack(self, manifest: Manifest, name: str, path: Path) -> Unpacking:
        part = manifest.part_of("folder", name)
        if part is None:
            raise BackupError(f"the backup holds no {name!r}: take it out of HEJNAL_BACKUP_FOLDERS to restore without it")
        unpacking = Unpacking(path)

        def unpack() -> None:
            with unpacking.sink() as sink:
                read_part(self._store, manifest, part, self._identities, sink)

        await asyncio.to_thread(unpack)
        self._say(f"  {name}: {unpacking.files} files")
        return unpacking


async def _exchange(admin: asyncpg.Connection, target: str, staging: str, at: datetime) -> str | None:
    """The new database takes the old one's name, in one transaction. Gives the old one's new name."""
    kept = f"{target}_before_{at:%Y%m%dt%H%M%S}"
    exists = await admin.fetchval("select 1 from pg_database where datname = $1", target)
    async with admin.transaction():
        if exists:
            await admin.execute(f"alter database {quoted(target)} rename to {quoted(kept)}")
        await admin.execute(f"alter database {quoted(staging)} rename to {quoted(target)}")
    return kept if exists else None
