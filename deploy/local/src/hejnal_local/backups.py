"""`make backup` and `make restore`: the local town by hejnal-backup's own commands, with the settings that fit it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from hejnal_backup.commands import Commands, report_of
from hejnal_backup.errors import BackupError
from hejnal_backup.restoring import Restored
from hejnal_backup.sealing import read_identities
from hejnal_backup.settings import BackupSettings
from hejnal_local import database_roles
from hejnal_local.keys import write_private
from hejnal_local.programs import DATABASE, SERVICES, Town
from hejnal_local.seeds import run_command
from hejnal_local.supervision import Supervisor
from hejnal_runtime.bus.connection import KafkaConnection

Say = Callable[[str], None]
TARGET, KEY, RECIPIENTS = "HEJNAL_BACKUP_TARGET", "backup.key", "backup.recipients"
_FOLDERS = ("keys", "photos", "exports", "stamps")
_REPORT = "restored.json"


class LocalBackups:
    """Backups of the town of this clone, in a folder beside `.run/` (`make clean-run` does not touch it)."""

    def __init__(self, town: Town, say: Say, target: str = "") -> None:
        run = town.workspace.run
        self._town = town
        self._say = say
        self._run = run
        self._target = target or str(run.with_name(f"{run.name}-backups"))

    @property
    def key_file(self) -> Path:
        """The private key: of a demo town on the same machine, of a real one in a safe."""
        return Path(self._target) / KEY if "://" not in self._target else self._run.with_name(KEY)

    def make(self) -> str:
        """Back the running town up; its id. BackupError with the reason when it cannot be made."""
        for name in _FOLDERS:
            (self._run / name).mkdir(mode=0o700, exist_ok=True)
        self._ensure_key()
        made = asyncio.run(Commands(self._settings(), self._say).make())
        self._say(f"backup {made.backup_id} lies in {self._target}; only {self.key_file} reads it, keep a copy elsewhere")
        return made.backup_id

    def restore(self, backup: str) -> Restored:
        """Bring the town back; it must not run. `make run` goes on from there. BackupError with the reason when it cannot be."""
        town = self._town
        if Supervisor(self._run, town.workspace.python).running is not None:
            raise BackupError("the town runs: end it with `make stop` first")
        read_identities(self.key_file)
        self._run.mkdir(parents=True, exist_ok=True)
        self._run.chmod(0o711)
        has_kafka = (self._run / "kafka").is_dir()
        town.database.start()
        try:
            if has_kafka:
                if town.kafka_security:
                    town.kafka_security.prepare()
                town.broker.prepare()
                town.broker.start()
            settings = self._settings(self._administrator() if has_kafka else None)
            done = asyncio.run(Commands(settings, self._say).restore(backup, self.key_file))
            report = self._run / _REPORT
            write_private(report, json.dumps(report_of(done), indent=1, ensure_ascii=False))
            self._let_services_in()
            self._publish_again(report)
        finally:
            if has_kafka:
                town.broker.stop()
            town.database.stop()
        return done

    def _let_services_in(self) -> None:
        """Passwords of the roles, from the keys that have just come back; then the migrations that are newer than the backup."""
        town = self._town
        town.keys.ensure()
        asyncio.run(database_roles.provision(town.database.admin_url, DATABASE, town.role_passwords()))
        for service in SERVICES:
            if service.schema is not None:
                run_command(town, service, "migrate")

    def _publish_again(self, report: Path) -> None:
        by_name = {service.name: service for service in SERVICES}
        run_command(self._town, by_name["operator-gateway"], "republish")
        run_command(self._town, by_name["citizen-api"], "republish", "--erase", str(report), timeout_s=3600)
        self._say("cameras, residents' wishes and what is announced wait in the outbox to be published again")

    def _ensure_key(self) -> None:
        import pyrage

        if self.key_file.exists():
            return
        self.key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pair = pyrage.x25519.Identity.generate()
        write_private(self.key_file, f"{pair}\n")
        write_private(self.key_file.with_name(RECIPIENTS), f"{pair.to_public()}\n")

    def _administrator(self) -> KafkaConnection:
        security = self._town.kafka_security
        return security.administrator if security else KafkaConnection(self._town.broker.bootstrap)

    def _settings(self, kafka: KafkaConnection | None = None) -> BackupSettings:
        folders = {name: self._run / name for name in _FOLDERS} | {"credentials": self._run / "credentials.json"}
        return BackupSettings(
            database_url=SecretStr(database_roles.url_of(self._town.database.admin_url, database=DATABASE)),
            folders=folders,
            target=self._target,
            recipients_file=self.key_file.with_name(RECIPIENTS),
            metrics_file=self._run / "metrics" / "hejnal_backup.prom",
            kafka_bootstrap=kafka.bootstrap if kafka else "",
            kafka_security_protocol=kafka.security_protocol if kafka else "PLAINTEXT",
            kafka_ca_file=kafka.ca_file if kafka else None,
            kafka_client_certificate_file=kafka.client_certificate_file if kafka else None,
            kafka_client_key_file=kafka.client_key_file if kafka else None,
        )
