"""The whole recorder as a process on real Kafka and PostgreSQL: it is killed, and nothing is lost or doubled."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer
from recorder_footage import Clip, SpoolRun
from recorder_process import Process, eventually, free_port
from recorder_room import Room, write_keys
from sqlalchemy import text

from hejnal_contracts.cameras import CameraRegistered
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import SystemClock


@dataclass
class Stage:
    room: Room
    process: Process
    producer: Producer
    prefix: str
    bootstrap: str


@pytest.fixture
async def stage(
    room: Room, tmp_path: Path, kafka_bootstrap: str, make_topics: Callable[..., Awaitable[str]]
) -> AsyncIterator[Stage]:
    prefix = await make_topics("camera-media", "cameras", "camera-events", "recordings")
    write_keys(tmp_path, "operator-gateway")
    port = free_port()
    environment = {
        "HEJNAL_RECORDER_DATABASE_URL": room.url,
        "HEJNAL_RECORDER_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "HEJNAL_RECORDER_TOPIC_PREFIX": prefix,
        "HEJNAL_RECORDER_ARCHIVE_DIR": str(room.archive_dir),
        "HEJNAL_RECORDER_SPOOL_DIR": str(room.spool),
        "HEJNAL_RECORDER_INTERNAL_PORT": str(port),
        "HEJNAL_RECORDER_TRUSTED_JWKS_FILE": str(tmp_path / "jwks.json"),
        "HEJNAL_RECORDER_BATCH_LINGER_S": "0.05",
    }
    process = Process(environment, port, tmp_path / "recorder.log")
    producer = Producer(kafka_bootstrap, prefix)
    yield Stage(room, process, producer, prefix, kafka_bootstrap)
    await producer.stop()
    if process.child is not None:
        await process.end()


async def recorded_fragments(room: Room) -> int:
    [row] = await room.rows("select coalesce(sum(fragment_count), 0) as number from segments")
    return int(row.number)


async def told(stage: Stage) -> dict[str, list[dict]]:
    """What the recorder told on `recordings`, by type; repeats of one event counted once."""
    consumer = AIOKafkaConsumer(stage.prefix + "recordings", bootstrap_servers=stage.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        await consumer.seek_to_beginning()
        events: dict[str, tuple[str, dict]] = {}
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = dict(record.headers)
                    events[headers["ce_id"].decode()] = (headers["ce_type"].decode(), json.loads(record.value))
    finally:
        await consumer.stop()
    grouped: dict[str, list[dict]] = {}
    for kind, value in events.values():
        grouped.setdefault(kind.removeprefix("pl.hejnal."), []).append(value)
    return grouped


async def test_killed_again_and_again_it_loses_and_doubles_nothing(stage: Stage, clip: Clip) -> None:
    cameras, seconds = 6, 60
    start = SystemClock().now() - timedelta(minutes=10)
    runs = [SpoolRun(stage.room.spool, clip, start, camera=f"cam-{n:03}", run=f"run-{n}") for n in range(cameras)]

    async def tell(run: SpoolRun) -> None:
        await stage.producer.send_fact(run.started(), "ingest")
        for _ in range(seconds):
            await stage.producer.send_fact(run.fragment(), "ingest")
            await asyncio.sleep(0.25)
        await stage.producer.send_fact(run.ended(), "ingest")

    telling = asyncio.gather(*(tell(run) for run in runs))
    chance = random.Random(7)
    kills = 0
    await stage.process.start()
    while not telling.done():
        await asyncio.sleep(chance.uniform(1.2, 3.0))
        await stage.process.end(signal.SIGKILL)
        kills += 1
        await stage.process.start()
    await telling
    assert kills >= 4

    async def all_there() -> bool:
        ended = await stage.room.rows("select 1 from runs where ended_at is not null")
        return len(ended) == cameras and not await stage.room.rows("select 1 from outbox")

    await eventually(all_there, f"not everything arrived after {kills} kills")
    assert await recorded_fragments(stage.room) == cameras * seconds
    assert await stage.room.check() == []
    events = await told(stage)
    stored = [event["segment_id"] for event in events["segment.stored.v1"]]
    assert len(stored) == len(set(stored)) == cameras * seconds // 5
    assert len(events["gap.opened.v1"]) == cameras
    assert await stage.process.end(signal.SIGTERM) == 0


async def test_killed_inside_the_handler_it_starts_where_it_was(stage: Stage, clip: Clip) -> None:
    run = SpoolRun(stage.room.spool, clip, datetime.now(UTC) - timedelta(minutes=5))
    async with stage.room.database.transaction() as session:
        await session.execute(text("lock table stories in access exclusive mode"))
        await stage.process.start()
        for fact in [run.started(), *run.fragments(8)]:
            await stage.producer.send_fact(fact, "ingest")

        async def waits_for_us() -> bool:
            return bool(await stage.room.rows("select 1 from pg_locks where not granted and relation = 'stories'::regclass"))

        await eventually(waits_for_us, "the recorder never came to its rows")
        await stage.process.end(signal.SIGKILL)
    assert await recorded_fragments(stage.room) == 0
    await stage.process.start()

    async def all_there() -> bool:
        return await recorded_fragments(stage.room) == 8

    await eventually(all_there, "the facts in work were lost")
    assert await stage.room.check() == []


async def test_it_is_ready_answers_and_ends_cleanly(stage: Stage, clip: Clip, http: aiohttp.ClientSession) -> None:
    camera = CameraRegistered(
        camera_id="cam-001", version=1, name="Rynek", place={"lat": 51, "lon": 21}, changed_at=datetime.now(UTC),
        streams=[{"name": "main", "url": "rtsp://127.0.0.1:1/x"}], recording={"keep_days": 14},
    )  # fmt: skip
    await stage.process.start()
    await stage.producer.send_fact(camera, "operator-gateway")
    base = f"http://127.0.0.1:{stage.process.port}"

    async def ready() -> bool:
        try:
            async with http.get(f"{base}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def registered() -> bool:
        return [tuple(row) for row in await stage.room.rows("select camera_id, keep_days from cameras")] == [("cam-001", 14)]

    await eventually(ready, "never ready")
    await eventually(registered, "the registry's fact never arrived")
    async with http.get(f"{base}/metrics") as answer:
        assert "hejnal_recorder_fragments_total" in await answer.text()
    run = SpoolRun(stage.room.spool, clip, datetime.now(UTC) - timedelta(minutes=5))
    for fact in [run.started(), *run.fragments(3)]:
        await stage.producer.send_fact(fact, "ingest")
    assert await stage.process.end(signal.SIGTERM) == 0


async def test_a_hopeless_fact_goes_to_the_dlq_and_the_others_go_on(stage: Stage, clip: Clip) -> None:
    now = datetime.now(UTC)
    good = SpoolRun(stage.room.spool, clip, now - timedelta(minutes=5), camera="cam-001", run="good")
    bad = SpoolRun(stage.room.spool, clip, now + timedelta(days=300), camera="cam-002", run="bad")
    await stage.process.start()
    for one in (bad.started(), good.started(), bad.fragment(), *good.fragments(4)):
        await stage.producer.send_fact(one, "ingest")

    async def good_there() -> bool:
        return await recorded_fragments(stage.room) == 4

    await eventually(good_there, "a bad fact stopped the good ones")
    assert [row.camera_id for row in await stage.room.rows("select camera_id from stories")] == ["cam-001"]
    dead = AIOKafkaConsumer(stage.prefix + "camera-media.dlq", bootstrap_servers=stage.bootstrap, auto_offset_reset="earliest")
    await dead.start()
    record = await asyncio.wait_for(dead.getone(), 20)
    await dead.stop()
    assert json.loads(record.value)["camera_id"] == "cam-002"
