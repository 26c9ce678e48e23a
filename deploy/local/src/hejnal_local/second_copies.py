"""What `make run STANDBY=1 S3=1` adds: a second recorder with a copy of its own, and an S3 store that older footage moves to."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from hejnal_local import database_roles
from hejnal_local import settings as s
from hejnal_local.keys import KeyRing, write_private
from hejnal_local.ports import HOST
from hejnal_local.settings import LocalSettings
from hejnal_local.supervision import Program
from hejnal_local.workspace import Workspace

STANDBY, STORE = "recorder-second", "store"
STANDBY_DATABASE = "hejnal_second"
BUCKET = "hejnal-archive"
_AFTER_DAYS = "1"
_STORE_DOORS = tuple(f"{part}.port{kind}" for part in ("s3", "master", "volume", "filer") for kind in ("", ".grpc"))


@dataclass(frozen=True, slots=True)
class SecondCopies:
    """Settings and programs of what was switched on; empty where nothing was."""

    workspace: Workspace
    settings: LocalSettings
    keys: KeyRing

    @property
    def has_standby(self) -> bool:
        """Whether a second recorder runs."""
        return self.settings.is_on(s.STANDBY)

    @property
    def has_store(self) -> bool:
        """Whether an S3 store runs."""
        return self.settings.is_on(s.S3)

    @property
    def standby_url(self) -> str:
        """Base URL of the second recorder."""
        return f"http://{HOST}:{self.settings.port(s.STANDBY_PORT)}"

    def of_recorder(self) -> dict[str, str]:
        """What the first recorder is told."""
        if not self.has_store:
            return {}
        return {
            "STORE_ENDPOINT": f"http://{HOST}:{self.settings.port(s.S3_PORT)}",
            "STORE_BUCKET": BUCKET,
            "STORE_ACCESS_KEY_FILE": str(self._store_folder / "access.key"),
            "STORE_SECRET_KEY_FILE": str(self._store_folder / "secret.key"),
            "TIER_ENABLED": "true",
            "TIER_AFTER_DAYS": _AFTER_DAYS,
        }

    def of_gateway(self) -> dict[str, str]:
        """What the gateway is told."""
        return {"RECORDER_STANDBY_URLS": json.dumps([self.standby_url])} if self.has_standby else {}

    def standby(self, first: Program) -> Program:
        """The second recorder, from the program of the first. It fetches over HTTP: a hard link would be the same bytes."""
        prefix = "HEJNAL_RECORDER_"
        own = {
            "STANDBY": "true",
            "GROUP": STANDBY,
            "INTERNAL_PORT": str(self.settings.port(s.STANDBY_PORT)),
            "ARCHIVE_DIR": str(self.workspace.run / "archive-second"),
            "DATABASE_URL": database_roles.url_of(
                first.environment[f"{prefix}DATABASE_URL"], database=STANDBY_DATABASE, driver="+asyncpg"
            ),
        }
        kept = {
            name: value for name, value in first.environment.items() if not name.startswith((f"{prefix}STORE", f"{prefix}TIER"))
        }
        kept.pop(f"{prefix}SPOOL_DIR", None)
        if f"{prefix}KAFKA_USER" in kept:
            password = Path(kept[f"{prefix}KAFKA_PASSWORD_FILE"]).with_name(f"{STANDBY}.password")
            own |= {"KAFKA_USER": STANDBY, "KAFKA_PASSWORD_FILE": str(password)}
        return replace(first, name=STANDBY, environment=kept | {prefix + name: value for name, value in own.items()})

    def store(self, stop_order: int) -> Program:
        """The S3 store."""
        first = self.settings.port(s.S3_PORT)
        folder = self._store_folder
        command = [str(self.workspace.python.with_name("weed")), "-logtostderr=true", "server", f"-dir={folder}", f"-ip={HOST}"]
        command += [f"-ip.bind={HOST}", "-filer", "-s3", f"-s3.config={folder / 's3.json'}", "-s3.iam=false"]
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.volumeSizeLimitMB=256", "-volume.max=0"]
        command += [f"-{name}={first + number}" for number, name in enumerate(_STORE_DOORS)]
        return Program(STORE, command, stop_order=stop_order, stop_wait_s=30)

    def prepare(self) -> None:
        """Folders and keys."""
        if self.has_standby:
            (self.workspace.run / "archive-second").mkdir(mode=0o700, exist_ok=True)
        if self.has_store:
            folder = self._store_folder
            folder.mkdir(mode=0o700, exist_ok=True)
            keys = {"accessKey": "hejnal-recorder", "secretKey": self.keys.secret("store")}
            identity = {"name": "recorder", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
            write_private(folder / "s3.json", json.dumps({"identities": [identity]}))
            write_private(folder / "access.key", keys["accessKey"])
            write_private(folder / "secret.key", keys["secretKey"])

    def doors(self) -> dict[str, str]:
        """Where each says that it is ready."""
        doors = {}
        if self.has_standby:
            doors[STANDBY] = f"{self.standby_url}/readyz"
        if self.has_store:
            doors[STORE] = f"tcp://{HOST}:{self.settings.port(s.S3_PORT)}"
        return doors

    @property
    def _store_folder(self) -> Path:
        return self.workspace.run / "store"
