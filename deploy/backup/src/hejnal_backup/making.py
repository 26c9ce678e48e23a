"""`make`: one moment of the database, then the folders, each encrypted on its way; the manifest last."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyrage

from hejnal_backup import database, folders, retention
from hejnal_backup.manifest import Manifest, Part, SchemaFacts
from hejnal_backup.sealing import CountedReader, CountedWriter, Readable, read_recipients, seal
from hejnal_backup.settings import BackupSettings
from hejnal_backup.store import BackupStore
from hejnal_runtime.clock import Clock

Say = Callable[[str], None]


class Making:
    """One backup. Nothing that fails on the way looks like a backup; what earlier tries left behind is cleared away."""

    def __init__(self, settings: BackupSettings, store: BackupStore, clock: Clock, say: Say) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._say = say

    async def run(self) -> Manifest:
        """Make it, then let old ones go. BackupError when it cannot be made."""
        settings = self._settings
        url = settings.require_database_url()
        recipients = read_recipients(settings.recipients_file)
        started_at = self._clock.now()
        backup_id = f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        parts: list[Part] = []
        async with database.one_moment(url) as moment:
            await self._clear_away()
            self._say(f"backup {backup_id}: the database as it was at {moment.taken_at:%Y-%m-%d %H:%M:%S} UTC")
            facts: dict[str, SchemaFacts] = {}
            for schema in settings.schemas:  # the digests are read while the dump before them is still on its way
                told, part = await asyncio.gather(
                    database.facts_of(moment.connection, schema),
                    asyncio.to_thread(self._keep_schema, url, backup_id, schema, moment.snapshot, recipients),
                )
                facts[schema] = told
                parts.append(part)
                self._say(f"  {schema}: {sum(one.rows for one in told.tables.values())} rows, {megabytes(part.size_bytes)}")
        for name, path in settings.folders.items():
            part = await asyncio.to_thread(self._keep_folder, backup_id, name, path, recipients)
            parts.append(part)
            self._say(f"  {name}: {megabytes(part.size_bytes)}")
        manifest = Manifest(
            backup_id=backup_id,
            started_at=started_at,
            taken_at=moment.taken_at,
            finished_at=self._clock.now(),
            server_version=moment.server_version,
            extensions=moment.extensions,
            schemas=facts,
            parts=tuple(parts),
        )
        await asyncio.to_thread(self._store.finish, manifest)
        self._say(f"whole: {megabytes(manifest.size_bytes)} in {manifest.duration_s:.1f} s")
        await asyncio.to_thread(self.prune)
        return manifest

    def prune(self) -> list[str]:
        """Let go of what no rule keeps; gives the ids."""
        settings = self._settings
        manifests = self._store.manifests()
        taken: list[datetime] = [one.taken_at for one in manifests]
        stay = retention.kept(taken, daily=settings.keep_daily, weekly=settings.keep_weekly, monthly=settings.keep_monthly)
        gone = [one.backup_id for one in manifests if one.taken_at not in stay]
        for backup_id in gone:
            self._store.delete(backup_id)
            self._say(f"  {backup_id} has served its time and is gone")
        return gone

    async def _clear_away(self) -> None:
        """What a backup that did not finish has left. Called under the lock: nobody else is writing."""
        for backup_id in await asyncio.to_thread(self._store.broken):
            await asyncio.to_thread(self._store.delete, backup_id)
            self._say(f"  {backup_id} was never finished and is cleared away")

    def _keep_schema(
        self, url: str, backup_id: str, schema: str, snapshot: str, recipients: list[pyrage.x25519.Recipient]
    ) -> Part:
        source = database.dumping(url, schema, snapshot)
        return self._keep(backup_id, f"schema-{schema}.dump.age", "schema", schema, source, recipients)

    def _keep_folder(self, backup_id: str, name: str, path: Path, recipients: list[pyrage.x25519.Recipient]) -> Part:
        return self._keep(backup_id, f"folder-{name}.tar.age", "folder", name, folders.packed(path), recipients)

    def _keep(
        self,
        backup_id: str,
        file: str,
        kind: Literal["schema", "folder"],
        of: str,
        source: AbstractContextManager[Readable],
        recipients: list[pyrage.x25519.Recipient],
    ) -> Part:
        with self._store.writer(f"{backup_id}/{file}") as sink, source as plain:
            reader, writer = CountedReader(plain), CountedWriter(sink)
            seal(reader, writer, recipients)
        return Part(
            name=file,
            kind=kind,
            of=of,
            size_bytes=writer.size_bytes,
            sha256=writer.sha256,
            plain_size_bytes=reader.size_bytes,
            plain_sha256=reader.sha256,
        )


def megabytes(size_bytes: int) -> str:
    """A size for people."""
    return f"{size_bytes / 1e6:.1f} MB"
