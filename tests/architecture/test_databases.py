"""Each service's migrations have one head and build exactly its tables."""

import asyncio

import pytest

from hejnal_runtime import migrations

from .rooms import SCHEMAS, SERVICES


@pytest.mark.parametrize("service", sorted(SCHEMAS))
def test_one_migration_head(service):
    assert len(migrations.heads(SERVICES[service])) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("service", sorted(SCHEMAS))
async def test_migrations_build_the_tables(service, make_database):
    url = make_database(SCHEMAS[service])
    differences = await asyncio.to_thread(migrations.check, url, SERVICES[service], SCHEMAS[service])
    assert differences == []


@pytest.mark.postgres
@pytest.mark.parametrize("service", sorted(SCHEMAS))
async def test_migrating_again_changes_nothing(service, make_database):
    url = make_database(SCHEMAS[service])
    await asyncio.to_thread(migrations.upgrade, url, SERVICES[service], SCHEMAS[service])
