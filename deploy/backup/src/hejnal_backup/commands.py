"""What each command does and says."""

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hejnal_backup import topics
from hejnal_backup.errors import BackupError
from hejnal_backup.making import Making, megabytes
from hejnal_backup.manifest import Manifest
from hejnal_backup.restoring import Restored, Restoring
from hejnal_backup.sealing import read_identities
from hejnal_backup.settings import BackupSettings
from hejnal_backup.status import Status
from hejnal_backup.store import BackupStore
from hejnal_backup.verifying import verify
from hejnal_runtime.clock import Clock, SystemClock


class Commands:
    """The commands over one target. Progress goes to `say`, results to standard output."""

    def __init__(self, settings: BackupSettings, say: Callable[[str], None], clock: Clock | None = None) -> None:
        self._settings = settings
        self._say = say
        self._clock = clock or SystemClock()

    async def run(self, chosen: argparse.Namespace) -> int:
        """Run one; its exit code. BackupError when it cannot be done."""
        match chosen.command:
            case "make":
                print((await self.make()).backup_id)  # noqa: T201 the command's result
                return 0
            case "list":
                return self._list(as_json=chosen.json)
            case "verify":
                return self._verify(chosen.backup, chosen.identity)
            case "restore":
                done = await self.restore(chosen.backup, chosen.identity, only_folders=chosen.only_folders)
                if chosen.report:
                    chosen.report.write_text(json.dumps(report_of(done), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
                return 0
            case "rewind":
                return await self._rewind(chosen.backup)
            case _:
                Making(self._settings, BackupStore(self._settings), self._clock, self._say).prune()
                return 0

    async def make(self) -> Manifest:
        """Make a backup, and leave word of it for Prometheus whether or not it went well."""
        attempted_at = self._clock.now()
        try:
            store = BackupStore(self._settings)
            manifest = await Making(self._settings, store, self._clock, self._say).run()
        except (Exception, asyncio.CancelledError):
            await asyncio.to_thread(self._leave_word, attempted_at, failed=True)
            raise
        await asyncio.to_thread(self._leave_word, attempted_at, failed=False)
        return manifest

    async def restore(self, backup: str, identity: Path, *, only_folders: bool = False) -> Restored:
        """Bring a backup back and say what is left to do."""
        identities = read_identities(identity)
        store = BackupStore(self._settings)
        manifest = store.find(backup)
        done = await Restoring(self._settings, store, identities, self._clock, self._say).run(manifest, only_folders=only_folders)
        age_s = (done.restored_at - manifest.taken_at).total_seconds()
        minutes = round(age_s / 60)
        self._say(f"restored; the town is {minutes} {'minute' if minutes == 1 else 'minutes'} older than it was")
        if done.kept_database:
            self._say(f"the database from before is kept as {done.kept_database}: drop it when all is well")
        for path in done.kept_paths:
            self._say(f"the files from before are kept in {path}")
        if done.kafka and done.kafka.erased:
            self._say(f"{len(done.kafka.erased)} residents have left since and must be erased again: `republish --erase`")
        return done

    async def _rewind(self, backup: str) -> int:
        if not self._settings.kafka_bootstrap:
            raise BackupError("HEJNAL_BACKUP_KAFKA_BOOTSTRAP is not set: host:port of the Kafka that has survived")
        manifest = BackupStore(self._settings).find(backup)
        done = await topics.rewind(self._settings.kafka, self._settings.topic_prefix, manifest.taken_at)
        print(json.dumps({"groups": done.groups, "emptied": done.emptied, "erased": done.erased}))  # noqa: T201 result
        return 0

    def _list(self, *, as_json: bool) -> int:
        store = BackupStore(self._settings)
        found = store.manifests()
        for one in found:
            if as_json:
                line = {"backup_id": one.backup_id, "taken_at": one.taken_at.isoformat(), "size_bytes": one.size_bytes}
                print(json.dumps(line))  # noqa: T201 the command's result
            else:
                rows = sum(table.rows for facts in one.schemas.values() for table in facts.tables.values())
                text = f"{one.backup_id}  {one.taken_at:%Y-%m-%d %H:%M} UTC  {megabytes(one.size_bytes):>12}  {rows} rows"
                print(text)  # noqa: T201 the command's result
        for backup_id in store.broken():
            self._say(f"{backup_id} was begun and is not whole: it is no backup")
        if not found:
            self._say(
                "there is no backup yet. `make backup` makes one in a clone, `docker compose run --rm backup` with Docker "
                "Compose, a Job of the chart's CronJob in Kubernetes"
            )
        return 0

    def _verify(self, backup: str, identity: Path | None) -> int:
        identities = read_identities(identity) if identity else []
        store = BackupStore(self._settings)
        manifest = store.find(backup)
        problems = verify(store, manifest, identities)
        for problem in problems:
            print(problem)  # noqa: T201 the command's result
        read = "decrypted and compared" if identities else "compared, not decrypted (--identity does)"
        self._say(f"{manifest.backup_id}: " + (f"{len(problems)} problems" if problems else f"whole; every byte {read}"))
        return 1 if problems else 0

    def _leave_word(self, attempted_at: Any, *, failed: bool) -> None:
        try:
            kept = BackupStore(self._settings).manifests()
        except BackupError:
            kept = []
        Status(attempted_at, failed, kept[-1] if kept else None, len(kept)).write(self._settings.metrics_file)


def report_of(done: Restored) -> dict[str, Any]:
    """What a restore did, for scripts."""
    return {
        "backup_id": done.manifest.backup_id,
        "taken_at": done.manifest.taken_at.isoformat(),
        "restored_at": done.restored_at.isoformat(),
        "rows": done.rows,
        "settled": done.settled,
        "kept_database": done.kept_database,
        "kept_paths": [str(path) for path in done.kept_paths],
        "erase_again": done.kafka.erased if done.kafka else [],
    }
