"""Keys and passwords for an installation with Docker Compose.

sudo python -m hejnal_local.compose_secrets FOLDER [--organisation …]

Makes what is missing in the folder (keep a copy in the safe: it is the only one); a second run changes nothing. Compose hands
files to containers with the owner they have here, so each is given to whom it is for: hence as root.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from hejnal_local.database_roles import BACKUP_ROLE, EXTENSIONS, SCHEMAS, ServiceSchema
from hejnal_local.keys import ORGANISATION, KeyRing, write_private
from hejnal_recorder.export.keys import create_keys

DATABASE = "hejnal"
SERVICE_GROUP = 10001
"""The user and group of our images."""
_PREFIX = {"recorder": "recorder", "gateway": "gateway", "citizen": "citizen", "notifier": "notifier"}


class NotRootError(PermissionError):
    """The files cannot be given to the containers' users."""


def write_secrets(folder: Path, organisation: str) -> None:
    """Everything that compose.yaml names below `secrets/`."""
    if os.geteuid() != 0:
        raise NotRootError("the files are given to the containers' users: run this command with sudo")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    ring = KeyRing(keys)
    apart = folder / "ca.key"  # signs new leaves every two years: below `keys/evidence` the recorder would see it
    root = ring.evidence / "ca.key"
    if apart.exists():
        apart.replace(root)
    for path in ring.evidence.glob("*.key"):  # handed over by an earlier run: read here by their owner only
        path.chmod(0o600)
    create_keys(ring.evidence, organisation, datetime.now(UTC))  # the first to make them names the organisation
    ring.ensure()
    if root.exists():  # not where it lies in the safe already
        root.replace(apart)
    _write_once(folder / "postgres_password", ring.secret("postgres"))
    _write_once(folder / "turn_secret", ring.secret("turn"))
    write_private(folder / "postgres_roles.sql", roles_sql(ring))
    for one in SCHEMAS:
        url = f"postgresql+asyncpg://{one.role}:{ring.secret(one.role)}@postgres:5432/{DATABASE}"
        _write_once(folder / f"hejnal_{_PREFIX[one.schema]}_database_url", url)
    url = f"postgresql://{BACKUP_ROLE}:{ring.secret(BACKUP_ROLE)}@postgres:5432/{DATABASE}"
    _write_once(folder / "hejnal_backup_database_url", url)
    url = f"postgresql://postgres:{ring.secret('postgres')}@postgres:5432/{DATABASE}"
    _write_once(folder / "hejnal_restore_database_url", url)  # the superuser's: only the job that restores is given it
    _write_once(folder / "restore.identity", "")  # the private key from the safe, only while a backup is being restored
    _write_once(
        folder / "backup.recipients", "# Klucze publiczne age (age1…), po jednym w wierszu: kto przeczyta kopie zapasowe\n"
    )
    _hand_over(folder, ring)


def roles_sql(ring: KeyRing) -> str:
    """What the database's first start runs: extensions, and for each service a role that owns a schema and sees no other."""
    lines = [f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA public;" for name in EXTENSIONS]
    lines += ["REVOKE ALL ON SCHEMA public FROM PUBLIC;", f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;"]
    for one in SCHEMAS:
        lines += _role(one, ring.secret(one.role))
    password = ring.secret(BACKUP_ROLE)
    assert password.isalnum(), "made by KeyRing: needs no quoting"
    lines.append(
        f"CREATE ROLE {BACKUP_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}' IN ROLE pg_read_all_data;"
    )
    lines.append(f"GRANT CONNECT ON DATABASE {DATABASE} TO {BACKUP_ROLE};")
    return "\n".join(lines) + "\n"


def _role(one: ServiceSchema, password: str) -> list[str]:
    assert password.isalnum(), "made by KeyRing: needs no quoting"
    return [
        f"CREATE ROLE {one.role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}';",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {one.role};",
        f"GRANT USAGE ON SCHEMA public TO {one.role};",
        f"CREATE SCHEMA {one.schema} AUTHORIZATION {one.role};",
        f"REVOKE ALL ON SCHEMA {one.schema} FROM PUBLIC;",
        f"ALTER ROLE {one.role} IN DATABASE {DATABASE} SET search_path = {one.schema}, public;",
    ]


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        write_private(path, text)


def _hand_over(folder: Path, ring: KeyRing) -> None:
    for path in folder.rglob("*"):
        os.chown(path, 0, SERVICE_GROUP)
        path.chmod(0o750 if path.is_dir() else 0o640)
    for path in (folder / "postgres_password", folder / "ca.key", ring.jwks.with_name("secrets.json")):
        if path.exists():
            os.chown(path, 0, 0)
            path.chmod(0o600)
    (folder / "postgres_roles.sql").chmod(0o644)  # read by the database's own user; the folder lets nobody else in
    (folder / "keys").chmod(0o750)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when it cannot be done; it is said why."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.compose_secrets", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--organisation", default=ORGANISATION, help="who signs evidence, as certificates name it")
    chosen = parser.parse_args(arguments)
    try:
        write_secrets(chosen.folder, chosen.organisation)
    except OSError as error:
        print(f"compose secrets: {error}", file=sys.stderr)
        return 1
    print(f"keys and passwords are in {chosen.folder}; keep a copy of this folder in a safe place", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
