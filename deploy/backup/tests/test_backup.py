import asyncio
import json
import secrets
import subprocess
import sys

import asyncpg
import pyrage
import pytest
from pydantic import SecretStr

from hejnal_backup import database
from hejnal_backup.commands import Commands
from hejnal_backup.errors import BackupError
from hejnal_backup.making import Making
from hejnal_backup.sealing import read_identities
from hejnal_backup.store import BackupStore
from hejnal_backup.verifying import verify
from hejnal_local import database_roles
from hejnal_runtime.clock import SystemClock


async def test_what_is_lost_comes_back_and_what_was_there_is_kept(small_town):
    made = await small_town.commands.make()
    await small_town.run("delete from north.facts", "drop schema south cascade")
    keys = small_town.settings.folders["keys"]
    (keys / "at-rest.key").write_text("of the thief\n")

    done = await small_town.commands.restore("latest", small_town.identity)

    assert done.rows == 1000
    assert await small_town.value("select count(*) from north.facts") == 500
    assert await small_town.value("select count(*) from south.echoes join north.facts on id = fact") == 500
    assert await small_town.value("select nextval(pg_get_serial_sequence('north.facts', 'id'))") == 501
    assert (keys / "at-rest.key").read_text() == "secret\n"
    assert (keys / "at-rest.key").stat().st_mode & 0o777 == 0o600
    assert (keys / "evidence" / "ca.pem").read_bytes() == b"\x00\x01" * 5000
    assert [path.name.split(".")[1][:6] for path in done.kept_paths] == ["before"]
    assert (done.kept_paths[0] / "at-rest.key").read_text() == "of the thief\n"
    assert done.kept_database is not None
    assert made.backup_id == done.manifest.backup_id


async def test_schemas_are_of_one_moment_while_writing_goes_on(small_town):
    """A row of the north and its echo in the south are committed together: a backup never has one without the other."""
    stop = asyncio.Event()

    async def write():
        connection = await asyncpg.connect(small_town.url, timeout=20)
        written = 0
        try:
            while not stop.is_set():
                async with connection.transaction():
                    fact = await connection.fetchval("insert into north.facts (share) values (0) returning id")
                    await connection.execute("insert into south.echoes values ($1)", fact)
                written += 1
        finally:
            await connection.close()
        return written

    writer = asyncio.create_task(write())
    while await small_town.value("select count(*) from south.echoes") < 510:
        await asyncio.sleep(0.01)
    before = await small_town.value("select count(*) from south.echoes")
    made = await small_town.commands.make()
    stop.set()
    assert await writer > 10

    facts, echoes = (made.schemas[one].tables for one in ("north", "south"))
    assert facts["facts"].rows == echoes["echoes"].rows >= before
    done = await small_town.commands.restore("latest", small_town.identity)
    assert done.rows == 2 * facts["facts"].rows


async def test_extensions_that_say_where_they_live_come_back_there(small_town):
    """The PostGIS image of deploy/compose makes these in every new database."""
    await small_town.run("create extension if not exists postgis", "create extension postgis_topology")
    await small_town.commands.make()
    await small_town.run("drop extension postgis_topology")

    done = await small_town.commands.restore("latest", small_town.identity)

    assert done.rows == 1000
    where = "select extnamespace::regnamespace::text from pg_extension where extname = "
    assert await small_town.value(f"{where}'postgis_topology'") == "topology"
    assert await small_town.value(f"{where}'postgis'") == "public"


async def test_the_role_that_makes_backups_makes_them_after_a_restore_too(small_town):
    """It may read everything and write nothing; the restored database lets it in as the one before did."""
    role, password = f"reader_{secrets.token_hex(4)}", secrets.token_hex(8)
    name = database.database_of(small_town.url)
    await small_town.run(
        f"revoke all on database {name} from public",
        f"create role {role} login password '{password}' in role pg_read_all_data",
        f"grant connect on database {name} to {role}",
    )
    url = database_roles.url_of(small_town.url, database=name, role=role, password=password)
    reader = Commands(small_town.settings.model_copy(update={"database_url": SecretStr(url)}), small_town.said.append)
    try:
        await reader.make()
        await small_town.commands.restore("latest", small_town.identity)
        await reader.make()
    finally:
        await small_town.run(f"drop owned by {role}", f"drop role {role}")


