"""A broker of our own: answers, stops cleanly, and comes back after kill -9 with everything it acknowledged."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka
from hejnal_local.kafka_cluster import Cluster
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE
from hejnal_runtime.bus.topics import TopicError, create_topics

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def installation() -> kafka.Installation:
    installed = kafka.Installation(CACHE / "kafka")
    installed.install()
    return installed


@pytest.fixture
def broker(installation: kafka.Installation, tmp_path: Path) -> Iterator[kafka.Broker]:
    one = kafka.Broker(installation, tmp_path / "kafka", *free_ports(2))
    yield one
    one.stop()


async def _read(bootstrap: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition("reports", 0)])
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def _send(bootstrap: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait("reports", value, partition=0)
    finally:
        await producer.stop()


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_what_was_acknowledged_survives(broker: kafka.Broker, ending: str) -> None:
    broker.start()
    assert await create_topics(broker.bootstrap, [BY_NAME["reports"]], partitions=1) == ["reports", "reports.dlq"]
    assert await create_topics(broker.bootstrap, [BY_NAME["reports"]], partitions=1) == []
    await _send(broker.bootstrap, [b"one", b"two"])
    first_pid = broker.pid
    getattr(broker, ending)()
    assert broker.pid is None
    assert not kafka.answers(int(broker.bootstrap.rpartition(":")[2]))
    broker.start()
    assert broker.pid != first_pid
    await _send(broker.bootstrap, [b"three"])
    assert await _read(broker.bootstrap, 3) == [b"one", b"two", b"three"]


def test_the_ports_may_change_between_starts(installation: kafka.Installation, tmp_path: Path) -> None:
    for _ in range(2):
        broker = kafka.Broker(installation, tmp_path, *free_ports(2))
        broker.start()
        broker.stop()


@pytest.mark.slow
async def test_a_cluster_goes_on_without_one_of_its_brokers(installation: kafka.Installation, tmp_path: Path) -> None:
    cluster = Cluster(installation, tmp_path)
    try:
        cluster.start()
        await create_topics(cluster.bootstrap, [BY_NAME["reports"]], partitions=1, replication_factor=3)
        await _send(cluster.bootstrap, [b"one", b"two"])
        cluster.brokers[1].kill()
        await _send(cluster.bootstrap, [b"three"])
        cluster.start()
        assert all(broker.pid is not None for broker in cluster.brokers)
        assert await _read(cluster.bootstrap, 3) == [b"one", b"two", b"three"]
    finally:
        cluster.stop()


async def test_a_refused_topic_is_an_error(kafka_bootstrap: str) -> None:
    with pytest.raises(TopicError, match="not allowed: InvalidTopic"):
        await create_topics(kafka_bootstrap, [replace(BY_NAME["reports"], name="not allowed")])


def test_a_broker_that_cannot_start_says_why(installation: kafka.Installation, tmp_path: Path, kafka_bootstrap: str) -> None:
    taken = int(kafka_bootstrap.rpartition(":")[2])
    broker = kafka.Broker(installation, tmp_path, free_ports(1)[0], taken)
    with pytest.raises(kafka.KafkaError, match="ended during its start"):
        broker.start()
