"""The bus against a real broker: nothing lost, nothing applied twice, nothing swallowed."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from bus_room import read_all, report, running, until

from hejnal_contracts.residents import ReportSubmitted
from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE
from hejnal_runtime.bus import Consumer, Message, Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.errors import AppError, Kind

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


def report_id(message: Message) -> str:
    assert isinstance(message.fact, ReportSubmitted)
    return message.fact.report_id


async def send(producer: Producer, *ids: str) -> None:
    await asyncio.gather(*(producer.send_fact(report(one), "test") for one in ids))


async def test_a_failing_message_is_retried_in_place_and_holds_only_its_own_partition(kafka_bootstrap, make_topics):
    prefix = await make_topics("reports", partitions=3)
    producer = Producer(kafka_bootstrap, prefix)
    ids = [f"r{number}" for number in range(60)]
    for one in ids:
        await producer.send_fact(report(one), "test")
    tries: Counter[str] = Counter()
    done: list[tuple[int, int, str]] = []
    stuck: dict[str, int] = {}

    async def handle(message: Message) -> None:
        tries[report_id(message)] += 1
        if message.offset == 3 and tries[report_id(message)] <= 4:
            stuck[report_id(message)] = message.partition
            raise ConnectionRefusedError("the database is away")
        done.append((message.partition, message.offset, report_id(message)))

    consumer = Consumer(kafka_bootstrap, "g", ["reports"], handle, producer=producer, topic_prefix=prefix, back_off_base_s=0.2)
    async with running(consumer):
        await until(lambda: len(done) == len(ids))
        await consumer.stop()
    await producer.stop()
    assert sorted(one for _, _, one in done) == sorted(ids)
    for partition in range(3):
        offsets = [offset for number, offset, _ in done if number == partition]
        assert offsets == sorted(offsets), "order within a partition is kept"
    assert stuck
    assert all(tries[one] == 5 for one in stuck)


async def test_a_killed_consumer_loses_nothing_and_applies_nothing_twice(
    kafka_bootstrap, make_topics, database_url, start_program, tmp_path: Path
):
    prefix = await make_topics("reports", partitions=4)
    producer = Producer(kafka_bootstrap, prefix)
    ids = [f"r{number:03}" for number in range(200)]
    await send(producer, *ids)
    options = ["--bootstrap", kafka_bootstrap, "--prefix", prefix, "--database", database_url]
    for round_number in range(3):
        flag = tmp_path / f"in-handler-{round_number}"
        process = start_program("consume.py", *options, "--hang-at", "20", "--in-handler", str(flag))
        await until(flag.exists, 40)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
    start_program("consume.py", *options)
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        await until(lambda: connection.fetchval("select count(distinct report_id) = 200 from work.effects"), 60)
        rows = await connection.fetch("select report_id, count(*) as times from work.effects group by 1")
    finally:
        await connection.close()
        await producer.stop()
    assert {row["report_id"]: row["times"] for row in rows} == dict.fromkeys(ids, 1)


async def test_a_rebalance_in_mid_work_loses_nothing_and_applies_nothing_twice(
    kafka_bootstrap, make_topics, database_url, start_program
):
    prefix = await make_topics("reports", partitions=6)
    producer = Producer(kafka_bootstrap, prefix)
    ids = [f"r{number:03}" for number in range(600)]
    await send(producer, *ids)
    options = ["--bootstrap", kafka_bootstrap, "--prefix", prefix, "--database", database_url, "--pause-s", "0.01"]
    first = start_program("consume.py", *options)
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        await until(lambda: connection.fetchval("select count(*) > 20 from work.effects"), 40)
        start_program("consume.py", *options)  # joins: partitions move while messages are in work
        await asyncio.sleep(1)
        first.send_signal(signal.SIGTERM)  # leaves
        first.wait(timeout=20)
        await until(lambda: connection.fetchval("select count(distinct report_id) = 600 from work.effects"), 60)
        total = await connection.fetchval("select count(*) from work.effects")
        swaps = await connection.fetchval(
            "select count(*) from (select message_offset < lag(message_offset) over (partition by partition order by id) as back "
            "from work.effects) as steps where back"
        )
    finally:
        await connection.close()
        await producer.stop()
    assert total == 600
    assert swaps == 0, "messages of a partition were applied out of order"


@pytest.mark.parametrize("from_beginning", [True, False])
async def test_what_is_fetched_while_an_assignment_is_taken_up_is_handled(kafka_bootstrap, make_topics, from_beginning):
    prefix = await make_topics("reports", partitions=3)
    producer = Producer(kafka_bootstrap, prefix)
    ids = [f"r{number}" for number in range(20)]
    await send(producer, *ids)
    done: list[str] = []

    async def take_leases(_: object) -> None:
        await asyncio.sleep(1.5)  # in which a fetch would have come back
        done.append("assigned")

    async def handle(message: Message) -> None:
        done.append(report_id(message))

    consumer = Consumer(
        kafka_bootstrap,
        "g",
        ["reports"],
        handle,
        producer=producer,
        topic_prefix=prefix,
        from_beginning=from_beginning,
        on_assigned=take_leases,
    )
    async with running(consumer):
        await until(lambda: len(done) > len(ids))
        await consumer.stop()
    await producer.stop()
    assert done[0] == "assigned"
    assert sorted(done[1:]) == sorted(ids)


async def test_a_broker_that_restarts_loses_nothing(tmp_path: Path):
    installation = kafka.Installation(CACHE / "kafka")
    installation.install()
    broker = kafka.Broker(installation, tmp_path / "broker", *free_ports(2))
    broker.start()
    try:
        await create_topics(broker.bootstrap, [BY_NAME["reports"]], partitions=3)
        producer = Producer(broker.bootstrap)
        seen: Counter[str] = Counter()

        async def handle(message: Message) -> None:
            seen[report_id(message)] += 1

        consumer = Consumer(broker.bootstrap, "g", ["reports"], handle, producer=producer)
        async with running(consumer):
            await send(producer, *(f"before{number}" for number in range(20)))
            await until(lambda: len(seen) == 20)
            await asyncio.to_thread(broker.kill)
            during = asyncio.create_task(send_with_patience(producer, [f"during{number}" for number in range(20)]))
            await asyncio.sleep(1)
            await asyncio.to_thread(broker.start)
            await asyncio.wait_for(during, 90)
            await until(lambda: len(seen) == 40, 60)
            await consumer.stop()
        await producer.stop()
    finally:
        await asyncio.to_thread(broker.stop)


async def send_with_patience(producer: Producer, ids: list[str]) -> None:
    for one in ids:
        while True:
            try:
                await producer.send_fact(report(one), "test", timeout_s=10)
                break
            except AppError as error:
                assert error.kind is Kind.UNAVAILABLE
                await asyncio.sleep(0.5)


async def test_a_producer_that_is_closed_sends_nothing_later(tmp_path: Path):
    installation = kafka.Installation(CACHE / "kafka")
    installation.install()
    broker = kafka.Broker(installation, tmp_path / "broker", *free_ports(2))
    await asyncio.to_thread(broker.start)
    try:
        await create_topics(broker.bootstrap, [BY_NAME["reports"]], partitions=1)
        before = asyncio.all_tasks()
        producer = Producer(broker.bootstrap)
        await send(producer, "before")
    finally:
        await asyncio.to_thread(broker.kill)
    future = await producer.enqueue("reports", b"{}", "k", [])
    assert working(before)
    await producer.stop()
    await until(lambda: not working(before))
    assert future.exception()


def working(before: set[asyncio.Task]) -> list[str]:
    """The client library's tasks that have begun since."""
    begun = [task.get_coro() for task in asyncio.all_tasks() - before]
    return [one.__qualname__ for one in begun if "/aiokafka/" in one.cr_code.co_filename]


