"""The shared fixtures give what they promise."""

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from hejnal_local.testing import MakeTopics


@pytest.mark.kafka
async def test_topics_exist_with_their_dlq(kafka_bootstrap: str, make_topics: MakeTopics) -> None:
    prefix = await make_topics("cameras", "anything", partitions=2)
    other = await make_topics("cameras")
    assert prefix != other
    client = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await client.start()
    try:
        names = set(await client.list_topics())
        described = await client.describe_topics([f"{prefix}cameras"])
    finally:
        await client.close()
    assert {f"{prefix}{name}" for name in ("cameras", "cameras.dlq", "anything", "anything.dlq")} <= names
    assert len(described[0]["partitions"]) == 2


@pytest.mark.postgres
async def test_an_empty_database_has_postgis(make_database) -> None:
    first, second = make_database(None), make_database(None)
    assert first != second
    connection = await asyncpg.connect(first.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT ST_AsText(ST_MakePoint(20.95, 51.05))") == "POINT(20.95 51.05)"
    finally:
        await connection.close()
