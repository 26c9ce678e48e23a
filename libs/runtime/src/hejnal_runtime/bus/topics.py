"""Making the declared topics on a cluster."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from hejnal_contracts.topics import DLQ_RETENTION_MS, TOPICS, Topic

TOPIC_ALREADY_EXISTS = 36


async def create_topics(
    bootstrap: str,
    topics: Iterable[Topic] = TOPICS,
    *,
    prefix: str = "",
    partitions: int | None = None,
    replication_factor: int = 1,
) -> list[str]:
    """Create what is missing of `topics` and their DLQs; the names created. Raises KafkaError with the broker's reason.

    `partitions` overrides the declared number (tests).
    """
    wanted: list[NewTopic] = []
    for topic in topics:
        count = partitions or topic.partitions
        wanted.append(NewTopic(prefix + topic.name, count, replication_factor, topic_configs=topic.config()))
        dlq_config = {"cleanup.policy": "delete", "retention.ms": str(DLQ_RETENTION_MS)}
        wanted.append(NewTopic(prefix + topic.dlq, 1, replication_factor, topic_configs=dlq_config))
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if not missing:
            return []
        response = await admin.create_topics(missing, timeout_ms=20_000)
        for name, code, *message in response.topic_errors:  # aiokafka never raises these by itself
            if code not in (0, TOPIC_ALREADY_EXISTS):
                raise for_code(code)(f"{name}: {message[0] if message else ''}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()
