"""An outage of a camera's link, and the archive afterwards: real ingest, real recorder, a card in the simulated camera."""

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import av
import pytest

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, OnvifAccess, StreamSource
from hejnal_local.ports import free_ports
from hejnal_media.access_unit import AccessUnit
from hejnal_media.simulator import CameraSimulator, find_frame_mark
from hejnal_media.simulator.link import SimulatedLink
from hejnal_media.simulator.onvif import OnvifSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.bus import Producer

CAMERA = "cam-001"
PREROLL_S = 0.01


@contextlib.asynccontextmanager
async def served(service: str, folder: Path, settings: dict[str, str]) -> AsyncIterator[None]:
    environment = {**os.environ, **{f"HEJNAL_{service.upper()}_{name}": value for name, value in settings.items()}}
    with (folder / f"{service}.log").open("ab") as log:
        command = (sys.executable, "-m", f"hejnal_{service}", "serve")
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def eventually(condition: Callable[[], Awaitable[Any]], timeout_s: float = 60) -> Any:
    async with asyncio.timeout(timeout_s):
        while not (value := await condition()):
            await asyncio.sleep(0.3)
        return value


def shown(path: Path) -> list[int]:
    found: list[int] = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size and float((packet.duration or 0) * packet.time_base) > PREROLL_S:
                mark = find_frame_mark(AccessUnit(0, 0, packet.is_keyframe, [bytes(packet)], packet.size))
                assert mark is not None
                found.append(mark.frame)
    return found


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(170)
async def test_the_archive_has_every_frame_of_an_outage(
    kafka_bootstrap: str, make_topics: Any, make_database: Any, tmp_path: Path
) -> None:
    prefix = await make_topics("cameras", "camera-status", "camera-media", "camera-events", "recordings", partitions=2)
    database = make_database("recorder")
    simulator = CameraSimulator(town_mounts(1, tmp_path / "clips", variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await simulator.start()
    device, link = OnvifSimulator(simulator), SimulatedLink("127.0.0.1", simulator.port)
    await device.start()
    await link.start()
    producer = Producer(kafka_bootstrap, prefix)
    url = f"rtsp://127.0.0.1:{link.port}/{CAMERA}/main"
    state = CameraRegistered(
        camera_id=CAMERA,
        version=1,
        name=CAMERA,
        place=Point(lat=51.05, lon=20.94),
        streams=(StreamSource(name="main", url=url),),
        onvif=OnvifAccess(url=device.url, main_profile="main", card_recording=True),
        changed_at=datetime.now(UTC),
    )
    await producer.send_fact(state, "operator-gateway")
    await producer.stop()
    ports = free_ports(2)
    shared = {"KAFKA_BOOTSTRAP": kafka_bootstrap, "TOPIC_PREFIX": prefix, "SPOOL_DIR": str(tmp_path / "spool")}
    ingest = shared | {"INTERNAL_PORT": str(ports[0]), "INGEST_ID": "one", "SEGMENT_S": "4", "BACKFILL_SETTLE_S": "1"}
    recorder = shared | {
        "INTERNAL_PORT": str(ports[1]),
        "DATABASE_URL": database,
        "ARCHIVE_DIR": str(tmp_path / "archive"),
        "EXPORTS_DIR": str(tmp_path / "exports"),
    }
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))

    async def runs() -> int:
        return int(await connection.fetchval("select count(*) from recorder.runs where not backfilled"))

    async def gaps() -> list[Any]:
        return list(await connection.fetch("select * from recorder.gaps where ends_at is not null"))

    async def filled() -> bool:
        ended = await connection.fetchval("select count(*) from recorder.runs where backfilled and ended_at is not null")
        return ended > 0 and not await gaps()

    async def footage_s() -> float:
        return float(
            await connection.fetchval("select coalesce(sum(extract(epoch from ends_at - starts_at)), 0) from recorder.segments")
        )

    async def enough() -> bool:
        return await footage_s() > 4

    async def back() -> bool:
        return await runs() >= 2 and bool(await gaps())

    try:
        async with served("ingest", tmp_path, ingest), served("recorder", tmp_path, recorder):
            await eventually(enough)
            await link.cut()
            await asyncio.sleep(3)
            link.restore()
            await eventually(back)
            await eventually(filled)
            await asyncio.sleep(1)
        rows = await connection.fetch("select path, starts_at, ends_at from recorder.segments order by starts_at")
    finally:
        await connection.close()
        await link.stop()
        await device.stop()
        await simulator.stop()
    assert all(before["ends_at"] == after["starts_at"] for before, after in itertools.pairwise(rows))
    frames = [frame for row in rows for frame in shown(tmp_path / "archive" / row["path"])]
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    assert len(frames) > 100
