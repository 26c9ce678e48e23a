"""Creates the Kafka topics from their one declaration in `hejnal_contracts.topics`."""

import argparse
import asyncio
import sys
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from hejnal_contracts.topics import DLQ_RETENTION_MS, TOPICS, Topic


class TopicError(RuntimeError):
    """The broker refused a topic."""


async def create_topics(
    bootstrap: str,
    topics: Iterable[Topic] = TOPICS,
    *,
    prefix: str = "",
    partitions: int | None = None,
    replication_factor: int = 1,
) -> list[str]:
    """Create each topic and its DLQ if missing; gives the names that are new. `partitions` overrides the declaration.

    Raises TopicError with the broker's reason.
    """
    wanted: list[NewTopic] = []
    for topic in topics:
        count = partitions or topic.partitions
        wanted.append(NewTopic(prefix + topic.name, count, replication_factor, topic_configs=topic.config()))
        dlq_settings = {"cleanup.policy": "delete", "retention.ms": str(DLQ_RETENTION_MS)}
        wanted.append(NewTopic(prefix + topic.dlq, 1, replication_factor, topic_configs=dlq_settings))
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=30_000)
    await client.start()
    try:
        response = await client.create_topics(wanted)
    finally:
        await client.close()
    # The client never raises for a refused topic: the answer has to be read.
    created, refused = [], []
    for name, code, *message in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != TopicAlreadyExistsError.errno:
            refused.append(f"{name}: {for_code(code).__name__} {message[0] if message and message[0] else ''}".strip())
    if refused:
        raise TopicError("Kafka refused topics: " + "; ".join(refused))
    return created


def main() -> None:
    """`python -m hejnal_runtime.bus.topics --bootstrap HOST:PORT`: create what is missing and say what was made."""
    parser = argparse.ArgumentParser(description="Create the declared Kafka topics that are missing.")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--replication-factor", type=int, default=1)
    options = parser.parse_args()
    work = create_topics(options.bootstrap, prefix=options.prefix, replication_factor=options.replication_factor)
    sys.stdout.write("".join(f"created {name}\n" for name in asyncio.run(work)))


if __name__ == "__main__":
    main()