async def test_nobody_reads_a_backup_without_the_private_key(small_town, tmp_path):
    await small_town.commands.make()
    other = tmp_path / "other"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")

    with pytest.raises(BackupError, match="not its private key"):
        await small_town.commands.restore("latest", other)

    assert await small_town.value("select count(*) from north.facts") == 500
    everything = b"".join(path.read_bytes() for path in small_town.target.rglob("*.age"))
    assert b"at-rest" not in everything
    assert b"secret" not in everything


async def test_a_private_key_on_the_server_is_refused(small_town):
    file = small_town.settings.recipients_file
    file.write_text(small_town.identity.read_text())

    with pytest.raises(BackupError, match="holds a private key"):
        await small_town.commands.make()


@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
async def test_a_harmed_backup_is_noticed_and_never_restored(small_town, harm):
    made = await small_town.commands.make()
    file = small_town.target / made.backup_id / "schema-north.dump.age"
    raw = bytearray(file.read_bytes())
    if harm == "gone":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(raw[:-100])
    else:
        raw[len(raw) // 2] ^= 1
        file.write_bytes(raw)
    store = BackupStore(small_town.settings)

    assert len(verify(store, made, [])) == 1
    assert len(verify(store, made, read_identities(small_town.identity))) == 1
    with pytest.raises((BackupError, FileNotFoundError)):
        await small_town.commands.restore("latest", small_town.identity)
    assert await small_town.value("select count(*) from north.facts") == 500


async def test_a_whole_backup_verifies(small_town):
    made = await small_town.commands.make()
    store = BackupStore(small_town.settings)

    assert verify(store, made, []) == []
    assert verify(store, made, read_identities(small_town.identity)) == []


async def test_what_was_interrupted_is_no_backup_and_is_cleared_away(small_town):
    await small_town.commands.make()
    broken = small_town.settings.model_copy(update={"folders": {"keys": small_town.target / "nowhere"}})
    with pytest.raises(BackupError, match="is not there"):
        await type(small_town.commands)(broken, small_town.said.append).make()
    store = BackupStore(small_town.settings)
    assert len(store.manifests()) == 1
    assert len(store.broken()) == 1
    assert "hejnal_backup_last_attempt_failed 1" in small_town.settings.metrics_file.read_text()

    await small_town.commands.make()

    assert len(store.manifests()) >= 1  # the newer of a day stays
    assert store.broken() == []
    told = small_town.settings.metrics_file.read_text()
    assert "hejnal_backup_last_attempt_failed 0" in told
    assert "hejnal_backup_last_success_timestamp_seconds" in told


async def test_a_restore_waits_for_nobody_and_disturbs_nobody(small_town):
    """With a service still connected nothing is exchanged."""
    await small_town.commands.make()
    service = await asyncpg.connect(small_town.url, timeout=20, server_settings={"application_name": "hejnal-recorder"})
    try:
        with pytest.raises(BackupError, match=r"hejnal-recorder.*stop the services first"):
            await small_town.commands.restore("latest", small_town.identity)
    finally:
        await service.close()


async def test_two_backups_at_once_do_not_meet(small_town):
    async with database.one_moment(small_town.url):
        with pytest.raises(BackupError, match="another backup"):
            await small_town.commands.make()


async def test_each_schema_says_itself_what_a_restore_means(small_town):
    await small_town.run(
        "create function north.after_restore(taken_at timestamptz, restored_at timestamptz) returns jsonb language plpgsql as $$ "
        "declare changed bigint; begin update facts set share = -1 where id <= 7; get diagnostics changed = row_count; "
        "return jsonb_build_object('facts settled', changed); end $$"
    )
    await small_town.commands.make()

    done = await small_town.commands.restore("latest", small_town.identity)

    assert done.settled == {"north": {"facts settled": 7}}
    assert await small_town.value("select count(*) from north.facts where share = -1") == 7


async def test_old_backups_go_and_the_newest_stays(small_town):
    for _ in range(3):
        await small_town.commands.make()
    store = BackupStore(small_town.settings)

    assert len(store.manifests()) == 1
    assert Making(small_town.settings, store, SystemClock(), small_town.said.append).prune() == []


def test_the_command_makes_a_key_once(tmp_path):
    file = tmp_path / "hejnal.key"
    command = [sys.executable, "-m", "hejnal_backup", "key", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)

    assert json.loads(done.stdout)["public"].startswith("age1")
    assert file.stat().st_mode & 0o777 == 0o600
    again = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "must not be lost" in again.stderr
