"""Kafka after a restore, where Kafka has survived: it is ahead of the databases, and is put back beside them.

Consumers are put back to the backup's moment: what they have read since is read again, and taken once (inbox, natural keys).
Topics that only repeat an owner's table (`cameras`, `subscriptions`) are made anew, empty; their owners publish them again.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from hejnal_backup.errors import BackupError
from hejnal_contracts.topics import TOPICS
from hejnal_runtime.bus.connection import KafkaConnection

MARGIN = timedelta(minutes=10)
"""Consumers may have been behind when the backup was taken; to read twice does no harm."""
TIMEOUT_S = 60
REPUBLISHED = tuple(topic.name for topic in TOPICS if topic.compacted and topic.retention_ms is None)


@dataclass(slots=True)
class Rewound:
    """What was done to Kafka."""

    groups: int = 0
    emptied: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    """Residents who have left since the backup: the restored database knows them again, and they must be erased again."""


async def rewind(kafka: KafkaConnection, prefix: str, taken_at: datetime) -> Rewound:
    """Put Kafka back beside databases of `taken_at`. BackupError when services still consume, or Kafka does not answer."""
    done = Rewound()
    admin = AIOKafkaAdminClient(**kafka.options(), request_timeout_ms=30_000)
    try:
        await asyncio.wait_for(admin.start(), TIMEOUT_S)
        try:
            names = {prefix + topic.name for topic in TOPICS} & set(await admin.list_topics())
            groups = await _our_groups(admin, prefix, names)
            subscriptions = prefix + "subscriptions"
            done.erased = await _tombstones(admin, kafka, subscriptions, taken_at) if subscriptions in names else []
            for group, committed in groups.items():
                await _put_back(kafka, group, committed, taken_at - MARGIN)
                done.groups += 1
            again = [prefix + name for name in REPUBLISHED if prefix + name in names]
            await _make_anew(admin, again)
            done.emptied = again
        finally:
            await admin.close()
    except (KafkaError, TimeoutError, OSError) as error:
        raise BackupError(
            f"Kafka at {kafka.bootstrap} could not be put back ({error!r}). Databases are: once it answers, "
            "`python -m hejnal_backup rewind` with the same settings does the rest"
        ) from error
    return done


async def _our_groups(admin: AIOKafkaAdminClient, prefix: str, names: set[str]) -> dict[str, dict[TopicPartition, int]]:
    """Committed offsets of every group that reads our topics; nobody may be in them."""
    found: dict[str, dict[TopicPartition, int]] = {}
    for group, *_ in await admin.list_consumer_groups():
        if not group.startswith(prefix):
            continue
        offsets = await admin.list_consumer_group_offsets(group)
        ours = {where: kept.offset for where, kept in offsets.items() if where.topic in names and kept.offset >= 0}
        if not ours:
            continue
        for answer in await admin.describe_consumer_groups([group]):
            for described in answer.groups:
                if described[2] not in ("Empty", "Dead"):
                    raise BackupError(f"the consumer group {group} is at work ({described[2]}): stop the services first")
        found[group] = ours
    return found


async def _put_back(kafka: KafkaConnection, group: str, committed: dict[TopicPartition, int], since: datetime) -> None:
    consumer = AIOKafkaConsumer(**kafka.options(), group_id=group, enable_auto_commit=False, request_timeout_ms=30_000)
    await asyncio.wait_for(consumer.start(), TIMEOUT_S)
    try:
        consumer.assign(list(committed))
        at_ms = int(since.timestamp() * 1000)
        first = await asyncio.wait_for(consumer.offsets_for_times(dict.fromkeys(committed, at_ms)), TIMEOUT_S)
        goal = {where: min(offset, first[where].offset) for where, offset in committed.items() if first.get(where) is not None}
        if goal:
            await asyncio.wait_for(consumer.commit(goal), TIMEOUT_S)
    finally:
        await consumer.stop()


async def _tombstones(admin: AIOKafkaAdminClient, kafka: KafkaConnection, topic: str, since: datetime) -> list[str]:
    """Keys whose newest message is a null younger than `since`."""
    (described,) = await admin.describe_topics([topic])
    partitions = [TopicPartition(topic, int(one["partition"])) for one in described["partitions"]]
    consumer = AIOKafkaConsumer(**kafka.options(), enable_auto_commit=False, request_timeout_ms=30_000)
    await asyncio.wait_for(consumer.start(), TIMEOUT_S)
    gone: dict[str, bool] = {}
    try:
        consumer.assign(partitions)
        ends = await asyncio.wait_for(consumer.end_offsets(partitions), TIMEOUT_S)
        at_ms = int((since - MARGIN).timestamp() * 1000)
        first = await asyncio.wait_for(consumer.offsets_for_times(dict.fromkeys(partitions, at_ms)), TIMEOUT_S)
        for where in partitions:
            consumer.seek(where, ends[where] if first[where] is None else first[where].offset)
        while any([await consumer.position(where) < ends[where] for where in partitions]):
            batch = await asyncio.wait_for(consumer.getmany(timeout_ms=1000), TIMEOUT_S)
            for records in batch.values():
                for record in records:
                    gone[(record.key or b"").decode()] = record.value is None
    finally:
        await consumer.stop()
    return sorted(key for key, is_gone in gone.items() if is_gone and key)


async def _make_anew(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Delete topics and make them again with as many partitions and replicas: what is only compacted refuses DeleteRecords."""
    if not names:
        return
    described = await admin.describe_topics(names)
    plans = [
        (one["topic"], len(one["partitions"]), len(one["partitions"][0]["replicas"])) for one in described if one["partitions"]
    ]
    configs = {topic.name: topic.config() for topic in TOPICS}
    await admin.delete_topics(names)
    deadline = asyncio.get_running_loop().time() + TIMEOUT_S
    for name, partitions, replicas in plans:
        config = next(config for plain, config in configs.items() if name.endswith(plain))
        while True:
            answer = await admin.create_topics([NewTopic(name, partitions, replicas, topic_configs=config)])
            code = answer.topic_errors[0][1]
            if code == 0:
                break
            if asyncio.get_running_loop().time() > deadline:
                raise BackupError(f"the topic {name} was deleted and could not be made again (error {code}): create it, see docs")
            await asyncio.sleep(0.2)  # its deletion is still under way
