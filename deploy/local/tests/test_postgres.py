"""A PostgreSQL server of our own, and roles that see nothing but their own schema."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from hejnal_local import database_roles, postgres
from hejnal_local.database_roles import SCHEMAS, url_of
from hejnal_local.ports import free_ports
from hejnal_local.processes import ProcessId

pytestmark = pytest.mark.postgres

PASSWORDS = {one.role: f"secret of {one.role}'s own" for one in SCHEMAS}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    one = postgres.Server(tmp_path_factory.mktemp("cluster"), free_ports(1)[0], durable=False)
    one.start()
    yield one
    one.stop()
    one.forget()


@pytest.fixture(scope="module")
def admin_url(server: postgres.Server) -> str:
    return server.admin_url


async def _connect(admin_url: str, schema: str) -> asyncpg.Connection:
    role = f"hejnal_{schema}"
    return await asyncpg.connect(url_of(admin_url, database="town", role=role, password=PASSWORDS[role]))


async def test_roles_cannot_read_each_others_schemas(admin_url: str) -> None:
    await database_roles.create_database(admin_url, "town")
    await database_roles.provision(admin_url, "town", PASSWORDS)
    await database_roles.provision(admin_url, "town", PASSWORDS)  # a second start
    for one in SCHEMAS:
        connection = await _connect(admin_url, one.schema)
        await connection.execute("CREATE TABLE things (place geometry(Point, 4326))")
        await connection.execute("INSERT INTO things VALUES (ST_SetSRID(ST_MakePoint(20.9, 51.0), 4326))")
        assert await connection.fetchval("SELECT count(*) FROM things") == 1
        await connection.close()
    for reader in SCHEMAS:
        connection = await _connect(admin_url, reader.schema)
        for other in SCHEMAS:
            if other is not reader:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT * FROM {other.schema}.things")
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"CREATE TABLE {other.schema}.more ()")
        for forbidden in ("CREATE TABLE public.mine ()", "CREATE SCHEMA mine", "CREATE ROLE mine", "CREATE DATABASE mine"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
        await connection.close()


async def test_a_password_is_needed(admin_url: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url_of(admin_url, database="postgres", role=postgres.ADMIN, password="guess"))


async def test_data_survives_a_restart_and_the_password_is_private(tmp_path: Path) -> None:
    server = postgres.Server(tmp_path, free_ports(1)[0])
    server.start()
    await database_roles.create_database(server.admin_url, "kept")
    server.stop()
    assert (tmp_path / "admin-password").stat().st_mode & 0o777 == 0o600
    again = postgres.Server(tmp_path, free_ports(1)[0])
    again.start()
    connection = await asyncpg.connect(url_of(again.admin_url, database="kept"))
    await connection.close()
    again.stop()
    again.forget()
    assert not tmp_path.exists()


def test_a_clone_below_a_private_folder_works(tmp_path: Path) -> None:
    private = tmp_path / "root-only"
    private.mkdir(mode=0o700)
    server = postgres.Server(private / "clone" / ".run", free_ports(1)[0], durable=False)
    server.start()
    server.stop()
    server.forget()


def test_a_cluster_of_another_version_is_refused_not_touched(tmp_path: Path) -> None:
    installed = postgres.best_installation()
    data = tmp_path / "cluster" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    server = postgres.Server(tmp_path, 1, installation=installed)
    server_data = server._data / "PG_VERSION"
    server_data.parent.mkdir(parents=True, exist_ok=True)
    server_data.write_text("9\n")
    with pytest.raises(postgres.PostgresError, match="was made by PostgreSQL 9"):
        server.prepare()
    assert server_data.exists()
    server.forget()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "no PostgreSQL server is installed"),
        ([postgres.Installation(13, Path("/x"), has_postgis=True)], "PostgreSQL 13 is too old: 14 or newer"),
        ([postgres.Installation(15, Path("/x"), has_postgis=False)], "install postgresql-15-postgis-3"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, found: list[postgres.Installation], message: str) -> None:
    monkeypatch.setattr(postgres, "installations", lambda: found)
    with pytest.raises(postgres.PostgresError, match=message):
        postgres.best_installation()


_STARTS_ONE = """
import sys, threading, time
from pathlib import Path
from hejnal_local import postgres
from hejnal_local.ports import free_ports
server = postgres.Server(Path(sys.argv[1]), free_ports(1)[0], durable=False)
starter = threading.Thread(target=server.start)  # which is gone before the server
starter.start()
starter.join()
assert server.is_ready()
time.sleep(1)
assert server.is_ready()
print(server.pid, flush=True)
time.sleep(120)
"""


def test_a_server_ends_with_a_test_run_that_is_killed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-c", _STARTS_ONE, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = ProcessId.of(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert server.wait_end(30)
    finally:
        server.send(signal.SIGKILL)
        postgres.Server(folder, 1).forget()
