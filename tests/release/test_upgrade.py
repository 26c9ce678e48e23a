"""From the last release's database to this code's: nothing is lost, and nothing that it uses goes away."""

import asyncio
import copy
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from alembic import command

from hejnal_local import database_roles, releases
from hejnal_local.database_roles import BY_SCHEMA
from hejnal_local.workspace import Workspace
from hejnal_runtime import migrations

ROOT = Workspace.of_this_clone().root
LAST = releases.read(ROOT)
SCHEMAS = sorted(LAST["schemas"])

# Rows of the last release, one table of each kind that matters: keys, JSON, bytes, geometry, instants, arrays.
ROWS = {
    "recorder": "insert into archives (archive_id, named_at) values ('a-1', now())",
    "gateway": """
        insert into accounts (account_id, login, name, role, password_hash, totp_secret)
        values ('acc-1', 'anna', 'Anna Żółć', 'operator', 'argon2', '\\x0102');
        insert into cameras (camera_id, version, state, username) values ('cam-1', 3, '{"name": "Rynek"}', '\\xff00');
        insert into sessions (token_hash, session_id, account_id, created_at, last_seen_at, expires_at)
        values ('\\x01', 's-1', 'acc-1', now(), now(), now() + interval '1 day')""",
    "citizen": """
        insert into residents (id, kind, created_at, changed_at) values ('r-1', 'account', now(), now());
        insert into contacts (id, resident_id, channel, address, verified_at, unsubscribe_token)
        values ('c-1', 'r-1', 'email', 'anna@example.pl', now(), 'u-1');
        insert into consents (id, resident_id, contact_id, action, text, text_version, language, way, legal_basis, at)
        values ('k-1', 'r-1', 'c-1', 'granted', 'Zgoda', '2026-11', 'pl', 'code', 'consent', now())""",
    "notifier": """
        insert into recipients (resident_id, version, language, changed_at) values ('r-1', 4, 'pl', now());
        insert into contacts (resident_id, contact_id, channel, address, consent_id, verified_at)
        values ('r-1', 'c-1', 'email', 'anna@example.pl', 'k-1', now());
        insert into filters (resident_id, place, categories, min_severity, channels, reach, area)
        values ('r-1', 0, '{*}', 0, '{email}', 'area', st_makeenvelope(20, 51, 21, 52, 4326));
        insert into deliveries (delivery_id, channel, priority, state, not_before, expires_at, created_at, changed_at)
        values (gen_random_uuid(), 'email', 1, 'queued', now(), now() + interval '1 hour', now(), now())""",
}


@pytest.fixture
def old_database(make_database: Callable[[str | None], str], postgres_admin_url: str) -> Callable[[str], Any]:
    """`await old_database("citizen")`: SQLAlchemy URL of a database at the last release's revision, with rows in it."""

    async def make(schema: str) -> str:
        one = BY_SCHEMA[schema]
        url = make_database(None)
        name = url.rpartition("/")[2].partition("?")[0]
        await database_roles.provision(postgres_admin_url, name, {one.role: "of-this-test-cluster-only"}, [one])
        url = database_roles.url_of(
            postgres_admin_url, database=name, role=one.role, password="of-this-test-cluster-only", driver="+asyncpg"
        )
        await migrate_to(url, one.package, schema, LAST["schemas"][schema]["revision"])
        async with connected(url, schema) as connection:
            await connection.execute(ROWS[schema])
        return url

    return make


class connected:  # noqa: N801 reads as a phrase
    def __init__(self, url: str, schema: str) -> None:
        self._url = url.replace("+asyncpg", "")
        self._schema = schema

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection = await asyncpg.connect(self._url, timeout=20, server_settings={"search_path": f"{self._schema},public"})
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


