"""`python -m hejnal_backup make | list | verify | restore | rewind | prune | key`.

Backups of a town; settings in `HEJNAL_BACKUP_…`.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from pydantic import ValidationError

from hejnal_backup.errors import BackupError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 with the reason when not, 2 for wrong settings."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "key":
            return _key(chosen.file)
        from hejnal_backup.settings import BackupSettings

        settings = BackupSettings()
    except ValidationError as error:
        print(f"backup: {error}", file=sys.stderr)
        return 2
    except BackupError as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    from hejnal_backup.commands import Commands

    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:7.1f} s] {text}", file=sys.stderr, flush=True)

    commands = Commands(settings, say)
    try:
        return asyncio.run(commands.run(chosen))
    except BackupError as error:
        print(f"backup, {chosen.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbackup: interrupted; what was begun does not count as a backup", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hejnal_backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make", help="back the town up while it runs, then let old backups go")
    listed = commands.add_parser("list", help="what is there")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    verify = commands.add_parser("verify", help="read every byte; with --identity also decrypt it")
    verify.add_argument("backup", nargs="?", default="latest")
    verify.add_argument("--identity", type=Path, help="file with the private key")
    restore = commands.add_parser("restore", help="bring the town back; the services must be stopped")
    restore.add_argument("backup", nargs="?", default="latest")
    restore.add_argument("--identity", type=Path, required=True, help="file with the private key")
    restore.add_argument("--only-folders", action="store_true", help="keys and files, not the database")
    restore.add_argument("--report", type=Path, help="write what was done as JSON")
    rewind = commands.add_parser("rewind", help="only put a surviving Kafka back to a backup's moment")
    rewind.add_argument("backup", nargs="?", default="latest")
    commands.add_parser("prune", help="let go of what no rule keeps")
    key = commands.add_parser("key", help="make a key pair, on a machine that is not the server")
    key.add_argument("file", type=Path, help="where the private half goes (mode 600); the public one is printed")
    return parser


def _key(file: Path) -> int:
    import pyrage

    pair = pyrage.x25519.Identity.generate()
    public = str(pair.to_public())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BackupError(f"{file} is there already: a key that backups were made for must not be lost") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(f"# public key: {public}\n{pair}\n")
        out.flush()
        os.fsync(out.fileno())
    print(json.dumps({"public": public}) if not sys.stdout.isatty() else public)
    return 0


if __name__ == "__main__":
    sys.exit(main())
