"""A Kafka that has survived is put back beside a database that was restored."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from hejnal_backup.errors import BackupError
from hejnal_backup.topics import MARGIN, rewind
from hejnal_runtime.bus.connection import KafkaConnection

NOW = datetime.now(UTC).replace(microsecond=0)
TAKEN_AT = NOW - timedelta(hours=2)


async def produce(bootstrap, topic, *messages):
    """(key, value, when) each, into partition 0."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for key, value, at in messages:
            await producer.send_and_wait(topic, value, key=key, partition=0, timestamp_ms=int(at.timestamp() * 1000))
    finally:
        await producer.stop()


async def committed(bootstrap, group, topic, offset=None):
    """What a group has read up to; with `offset` it reads so far first."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        where = TopicPartition(topic, 0)
        consumer.assign([where])
        if offset is not None:
            await consumer.commit({where: offset})
        return await consumer.committed(where)
    finally:
        await consumer.stop()


async def end_of(bootstrap, topic):
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        where = TopicPartition(topic, 0)
        return (await consumer.end_offsets([where]))[where]
    finally:
        await consumer.stop()


async def test_consumers_go_back_to_the_backups_moment_and_mirrors_are_emptied(kafka_bootstrap, make_topics):
    prefix = await make_topics("announcements", "subscriptions", partitions=1)
    before, within, since = TAKEN_AT - timedelta(days=1), TAKEN_AT - MARGIN / 2, TAKEN_AT + timedelta(hours=1)
    await produce(
        kafka_bootstrap, prefix + "announcements",
        (b"a", b"{}", before), (b"b", b"{}", before), (b"c", b"{}", within), (b"d", b"{}", since),
    )  # fmt: skip
    await produce(
        kafka_bootstrap, prefix + "subscriptions",
        (b"gone-long-ago", None, before), (b"stays", b"{}", since), (b"leaves", b"{}", since), (b"leaves", None, since),
        (b"comes-back", None, since), (b"comes-back", b"{}", since),
    )  # fmt: skip
    await committed(kafka_bootstrap, prefix + "notifier", prefix + "announcements", 4)
    await committed(kafka_bootstrap, prefix + "slow", prefix + "announcements", 1)

    done = await rewind(KafkaConnection(kafka_bootstrap), prefix, TAKEN_AT)

    assert done.erased == ["leaves"]
    assert done.emptied == [prefix + "subscriptions"]
    assert await committed(kafka_bootstrap, prefix + "notifier", prefix + "announcements") == 2
    assert await committed(kafka_bootstrap, prefix + "slow", prefix + "announcements") == 1, "nobody is put forward"
    assert await end_of(kafka_bootstrap, prefix + "subscriptions") == 0
    assert await end_of(kafka_bootstrap, prefix + "announcements") == 4
    again = await rewind(KafkaConnection(kafka_bootstrap), prefix, TAKEN_AT)
    assert (again.groups, again.erased) == (done.groups, [])


async def test_nothing_is_put_back_under_a_service_at_work(kafka_bootstrap, make_topics):
    prefix = await make_topics("announcements", partitions=1)
    await produce(kafka_bootstrap, prefix + "announcements", (b"a", b"{}", NOW))
    consumer = AIOKafkaConsumer(
        prefix + "announcements", bootstrap_servers=kafka_bootstrap, group_id=prefix + "notifier", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            await consumer.getone()
        await consumer.commit()

        with pytest.raises(BackupError, match=r"notifier is at work .* stop the services first"):
            await rewind(KafkaConnection(kafka_bootstrap), prefix, TAKEN_AT)
    finally:
        await consumer.stop()


async def test_a_kafka_that_does_not_answer_is_said_so():
    with pytest.raises(BackupError, match=r"could not be put back .* `python -m hejnal_backup rewind`"):
        await rewind(KafkaConnection("127.0.0.1:1"), "", TAKEN_AT)