async def migrate_to(url: str, package: str, schema: str, revision: str) -> None:
    """As `migrations.upgrade`, but not further than `revision`."""

    def work(connection: Any) -> None:
        migrations._prepare(connection, schema)
        config = migrations._config(package)
        config.attributes |= {"connection": connection, "schema": schema, "metadata": migrations._metadata(package)}
        command.upgrade(config, revision)
        connection.commit()

    await migrations._run(url, work)


async def contents(url: str, schema: str, columns: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Every row of every table as text, only in the columns that the last release knows."""
    found = {}
    async with connected(url, schema) as connection:
        for table, known in columns.items():
            names = ", ".join(f'"{name}"' for name in sorted(known))
            rows = await connection.fetch(f'select row({names})::text as line from {schema}."{table}" order by 1')
            found[table] = [row["line"] for row in rows]
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_an_upgrade_keeps_what_the_last_release_wrote_and_all_that_it_uses(schema, old_database):
    url = await old_database(schema)
    columns = LAST["schemas"][schema]["tables"]
    async with connected(url, schema) as connection:
        assert await releases.shape_of(connection, schema) == columns, "last.json does not say what its revision builds"
    before = await contents(url, schema, columns)
    assert sum(map(len, before.values())) >= ROWS[schema].count("insert into")

    await asyncio.to_thread(migrations.upgrade, url, BY_SCHEMA[schema].package, schema)

    async with connected(url, schema) as connection:
        now = await releases.shape_of(connection, schema)
    broken = releases.breaks(columns, now, set(LAST["schemas"][schema]["abandoned"]))
    assert broken == [], f"{LAST['version']} could not run beside this any more (decision 0017): {broken}"
    assert await contents(url, schema, columns) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda now: now.pop("residents"), "residents is gone or has another name"),
        (lambda now: now["contacts"].pop("address"), "contacts.address is gone or has another name"),
        (lambda now: now["contacts"]["address"].update(type="integer"), "contacts.address was text and is integer"),
        (lambda now: now["residents"]["quiet_ends"].update(required=True), "residents.quiet_ends must have a value"),
        (lambda now: now["residents"]["language"].update(has_default=False), "residents.language has lost its default"),
        (
            lambda now: now["residents"].update(shoe_size={"type": "text", "required": True, "has_default": False}),
            "residents.shoe_size is new and required",
        ),
    ],
)
def test_a_migration_that_the_last_release_would_stumble_over_is_told(change, told):
    before = LAST["schemas"]["citizen"]["tables"]
    now = copy.deepcopy(before)
    change(now)

    (found,) = releases.breaks(before, now, set())

    assert told in found


def test_what_the_last_release_has_abandoned_may_go():
    before = LAST["schemas"]["citizen"]["tables"]
    now = copy.deepcopy(before)
    del now["residents"], now["contacts"]["address"]

    assert releases.breaks(before, now, {"residents", "contacts.address"}) == []


def test_the_file_reads_back_what_was_written():
    assert json.loads(releases.text_of(LAST)) == LAST


async def test_a_database_of_a_newer_release_is_left_alone(make_database):
    url = make_database("notifier")
    async with connected(url, "notifier") as connection:
        await connection.execute("update notifier.alembic_version set version_num = '9999'")

    with pytest.raises(migrations.MigrationRefusedError, match="9999, which this release does not know"):
        await asyncio.to_thread(migrations.upgrade, url, "hejnal_notifier", "notifier")

    async with connected(url, "notifier") as connection:
        assert await connection.fetchval("select version_num from notifier.alembic_version") == "9999"


async def test_a_migration_does_not_wait_for_ever_behind_somebody_who_holds_a_table(old_database):
    url = await old_database("notifier")
    async with connected(url, "notifier") as holder, holder.transaction():
        await holder.execute("lock table notifier.alembic_version in share mode")
        with pytest.raises(migrations.MigrationRefusedError, match="in use for more than 5s"):
            await asyncio.to_thread(migrations.upgrade, url, "hejnal_notifier", "notifier")

    await asyncio.to_thread(migrations.upgrade, url, "hejnal_notifier", "notifier")
