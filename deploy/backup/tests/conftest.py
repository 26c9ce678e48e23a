"""A small town to back up: a database with two schemas, a folder with keys, and a key pair that is not on the server."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pyrage
import pytest

from hejnal_backup.commands import Commands
from hejnal_backup.settings import BackupSettings
from hejnal_local import database_roles


@dataclass(slots=True)
class SmallTown:
    """What is backed up, where to, and the settings of both."""

    url: str
    settings: BackupSettings
    identity: Path
    said: list[str]

    @property
    def commands(self) -> Commands:
        return Commands(self.settings, self.said.append)

    @property
    def target(self) -> Path:
        return Path(self.settings.target)

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url, timeout=20)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def value(self, query: str):
        connection = await asyncpg.connect(self.url, timeout=20)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


@pytest.fixture
async def small_town(postgres_admin_url, tmp_path):
    name = f"hejnal_backup_{secrets.token_hex(5)}"
    await database_roles.create_database(postgres_admin_url, name)
    url = database_roles.url_of(postgres_admin_url, database=name)
    keys = tmp_path / "keys"
    (keys / "evidence").mkdir(parents=True)
    (keys / "at-rest.key").write_text("secret\n")
    (keys / "at-rest.key").chmod(0o600)
    (keys / "evidence" / "ca.pem").write_bytes(b"\x00\x01" * 5000)
    pair = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{pair}\n")
    (tmp_path / "recipients").write_text(f"# the safe in the town hall\n{pair.to_public()}\n")
    settings = BackupSettings(
        database_url=url,
        schemas=("north", "south"),
        folders={"keys": keys},
        target=str(tmp_path / "target"),
        recipients_file=tmp_path / "recipients",
        metrics_file=tmp_path / "textfile" / "hejnal_backup.prom",
    )
    town = SmallTown(url, settings, tmp_path / "identity", [])
    await town.run(
        *(f"create schema {schema}" for schema in settings.schemas),
        "create table north.facts (id bigint generated always as identity primary key, at timestamptz default now(), "
        "body jsonb, raw bytea, share double precision)",
        "create table south.echoes (fact bigint primary key)",
        "insert into north.facts (body, raw, share) select jsonb_build_object('n', n), decode(md5(n::text), 'hex'), n / 7.0 "
        "from generate_series(1, 500) n",
        "insert into south.echoes select id from north.facts",
    )
    yield town
    admin = await asyncpg.connect(postgres_admin_url, timeout=20)
    try:
        for (found,) in await admin.fetch("select datname from pg_database where datname like $1", f"{name}%"):
            await database_roles.drop_database(postgres_admin_url, found)
    finally:
        await admin.close()
