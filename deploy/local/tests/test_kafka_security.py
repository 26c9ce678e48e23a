"""A secured broker as `make run KAFKA_SECURITY=1` starts it: every user against every topic and every group."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pydantic import SecretStr

from hejnal_contracts.access import ACCESS, BY_PRINCIPAL, GROUPS, SERVICES, Access, outside_consumer
from hejnal_contracts.topics import BY_NAME, TOPICS
from hejnal_local.kafka import Broker
from hejnal_local.kafka_security import KafkaSecurity
from hejnal_local.keys import KeyRing
from hejnal_local.ports import free_ports
from hejnal_local.testing import kafka_installation
from hejnal_runtime.bus import CompactedTable, Consumer, Message, Producer
from hejnal_runtime.bus.administration import Changes, grant, remove_users, set_passwords
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.topics import TopicError, create_topics
from hejnal_runtime.bus.users import main

pytestmark = pytest.mark.kafka
NAMES = tuple(name for topic in TOPICS for name in (topic.name, topic.dlq))
WAIT_S = 30


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSecurity]:
    """A secured broker with its users, rights and topics, and one message on each topic."""
    folder = tmp_path_factory.mktemp("secured")
    port, controller_port, internal_port = free_ports(3)
    (folder / "keys").mkdir()
    security = KafkaSecurity(folder / "keys" / "kafka", KeyRing(folder / "keys"), port, internal_port)
    security.prepare()
    broker = Broker(kafka_installation(), folder / "kafka", port, controller_port, secured=security.secured)
    broker.start()

    async def fill() -> None:
        await security.apply()
        await create_topics(security.as_user("topics"), partitions=1)
        async with AIOKafkaProducer(**security.administrator.options()) as producer:
            await asyncio.gather(*[producer.send_and_wait(name, b"{}", key=b"key") for name in NAMES])

    try:
        asyncio.run(fill())
        yield security
    finally:
        broker.stop()


async def until_says(client: Consumer | Producer | CompactedTable, *words: str) -> str:
    """What a client says is wrong, once all of these words are in it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            found = client.health() or ""
            if all(word in found for word in words):
                return found
            await asyncio.sleep(0.05)


async def until_well(client: Consumer | CompactedTable) -> None:
    async with asyncio.timeout(WAIT_S):
        while client.health() is not None:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(*clients: Consumer | CompactedTable) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def take(_messages: list[Message]) -> None:
    """A handler."""


async def may_write(connection: KafkaConnection) -> set[str]:
    allowed: set[str] = set()
    async with AIOKafkaProducer(**connection.options()) as producer:
        for name in NAMES:
            with suppress(TopicAuthorizationFailedError):
                await asyncio.wait_for(producer.send_and_wait(name, b"{}", key=b"key"), WAIT_S)
                allowed.add(name)
    return allowed


async def may_see_and_read(connection: KafkaConnection) -> tuple[set[str], set[str]]:
    """Topics whose existence Kafka admits, and those of them that it lets be read."""
    allowed: set[str] = set()
    async with AIOKafkaConsumer(**connection.options(), auto_offset_reset="earliest") as consumer:
        visible = await consumer.topics() & set(NAMES)
        for name in visible:
            consumer.assign([TopicPartition(name, 0)])
            with suppress(TopicAuthorizationFailedError):
                await asyncio.wait_for(consumer.getone(), WAIT_S)
                allowed.add(name)
    return visible, allowed


@pytest.mark.parametrize("access", ACCESS, ids=lambda access: access.principal)
async def test_each_user_writes_and_reads_its_topics_and_no_other(town: KafkaSecurity, access: Access) -> None:
    connection = town.as_user(access.principal)
    assert await may_write(connection) == {*access.produce, *access.dead_letters}
    visible, readable = await may_see_and_read(connection)
    assert readable == set(access.consume)
    everything = access.creates_topics or access.describes_all
    assert visible == (set(NAMES) if everything else {*access.produce, *access.consume, *access.dead_letters})


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_works_through_the_bus_in_its_own_groups(town: KafkaSecurity, service: str) -> None:
    connection = town.as_user(service)
    producer = Producer(connection)
    members = [Consumer(connection, group.name, group.topics, batch_handler=take, producer=producer) for group in GROUPS[service]]
    for name in BY_PRINCIPAL[service].produce:
        await producer.send_raw(name, b"{}", b"key", [])
    async with running(*members):
        for member in members:
            await until_well(member)
    await producer.stop()


@pytest.mark.parametrize("service", SERVICES)
async def test_no_service_enters_the_group_of_another(town: KafkaSecurity, service: str) -> None:
    admin = AIOKafkaAdminClient(**town.as_user(service).options())
    await admin.start()
    try:
        for owner, groups in GROUPS.items():
            for group in groups:
                if owner == service:
                    await admin.find_coordinator(group.name)
                    continue
                with pytest.raises(GroupAuthorizationFailedError):
                    await admin.find_coordinator(group.name)
    finally:
        await admin.close()


async def test_a_foreign_topic_or_group_is_told_with_what_to_ask_for(town: KafkaSecurity) -> None:
    connection = town.as_user("citizen-api")
    producer = Producer(connection)
    with pytest.raises(TopicAuthorizationFailedError):
        await producer.send_raw("alerts", b"{}", b"key", [])
    assert "user citizen-api to write to topic alerts" in await until_says(producer, "ask the administrator")
    await producer.send_raw("reports", b"{}", b"key", [])  # one refusal costs nothing else
    assert producer.health() is None
    foreign_topic = Consumer(connection, "citizen-api-cameras", ["alerts"], batch_handler=take, producer=producer)
    foreign_group = Consumer(connection, "notifier", ["cameras"], batch_handler=take, producer=producer)
    table = CompactedTable(connection, "camera-status")
    async with running(foreign_topic, foreign_group, table):
        await until_says(foreign_topic, "to read from topic alerts", "ask the administrator")
        await until_says(foreign_group, "to use group notifier", "ask the administrator")
        await until_says(table, "to read from topic camera-status", "ask the administrator")
    await producer.stop()


