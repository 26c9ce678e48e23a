"""How backups do, for Prometheus: a file that node_exporter's textfile collector reads."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hejnal_backup.manifest import Manifest

_HELP = {
    "hejnal_backup_last_attempt_timestamp_seconds": "When a backup was last begun (Unix time)",
    "hejnal_backup_last_attempt_failed": "1 when that one was not made",
    "hejnal_backup_last_success_timestamp_seconds": "Moment of the newest whole backup (Unix time)",
    "hejnal_backup_last_duration_seconds": "How long it took",
    "hejnal_backup_last_size_bytes": "What it takes in the target",
    "hejnal_backup_kept": "Whole backups in the target",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What is known after an attempt."""

    attempted_at: datetime
    failed: bool
    newest: Manifest | None
    kept: int

    def text(self) -> str:
        """The file's content (Prometheus text format 0.0.4)."""
        values: dict[str, float] = {
            "hejnal_backup_last_attempt_timestamp_seconds": self.attempted_at.timestamp(),
            "hejnal_backup_last_attempt_failed": int(self.failed),
            "hejnal_backup_kept": self.kept,
        }
        if self.newest is not None:
            values |= {
                "hejnal_backup_last_success_timestamp_seconds": self.newest.taken_at.timestamp(),
                "hejnal_backup_last_duration_seconds": self.newest.duration_s,
                "hejnal_backup_last_size_bytes": self.newest.size_bytes,
            }
        return "".join(f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n{name} {value}\n" for name, value in values.items())

    def write(self, path: Path | None) -> None:
        """Write it whole or not at all; nothing where no file is wanted."""
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(self.text(), encoding="utf-8")
        part.chmod(0o644)
        part.replace(path)