async def test_what_cannot_be_decoded_or_handled_goes_to_the_dlq_with_its_reason(kafka_bootstrap, make_topics):
    prefix = await make_topics("reports", partitions=1)
    producer = Producer(kafka_bootstrap, prefix)
    good = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/hejnal/test")]
    typed = [*good, ("ce_type", b"pl.hejnal.report.submitted.v1")]
    await producer.send_raw("reports", b"junk", b"k", [])
    await producer.send_raw("reports", b"{}", b"k", typed)
    await producer.send_raw("reports", None, b"k", typed)
    await producer.send_raw("reports", b"{}", b"k", [*good, ("ce_type", b"pl.hejnal.camera.removed.v1")])
    await producer.send_raw("reports", b"\xff", b"k", [*good, ("ce_type", b"\xff\xfe")])
    await producer.send_raw("reports", b"{}", b"k", [*good, ("ce_type", b"pl.hejnal.report.sung.v9")])
    await send(producer, "refused", "buggy", "fine")
    done: list[str] = []
    tries: Counter[str] = Counter()

    async def handle(message: Message) -> None:
        one = report_id(message)
        tries[one] += 1
        if one == "refused":
            raise AppError(Kind.INVALID, "no-such-unit", "There is no such unit.")
        if one == "buggy":
            raise KeyError("a bug")
        done.append(one)

    consumer = Consumer(
        kafka_bootstrap, "g", ["reports"], handle, producer=producer, topic_prefix=prefix, attempts=3, back_off_base_s=0.01
    )
    async with running(consumer):
        await until(lambda: done == ["fine"])
        await consumer.stop()
    await producer.stop()
    dead = await read_all(kafka_bootstrap, f"{prefix}reports.dlq", 7)
    reasons = [dict(record.headers)["dlq_reason"].decode() for record in dead]
    assert reasons == ["UndecodableError"] * 5 + ["AppError", "KeyError"]
    last = {name: value.decode() for name, value in dead[-1].headers}
    assert last["dlq_attempts"] == "3"
    assert last["dlq_topic"] == f"{prefix}reports"
    assert int(last["dlq_offset"]) == 7
    assert last["ce_type"] == "pl.hejnal.report.submitted.v1"
    assert tries == {"refused": 1, "buggy": 3, "fine": 1}


