"""Creates the Kafka topics from their one declaration in `hejnal_contracts.topics`."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from hejnal_contracts.topics import DLQ_RETENTION_MS, TOPICS, Topic
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.refusals import why_not_connected


class TopicError(RuntimeError):
    """The broker refused a topic."""


async def create_topics(
    kafka: KafkaConnection | str,
    topics: Iterable[Topic] = TOPICS,
    *,
    prefix: str = "",
    partitions: int | None = None,
    replication_factor: int = 1,
    min_insync_replicas: int | None = None,
) -> list[str]:
    """Create each topic and its DLQ if missing; gives the names that are new. `partitions` overrides the declaration.

    A message counts as taken when `min_insync_replicas` brokers have it (producers ask for acks=all): of three copies two, so
    that one broker may be away and the loss of another still loses nothing; of fewer copies one. Raises TopicError with the
    broker's reason.
    """
    in_sync = {"min.insync.replicas": str(min_insync_replicas or (2 if replication_factor > 2 else 1))}
    wanted: list[NewTopic] = []
    for topic in topics:
        count = partitions or topic.partitions
        wanted.append(NewTopic(prefix + topic.name, count, replication_factor, topic_configs=topic.config() | in_sync))
        dlq_settings = {"cleanup.policy": "delete", "retention.ms": str(DLQ_RETENTION_MS)} | in_sync
        wanted.append(NewTopic(prefix + topic.dlq, 1, replication_factor, topic_configs=dlq_settings))
    kafka = KafkaConnection.of(kafka)
    try:
        client = AIOKafkaAdminClient(**kafka.options(), request_timeout_ms=30_000)
        await client.start()
    except KafkaError as error:
        raise TopicError(await why_not_connected(kafka) or f"Kafka at {kafka.bootstrap} does not answer: {error!r}") from error
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
    """`python -m hejnal_runtime.bus.topics --bootstrap HOST:PORT`: create what is missing and say what was made.

    With `--user` over TLS: `--user topics --password-file … --ca-file …`.
    """
    parser = argparse.ArgumentParser(description="Create the declared Kafka topics that are missing.")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--replication-factor", type=int, default=1)
    parser.add_argument("--min-insync-replicas", type=int, help="default: 2 of 3 and more copies, else 1")
    parser.add_argument("--user", help="SASL_SSL with SCRAM-SHA-512; needs --password-file")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--ca-file", type=Path, help="authorities that sign the brokers' certificates; default the system's")
    parser.add_argument("--client-certificate-file", type=Path, help="TLS with a client certificate instead of a user")
    parser.add_argument("--client-key-file", type=Path)
    options = parser.parse_args()
    if (options.user is None) != (options.password_file is None):
        parser.error("--user and --password-file belong together")
    has_tls = options.ca_file is not None or options.client_certificate_file is not None
    kafka = KafkaConnection(
        options.bootstrap,
        security_protocol="SASL_SSL" if options.user else "SSL" if has_tls else "PLAINTEXT",
        user=options.user,
        password_file=options.password_file,
        ca_file=options.ca_file,
        client_certificate_file=options.client_certificate_file,
        client_key_file=options.client_key_file,
    )
    work = create_topics(
        kafka,
        prefix=options.prefix,
        replication_factor=options.replication_factor,
        min_insync_replicas=options.min_insync_replicas,
    )
    try:
        created = asyncio.run(work)
    except TopicError as error:
        sys.exit(str(error))
    sys.stdout.write("".join(f"created {name}\n" for name in created))


if __name__ == "__main__":
    main()
