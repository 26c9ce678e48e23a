"""Two recorders of one topic: the second is silent, takes no orders, and has the same footage whatever is killed."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import httpx
import pytest
from recorder_footage import Clip, SpoolRun
from recorder_process import Process, eventually, free_port
from recorder_room import NOW, START, Door, Room, write_keys
from sqlalchemy import text

from hejnal_contracts.recordings import HoldPlaced, HoldReleased, SegmentDeleted
from hejnal_recorder.app import create_app
from hejnal_recorder.holds import store as holds
from hejnal_recorder.holds.hold import HoldState
from hejnal_recorder.retention.candidates import too_old
from hejnal_recorder.standby.mirror import mirror
from hejnal_recorder.standby.silence import Silence
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.errors import AppError


@pytest.fixture
async def second(make_database: Callable[[str], str], tmp_path: Path, http: aiohttp.ClientSession) -> AsyncIterator[Room]:
    """A second index and a second archive folder over the same spool."""
    (tmp_path / "second").mkdir()
    room = Room(make_database("recorder"), tmp_path / "second", tmp_path / "spool", http)
    yield room
    await room.database.close()


async def compare(here: Room, there: Room, *more: str) -> tuple[int, list[dict], str]:
    environment = os.environ | {"HEJNAL_RECORDER_DATABASE_URL": here.url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hejnal_recorder", "compare", "--with", there.url, *more, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, [json.loads(line) for line in out.decode().splitlines()], said.decode()


@dataclass
class Pair:
    first: Process
    second: Process
    producer: Producer
    prefix: str


@pytest.fixture
async def pair(
    room: Room, second: Room, tmp_path: Path, kafka_bootstrap: str, make_topics: Callable[..., Awaitable[str]]
) -> AsyncIterator[Pair]:
    prefix = await make_topics("camera-media", "cameras", "camera-events", "recordings")
    write_keys(tmp_path, "operator-gateway")
    processes = []
    for one, more in ((room, {}), (second, {"STANDBY": "true", "GROUP": "recorder-second"})):
        port = free_port()
        named = {
            "DATABASE_URL": one.url, "KAFKA_BOOTSTRAP": kafka_bootstrap, "TOPIC_PREFIX": prefix, "SPOOL_DIR": str(one.spool),
            "ARCHIVE_DIR": str(one.archive_dir), "INTERNAL_PORT": str(port), "TRUSTED_JWKS_FILE": str(tmp_path / "jwks.json"),
            "BATCH_LINGER_S": "0.05",
        }  # fmt: skip
        environment = {f"HEJNAL_RECORDER_{name}": value for name, value in (named | more).items()}
        processes.append(Process(environment, port, tmp_path / f"{one.archive_dir.name}.log"))
    producer = Producer(kafka_bootstrap, prefix)
    yield Pair(*processes, producer, prefix)
    await producer.stop()
    for process in processes:
        if process.child is not None:
            await process.end()


async def test_both_have_the_same_whatever_is_killed(pair: Pair, room: Room, second: Room, clip: Clip) -> None:
    cameras, seconds = 3, 30
    start = datetime.now(UTC) - timedelta(minutes=10)
    runs = [SpoolRun(room.spool, clip, start, camera=f"cam-{n:03}", run=f"run-{n}") for n in range(cameras)]

    async def tell(run: SpoolRun) -> None:
        await pair.producer.send_fact(run.started(), "ingest")
        for _ in range(seconds):
            await pair.producer.send_fact(run.fragment(), "ingest")
            await asyncio.sleep(0.4)
        await pair.producer.send_fact(run.ended(), "ingest")

    telling = asyncio.gather(*(tell(run) for run in runs))
    chance = random.Random(11)
    kills = 0
    await pair.first.start()
    await pair.second.start()
    while not telling.done():
        await asyncio.sleep(chance.uniform(2.0, 4.0))
        victim = chance.choice((pair.first, pair.second))
        await victim.end(signal.SIGKILL)
        kills += 1
        await victim.start()
    await telling

    async def all_there() -> bool:
        ended = [len(await one.rows("select 1 from runs where ended_at is not null")) for one in (room, second)]
        waiting = [len(await one.rows("select 1 from outbox")) for one in (room, second)]
        return ended == [cameras, cameras] and waiting == [0, 0]

    await eventually(all_there, f"not everything arrived after {kills} kills")
    code, found, said = await compare(room, second)
    assert (code, found) == (0, []), said
    assert f"{cameras} cameras, {cameras * seconds} fragments" in said
    assert await room.check() == []
    assert await second.check() == []
    assert await pair.second.end(signal.SIGTERM) == 0


async def test_compare_says_what_differs(room: Room, second: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    other = SpoolRun(room.spool, clip, START, camera="cam-002", run="run-9")
    facts = [run.started(), *run.fragments(12), run.ended()]
    await room.takeover.take([*facts, other.started(), *other.fragments(3)])
    missing = [fact for fact in facts if getattr(fact, "sequence", None) not in (6, 7)]
    await second.takeover.take(missing)
    code, found, said = await compare(room, second)
    assert code == 1
    at = [(START + timedelta(seconds=s)).isoformat() for s in (6, 8)]
    assert {(one["camera_id"], one["what"], one["only"], one["number"]) for one in found} == {
        ("cam-001", "footage", "here", 2), ("cam-001", "gap", "there", 1), ("cam-002", "camera", "here", 1),
    }  # fmt: skip
    [footage] = [one for one in found if one["what"] == "footage"]
    assert [footage["starts_at"], footage["ends_at"]] == at
    assert "3 differences" in said
    assert (await compare(room, second, "--camera", "cam-001", "--to", at[0]))[0] == 0
    assert (await compare(room, second, "--camera", "cam-001", "--from", at[1]))[0] == 0
    async with second.database.transaction() as session:  # the same time, other bytes
        await session.execute(text("alter table segments disable trigger user"))
        await session.execute(
            text(
                "update segments set fragments = overlay(fragments placing '\\x00'::bytea from 20) where segment_id = 'run-1-s0'"
            )
        )
        await session.execute(text("alter table segments enable trigger user"))
    assert (await compare(room, second, "--camera", "cam-001", "--to", at[0]))[0] == 1


async def test_a_standby_tells_nothing_and_takes_no_orders(room: Room, door: Door, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5), run.ended()])
    assert await room.rows("select 1 from outbox")
    await Silence(room.database).drop()
    assert await room.rows("select 1 from outbox") == []
    app = create_app(door.settings.model_copy(update={"standby": True}), door.resources)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://second", headers=door.headers) as client:
        during = {"from": START.isoformat(), "to": (START + timedelta(seconds=5)).isoformat()}
        assert (await client.get("/internal/v1/cameras/cam-001/timeline", params=during)).status_code == 200
        refused = await client.post("/internal/v1/holds", json={})
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:hejnal:problem:standby-reads-only")


def placed(hold: str, ends_s: float) -> HoldPlaced:
    return HoldPlaced(
        camera_id="cam-001", hold_id=hold, starts_at=START, ends_at=START + timedelta(seconds=ends_s), case_number="RSD-1/26",
        legal_basis="police_request", owner="staff-1", expires_at=NOW + timedelta(days=300),
    )  # fmt: skip


async def test_holds_of_the_first_bind_the_second_copy(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(15), run.ended()])
    for fact in (placed("hold-1", 4), placed("hold-1", 9), placed("hold-1", 9)):
        await mirror(room.database, fact, room.clock)
    async with room.database.read() as session:
        assert (await holds.find(session, "hold-1")).segments == 2
        old = await too_old(session, NOW + timedelta(days=60), default_days=30, ceiling_days=90)
    assert [one.segment_ids for one in old] == [("run-1-s2",)]
    freed = HoldReleased(camera_id="cam-001", hold_id="hold-1", released_by="staff-2", released_at=NOW, reason="Koniec sprawy")
    for fact in (freed, freed, placed("hold-1", 9)):
        await mirror(room.database, fact, room.clock)
    async with room.database.read() as session:
        held = await holds.find(session, "hold-1")
    assert (held.state, held.segments, held.ended_by) == (HoldState.RELEASED, 0, "staff-2")


async def test_what_is_deleted_for_privacy_goes_from_the_second_copy_too(room: Room, clip: Clip) -> None:
    def deleted(segment: str, starts: float, reason: str) -> SegmentDeleted:
        return SegmentDeleted(
            camera_id="cam-001", segment_id=segment, starts_at=START + timedelta(seconds=starts),
            ends_at=START + timedelta(seconds=starts + 5), reason=reason, deleted_at=NOW,
        )  # fmt: skip

    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(7)])
    for fact in (deleted("run-1-s0", 0, "privacy"), deleted("run-1-s0", 0, "privacy")):
        await mirror(room.database, fact, room.clock)
    assert [row.state for row in await room.rows("select state from segments order by segment_id")] == ["garbage", "open"]
    with pytest.raises(AppError, match="footage-not-here-yet"):
        await mirror(room.database, deleted("run-1-s2", 10, "privacy"), room.clock)
    await room.takeover.take(run.fragments(8))
    await mirror(room.database, deleted("run-1-s2", 10, "privacy"), room.clock)
    await mirror(room.database, deleted("run-1-s1", 5, "space"), room.clock)
    rows = await room.rows("select segment_id from segments where state = 'stored'")
    assert [row.segment_id for row in rows] == ["run-1-s1"]