async def test_who_is_not_known_or_speaks_without_tls_is_told_so(town: KafkaSecurity) -> None:
    known = town.as_user("notifier")
    plain = KafkaConnection(known.bootstrap)
    refused = {
        "its password is another one": replace(known, password_file=None, password=SecretStr("wrong")),
        "does not know user mayor": replace(known, user="mayor"),
        "is not trusted": replace(known, ca_file=None),
        "closes the connection of a client without TLS": plain,
        "does not take passwords by PLAIN": replace(known, sasl_mechanism="PLAIN"),
        "KAFKA_CA_FILE": replace(known, ca_file=Path("away.pem")),
        "wants a client certificate": replace(town.administrator, client_certificate_file=None),
    }
    for words, connection in refused.items():
        consumer = Consumer(connection, "notifier", ["subscriptions"], batch_handler=take, producer=Producer(connection))
        async with running(consumer):
            await until_says(consumer, words)
        with pytest.raises(TopicError, match=words):
            await create_topics(connection)


async def test_a_name_that_the_certificate_does_not_bear_is_refused(town: KafkaSecurity) -> None:
    by_another_name = replace(town.as_user("topics"), bootstrap=f"127.1:{town.port}")  # the same address, written otherwise
    with pytest.raises(TopicError, match="bears another name"):
        await create_topics(by_another_name)


async def test_a_changed_password_needs_no_restart(town: KafkaSecurity, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("first\n")
    await set_passwords(town.administrator, {"dyspozytor": "first"})
    assert await grant(town.administrator, [outside_consumer("dyspozytor", "cameras")]) == Changes(given=4, taken=0)
    connection = replace(town.as_user("dyspozytor"), password_file=file)
    table = CompactedTable(connection, "cameras")
    async with running(table):
        await until_well(table)
    await set_passwords(town.administrator, {"dyspozytor": "second"})
    again = CompactedTable(connection, "cameras")
    async with running(again):
        await until_says(again, "its password is another one")
        file.write_text("second\n")
        await until_well(again)
    assert await grant(town.administrator, [Access("dyspozytor", "Nothing any more.")]) == Changes(given=0, taken=4)
    await remove_users(town.administrator, ["dyspozytor", "nobody"])
    gone = CompactedTable(connection, "cameras")
    async with running(gone):
        await until_says(gone, "does not know user dyspozytor")


async def test_a_dead_letter_that_may_not_be_written_is_told_and_ends_with_its_consumer(town: KafkaSecurity) -> None:
    connection = town.as_user("dispatch")
    producer = Producer(connection)
    consumer = Consumer(connection, "dispatch-1", ["alerts"], batch_handler=take, producer=producer, drain_s=0.5)
    async with running(consumer):
        await until_says(consumer, "user dispatch to write to any topic")
    await producer.stop()


def of_administrator(town: KafkaSecurity) -> list[str]:
    who = town.administrator
    options = ["--bootstrap", who.bootstrap, "--ca-file", str(who.ca_file)]
    return [*options, "--client-certificate-file", str(who.client_certificate_file)]


async def users(town: KafkaSecurity, *arguments: str) -> int:
    """`python -m hejnal_runtime.bus.users`, as the administrator."""
    return await asyncio.to_thread(main, [*of_administrator(town), *arguments])


async def test_the_administrator_adds_rotates_and_removes_an_outside_system(town: KafkaSecurity, tmp_path: Path) -> None:
    file = tmp_path / "czujniki.password"
    connection = replace(town.as_user("czujniki"), password_file=file)
    assert await users(town, "writer", "czujniki", "alert-requests", "--file", str(file)) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert await may_write(connection) == {"alert-requests"}
    first = file.read_text()
    assert await users(town, "password", "czujniki", "--file", str(file)) == 0
    assert file.read_text() != first
    assert await may_write(connection) == {"alert-requests"}
    assert await users(town, "reader", "notifier", "alerts", "--file", str(tmp_path / "x")) == 1, "a user of the platform itself"
    assert await users(town, "remove", "czujniki") == 0
    with pytest.raises(TopicError, match="does not know user czujniki"):
        await create_topics(connection)


async def test_dead_letters_are_read_by_whom_the_administrator_lets(town: KafkaSecurity, tmp_path: Path) -> None:
    file = tmp_path / "odlozone.password"
    assert await users(town, "reader", "odlozone", "announcements.dlq", "--file", str(file)) == 0
    connection = replace(town.as_user("odlozone"), password_file=file)
    assert await may_see_and_read(connection) == ({"announcements.dlq"}, {"announcements.dlq"})
    assert await may_write(connection) == set()
    assert await users(town, "remove", "odlozone") == 0
    with pytest.raises(SystemExit):  # what was put aside is for eyes only
        main([*of_administrator(town), "writer", "odlozone", "announcements.dlq", "--file", str(file)])


async def test_granting_again_changes_nothing(town: KafkaSecurity) -> None:
    assert await grant(town.administrator, ACCESS) == Changes(0, 0)


async def test_topics_are_kept_by_as_many_brokers_as_asked(town: KafkaSecurity) -> None:
    await create_topics(town.administrator, [replace(BY_NAME["reports"], name="kept-twice")], min_insync_replicas=1)
    with pytest.raises(TopicError, match="InvalidReplicationFactor"):
        await create_topics(town.administrator, [replace(BY_NAME["reports"], name="three-copies")], replication_factor=3)
