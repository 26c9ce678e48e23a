"""A compacted topic as a table."""

import pytest
from bus_room import NOW, running, until

from hejnal_contracts.residents import SubscriptionChanged
from hejnal_runtime.bus import CompactedTable, Producer

pytestmark = pytest.mark.kafka


def subscription(resident: str, version: int) -> SubscriptionChanged:
    return SubscriptionChanged(resident_id=resident, version=version, changed_at=NOW)


async def test_last_state_per_key_tombstones_and_what_follows(kafka_bootstrap, make_topics):
    prefix = await make_topics("subscriptions", partitions=3)
    producer = Producer(kafka_bootstrap, prefix)
    for number in range(20):
        await producer.send_fact(subscription(f"r{number % 4}", number + 1), "test")
    await producer.enqueue("subscriptions", None, "r0", [])
    await producer.stop()
    changes: list[tuple[str, bool]] = []

    async def on_change(key: str, fact: object) -> None:
        changes.append((key, fact is not None))

    table = CompactedTable(kafka_bootstrap, "subscriptions", topic_prefix=prefix, on_change=on_change)
    assert "not loaded" in (table.health() or "")
    async with running(table):
        await table.load()
        assert table.health() is None
        assert {row.resident_id: row.version for row in table.values() if isinstance(row, SubscriptionChanged)} == {
            "r1": 18,
            "r2": 19,
            "r3": 20,
        }
        assert ("r0", False) in changes
        again = Producer(kafka_bootstrap, prefix)
        await again.send_fact(subscription("r9", 1), "test")
        await until(lambda: table.get("r9"))
        await again.stop()


def test_only_compacted_topics_are_tables():
    with pytest.raises(ValueError, match="not compacted"):
        CompactedTable("127.0.0.1:1", "reports")
