"""pytest plugin: a real Kafka broker, topics of one's own, and databases built by the services' own migrations.

`HEJNAL_TEST_KAFKA` (host:port) and `HEJNAL_TEST_POSTGRES` (libpq URL of a superuser) name servers that already run; without
them each pytest process starts its own and ends it afterwards.
"""

import asyncio
import contextlib
import hashlib
import importlib
import os
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

import asyncpg
import pytest

from hejnal_contracts.topics import BY_NAME, Topic
from hejnal_local import database_roles, kafka, postgres
from hejnal_local.database_roles import BY_SCHEMA, ServiceSchema
from hejnal_local.ports import free_ports
from hejnal_local.setup.java import find_java
from hejnal_runtime.bus.topics import create_topics

CACHE = Path(__file__).resolve().parents[4] / ".cache"
_ROLE_PASSWORD = "of-this-test-cluster-only"  # noqa: S105 -- a throw-away cluster on the loopback address

Result = TypeVar("Result")


class MakeTopics(Protocol):
    """`await make_topics("cameras", "reports", partitions=3)` gives the prefix the topics (and their DLQs) were made under."""

    async def __call__(self, *names: str, partitions: int = 3) -> str:
        """Create topics under a fresh prefix."""
        ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the real servers its fixtures ask for, so that `make check` can leave them out."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for mark, fixture in (("kafka", "kafka_bootstrap"), ("postgres", "postgres_admin_url"), ("browser", "town")):
            if fixture in asked:
                item.add_marker(getattr(pytest.mark, mark))


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a real broker without automatic topic creation."""
    running = os.environ.get("HEJNAL_TEST_KAFKA")
    if running:
        yield running
        return
    broker = kafka.Broker(kafka_installation(), tmp_path_factory.mktemp("kafka"), *free_ports(2))
    broker.start()
    yield broker.bootstrap
    broker.stop()


@pytest.fixture
def make_topics(kafka_bootstrap: str) -> MakeTopics:
    """Creates declared topics, or plain ones for other names, under a prefix nobody else has."""

    async def make(*names: str, partitions: int = 3) -> str:
        prefix = f"t{secrets.token_hex(4)}-"
        plain = replace(BY_NAME["reports"], types=())
        wanted: list[Topic] = [BY_NAME.get(name) or replace(plain, name=name) for name in names]
        await create_topics(kafka_bootstrap, wanted, prefix=prefix, partitions=partitions)
        return prefix

    return make


@pytest.fixture(scope="session")
def postgres_admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Libpq URL of a superuser on a real server with PostGIS."""
    running = os.environ.get("HEJNAL_TEST_POSTGRES")
    if running:
        yield running
        return
    server = postgres.Server(tmp_path_factory.mktemp("postgres"), free_ports(1)[0], durable=False)
    server.start()
    yield server.admin_url
    server.stop()
    server.forget()


@pytest.fixture
def make_database(postgres_admin_url: str) -> Iterator[Callable[[str | None], str]]:
    """`make_database("recorder")`: SQLAlchemy URL (asyncpg) of a fresh database as that service's own role.

    Its schema is built by the service's migrations. `make_database(None)`: an empty one with PostGIS, as superuser.
    Dropped after the test.
    """
    made: list[str] = []

    def make(service: str | None = None) -> str:
        template = _wait(_template(postgres_admin_url, None if service is None else BY_SCHEMA[service]))
        name = f"hejnal_test_{secrets.token_hex(6)}"
        _wait(database_roles.create_database(postgres_admin_url, name, template=template))
        made.append(name)
        if service is None:
            return database_roles.url_of(postgres_admin_url, database=name, driver="+asyncpg")
        schema = BY_SCHEMA[service]
        _wait(database_roles.provision(postgres_admin_url, name, {schema.role: _ROLE_PASSWORD}, [schema]))
        return database_roles.url_of(
            postgres_admin_url, database=name, role=schema.role, password=_ROLE_PASSWORD, driver="+asyncpg"
        )

    yield make
    for name in made:
        _wait(database_roles.drop_database(postgres_admin_url, name))


@contextlib.contextmanager
def a_broker() -> Iterator[str]:
    """`host:port` of the broker that HEJNAL_BENCH_KAFKA or HEJNAL_TEST_KAFKA names, else of one of our own, for a program."""
    if named := os.environ.get("HEJNAL_BENCH_KAFKA") or os.environ.get("HEJNAL_TEST_KAFKA"):
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="hejnal-kafka-", ignore_cleanup_errors=True) as folder:
        broker = kafka.Broker(kafka_installation(), Path(folder), *free_ports(2))
        broker.start()
        try:
            yield broker.bootstrap
        finally:
            broker.stop()


def kafka_installation() -> kafka.Installation:
    """Kafka's jars, fetched if they are not there yet."""
    java = find_java()
    installation = kafka.Installation(CACHE / "kafka", java[0] if java else "java")
    installation.install()
    return installation


async def _template(admin_url: str, schema: ServiceSchema | None) -> str:
    """Name of a database to copy from; built once per state of the migrations, by whoever comes first."""
    kind = f"{schema.schema}_{_fingerprint(schema)}" if schema else "empty"
    name = f"hejnal_template_{kind}_{len(database_roles.EXTENSIONS)}"
    building = f"{name}_building"
    lock = await asyncpg.connect(admin_url, timeout=30)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", database_roles.advisory_key(name))
        if await lock.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name) is None:
            await database_roles.drop_database(admin_url, building)
            await database_roles.create_database(admin_url, building)
            await _build(admin_url, building, schema)
            await lock.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    finally:
        await lock.close()
    return name


async def _build(admin_url: str, database: str, schema: ServiceSchema | None) -> None:
    schemas = [schema] if schema else []
    await database_roles.provision(admin_url, database, {one.role: _ROLE_PASSWORD for one in schemas}, schemas)
    if schema:
        migrations = importlib.import_module("hejnal_runtime.migrations")
        url = database_roles.url_of(admin_url, database=database, role=schema.role, password=_ROLE_PASSWORD, driver="+asyncpg")
        await asyncio.to_thread(migrations.upgrade, url, package=schema.package, schema=schema.schema)


def _fingerprint(schema: ServiceSchema) -> str:
    """Changes whenever a migration does."""
    digest = hashlib.sha256()
    for package in (schema.package, "hejnal_runtime"):
        folder = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted((folder / "migrations").rglob("*.py")) + sorted(folder.glob("migrations.py")):
            digest.update(path.name.encode() + path.read_bytes())
        for name in ("outbox.py", "inbox.py"):
            with contextlib.suppress(FileNotFoundError):
                digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]


def _wait(work: Coroutine[None, None, Result] | Awaitable[Result]) -> Result:
    """Run to the end from a plain function, even inside a test's running event loop."""

    async def await_it() -> Result:
        return await work

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(await_it())).result(timeout=180)