async def test_a_dlq_that_fills_fast_stops_the_consumer_and_its_health_says_so(kafka_bootstrap, make_topics):
    prefix = await make_topics("reports", partitions=1)
    producer = Producer(kafka_bootstrap, prefix)
    for number in range(20):
        await producer.send_raw("reports", b"junk %d" % number, b"k", [])

    async def handle(_: Message) -> None:
        raise AssertionError("nothing here can be decoded")

    consumer = Consumer(
        kafka_bootstrap, "g", ["reports"], handle, producer=producer, topic_prefix=prefix, dlq_limit=5, drain_s=0.5
    )
    async with running(consumer):
        finding = await until(lambda: (text := consumer.health()) and "DLQ" in text and text)
        await consumer.stop()
    await producer.stop()
    assert "filled too fast" in finding
    assert len(await read_all(kafka_bootstrap, f"{prefix}reports.dlq", 6, timeout_s=2)) == 5


async def test_a_slow_handler_keeps_its_membership_and_its_backlog_bounded(kafka_bootstrap, make_topics):
    prefix = await make_topics("reports", partitions=1)
    producer = Producer(kafka_bootstrap, prefix)
    await send(producer, *(f"r{number}" for number in range(300)))
    handled: list[str] = []
    release = asyncio.Event()
    assigned = 0

    async def on_assigned(_: object) -> None:
        nonlocal assigned
        assigned += 1

    async def handle(message: Message) -> None:
        if not handled:
            await release.wait()
        handled.append(report_id(message))

    consumer = Consumer(
        kafka_bootstrap,
        "g",
        ["reports"],
        handle,
        producer=producer,
        topic_prefix=prefix,
        high_water=10,
        session_timeout_ms=6000,
        stalled_after_s=2,
        on_assigned=on_assigned,
    )
    async with running(consumer):
        finding = await until(lambda: (text := consumer.health()) and "stalled" in text and text)
        await asyncio.sleep(6)  # longer than the session timeout: heart-beats must have gone on
        release.set()
        await until(lambda: len(handled) == 300)
        assert consumer.health() is None
        await consumer.stop()
    await producer.stop()
    assert "reports-0" in finding
    assert assigned == 1, "the slow handler cost it the partition"
