"""The image of backups on a real PostgreSQL: a role that only reads makes one, the image verifies and restores it."""

import asyncio
import secrets
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pyrage

from hejnal_local import database_roles, postgres
from hejnal_local.ports import free_ports

DATABASE = "hejnal"
ROLE = database_roles.BACKUP_ROLE
ROWS = 2000
_IDENTITY = "/etc/hejnal/safe/identity"


def try_backup(container: Sequence[str], image: str) -> dict[str, object]:
    """Make, verify, lose, restore. AssertionError names what is not as it must be. `container` is the command that starts one."""
    with tempfile.TemporaryDirectory(prefix="hejnal-image-backup-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)  # PostgreSQL's own user and the container's have to pass through
        server = postgres.Server(folder / "postgres", free_ports(1)[0])
        server.start()
        try:
            return asyncio.run(_trial(Image(container, image, folder, server.admin_url)))
        finally:
            server.stop()
            server.forget()


class Image:
    """Runs the image's commands with what a CronJob mounts: keys and photos to read, a target to write, recipients."""

    def __init__(self, container: Sequence[str], name: str, folder: Path, admin_url: str) -> None:
        self.name, self.admin_url = name, admin_url
        self._container, self._folder = container, folder
        self.password = secrets.token_hex(12)
        pair = pyrage.x25519.Identity.generate()
        for place, text in (
            ("safe/identity", f"{pair}\n"),
            ("recipients/recipients", f"{pair.to_public()}\n"),
            ("keys/tokens/ingest.pem", "a key\n"),
            ("photos/2026/one.jpg", "a photo\n"),
        ):
            file = folder / place
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
        for place in ("target", "restored"):
            (folder / place).mkdir()
        for path in (
            one
            for place in ("safe", "recipients", "keys", "photos", "target", "restored")
            for one in (folder / place, *(folder / place).rglob("*"))
        ):
            path.chmod(0o777 if path.is_dir() else 0o644)

    def run(self, *command: str, superuser: bool = False) -> subprocess.CompletedProcess[str]:
        """One command of hejnal-backup in a container that ends with it."""
        url = database_roles.url_of(self.admin_url, database=DATABASE)
        if not superuser:
            url = database_roles.url_of(self.admin_url, database=DATABASE, role=ROLE, password=self.password)
        folders = '{"keys": "/etc/hejnal/keys", "photos": "/var/lib/hejnal/photos"}'
        if superuser:  # keys are only looked at: a cluster's Secrets are made anew from them by hand
            folders = '{"keys": "/restored/keys", "photos": "/restored/photos"}'
        settings = {
            "DATABASE_URL": url,
            "TARGET": "/backups/town",
            "RECIPIENTS_FILE": "/etc/hejnal/recipients/recipients",
            "FOLDERS": folders,
        }
        given = [part for key, value in settings.items() for part in ("--env", f"HEJNAL_BACKUP_{key}={value}")]
        mounts = [
            part
            for source, target in (
                ("keys", "/etc/hejnal/keys:ro"),
                ("photos", "/var/lib/hejnal/photos:ro"),
                ("recipients", "/etc/hejnal/recipients:ro"),
                ("safe", "/etc/hejnal/safe:ro"),
                ("target", "/backups"),
                ("restored", "/restored"),
            )
            for part in ("--volume", f"{self._folder / source}:{target}")
        ]  # fmt: skip
        name = f"hejnal-test-{secrets.token_hex(4)}"
        words = [*self._container, "--name", name, "--tmpfs", "/tmp:mode=1777", *mounts, *given, self.name, *command]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=180)

    def restored(self, place: str) -> str:
        """What a restore has laid out."""
        return (self._folder / "restored" / place).read_text(encoding="utf-8")


async def _trial(image: Image) -> dict[str, object]:
    await database_roles.create_database(image.admin_url, DATABASE)
    words = {one.role: secrets.token_hex(8) for one in database_roles.SCHEMAS}
    await database_roles.provision(image.admin_url, DATABASE, words)
    rows = f"select n, md5(n::text) from generate_series(1, {ROWS}) n"
    await _sql(
        image,
        *(f"create table {one.schema}.facts as {rows}" for one in database_roles.SCHEMAS),
        f"create role {ROLE} login password '{image.password}' in role pg_read_all_data",
        f"grant connect on database {DATABASE} to {ROLE}",
    )  # fmt: skip
    empty = image.run()
    assert empty.returncode == 0, empty.stderr
    assert "there is no backup yet" in empty.stderr, empty.stderr
    began = time.monotonic()
    made = image.run("make")
    assert made.returncode == 0, made.stderr
    made_s = time.monotonic() - began
    verified = image.run("verify", "--identity", _IDENTITY)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    await _sql(image, "drop schema notifier cascade", "delete from recorder.facts")
    began = time.monotonic()
    restored = image.run("restore", "--identity", _IDENTITY, superuser=True)
    assert restored.returncode == 0, restored.stderr
    restored_s = time.monotonic() - began
    connection = await asyncpg.connect(database_roles.url_of(image.admin_url, database=DATABASE), timeout=20)
    try:
        for one in database_roles.SCHEMAS:
            assert await connection.fetchval(f"select count(*) from {one.schema}.facts") == ROWS, one.schema
    finally:
        await connection.close()
    assert image.restored("keys/tokens/ingest.pem") == "a key\n"
    assert image.restored("photos/2026/one.jpg") == "a photo\n"
    again = image.run("make")
    assert again.returncode == 0, f"after a restore its role makes no backup: {again.stderr}"
    return {"image": image.name, "makes_s": round(made_s, 1), "restores_s": round(restored_s, 1), "rows": ROWS * len(words)}


async def _sql(image: Image, *statements: str) -> None:
    connection = await asyncpg.connect(database_roles.url_of(image.admin_url, database=DATABASE), timeout=20)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
