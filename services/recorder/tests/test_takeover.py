"""Take-over on a real PostgreSQL and a real file system."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from recorder_footage import Clip, SpoolRun
from recorder_room import START, Room
from sqlalchemy import make_url, text

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import pack, unpack
from hejnal_recorder.resources import SCHEMA
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind, is_transient


async def test_segments_are_hard_links_with_rows_and_facts(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(7)])
    rows = await room.rows("select * from segments order by starts_at")
    assert [(row.segment_id, row.state, row.fragment_count) for row in rows] == [
        ("run-1-s0", "stored", 5),
        ("run-1-s1", "open", 2),
    ]
    assert rows[0].path == "cam-001/2026-05-03/run-1-s0.mp4"
    assert (room.archive_dir / rows[0].path).stat().st_ino == run.path(0).stat().st_ino
    assert rows[1].ends_at == START + timedelta(seconds=7)
    assert rows[1].during.upper is None
    [(kind, stored)] = await room.facts()
    assert kind == "segment.stored.v1"
    assert stored["fragments"] == 5
    assert stored["size_bytes"] == run.path(0).stat().st_size
    assert await room.check() == []


async def test_fragments_come_one_by_one(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started()])
    for _ in range(7):
        await room.takeover.take([run.fragment()])
    await room.takeover.take([run.ended(GapCause.STALLED, after_s=8)])
    assert [kind for kind, _ in await room.facts()] == ["segment.stored.v1", "segment.stored.v1", "gap.opened.v1"]
    [gap] = await room.rows("select * from gaps")
    assert (gap.cause, gap.starts_at, gap.ends_at) == ("stalled", START + timedelta(seconds=7), None)
    assert await room.check() == []


async def test_while_nothing_can_be_committed_the_lag_grows(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, room.clock.now() - timedelta(seconds=3))
    await room.takeover.take([run.started(), *run.fragments(1)])
    assert room.takeover.lag_s() == pytest.approx(2, abs=0.5)
    somebody = Database(room.url, schema=SCHEMA)
    try:
        async with somebody.transaction() as session:
            await session.execute(text("lock table segments in share row exclusive mode"))
            taking = asyncio.create_task(room.takeover.take(run.fragments(2)))
            waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            async with asyncio.timeout(30):
                while not await room.rows(waits):
                    await asyncio.sleep(0.02)
            room.clock.advance(60)
            assert room.takeover.lag_s() == pytest.approx(61, abs=0.5)
        await taking
        assert room.takeover.lag_s() == pytest.approx(60, abs=0.5)
        await room.takeover.take(run.fragments(57))
        assert room.takeover.lag_s() == pytest.approx(3, abs=0.5)
    finally:
        await somebody.close()


async def test_a_replay_changes_nothing_even_after_a_restart(room: Room, clip: Clip) -> None:
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=20), run="run-2", epoch=2, ingest="ingest-b")
    facts = [first.started(), *first.fragments(7), second.started(), *second.fragments(6), second.ended()]
    await room.takeover.take(facts)
    before = await room.dump()
    for number in (0, 3, len(facts) - 1):
        await room.another_takeover().take(facts[number:])
        await room.takeover.take(facts[number:])
    assert await room.dump() == before
    gaps = await room.rows("select cause, starts_at, ends_at from gaps order by starts_at")
    assert gaps[0] == ("ingest_failover", START + timedelta(seconds=7), START + timedelta(seconds=20))
    assert await room.check() == []


async def test_two_recorders_on_one_camera_do_not_double_anything(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    facts = [run.started(), *run.fragments(12)]
    zombie = room.another_takeover()
    await room.takeover.take(facts[:4])
    await zombie.take(facts[:6])
    await room.takeover.take(facts[4:9])
    await zombie.take(facts[6:])
    await asyncio.gather(room.takeover.take(facts), room.another_takeover().take(facts), zombie.take(facts))
    rows = await room.rows("select fragment_count from segments order by starts_at")
    assert [row.fragment_count for row in rows] == [5, 5, 2]
    assert await room.check() == []


async def test_a_stale_lease_leaves_no_trace(room: Room, clip: Clip) -> None:
    old = SpoolRun(room.spool, clip, START)
    new = SpoolRun(room.spool, clip, START + timedelta(seconds=3), run="run-2", epoch=2, ingest="ingest-b")
    await room.takeover.take([old.started(), *old.fragments(2), new.started(), *new.fragments(2)])
    before = await room.dump()
    await room.takeover.take([*old.fragments(5), old.ended()])
    assert await room.dump() == before
    assert await room.check() == []


async def test_vanished_and_short_files_become_gaps(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    facts = [run.started(), *run.fragments(15)]
    run.path(1).unlink()
    os.truncate(run.path(2), facts[-1].offset_bytes + 10)  # type: ignore[union-attr]
    await room.takeover.take(facts)
    rows = await room.rows("select segment_id, fragment_count, state from segments order by starts_at")
    assert [tuple(row) for row in rows] == [("run-1-s0", 5, "stored"), ("run-1-s2", 4, "stored")]
    gaps = await room.rows("select starts_at, ends_at, cause from gaps order by starts_at")
    assert [tuple(gap) for gap in gaps] == [
        (START + timedelta(seconds=starts), START + timedelta(seconds=ends), "ingest_lost")
        for starts, ends in ((5, 10), (14, 15))
    ]
    assert await room.check() == []


async def test_a_fact_from_the_future_is_refused(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START + timedelta(days=365))
    with pytest.raises(AppError) as caught:
        await room.takeover.take([run.started()])
    assert caught.value.kind is Kind.INVALID


async def test_a_clock_that_is_set_back_costs_no_footage(room: Room, clip: Clip) -> None:
    before = SpoolRun(room.spool, clip, START)
    await room.takeover.take([before.started(), *before.fragments(4)])
    room.clock.advance(-7200)
    under_way = [*before.fragments(2), before.ended(GapCause.CLOCK_STEP)]
    repeated = SpoolRun(room.spool, clip, START - timedelta(hours=1), run="run-2")
    beyond = SpoolRun(room.spool, clip, START + timedelta(seconds=30), run="run-3")
    await room.another_takeover().take([*under_way, repeated.started(), *repeated.fragments(6)])
    room.clock.advance(7300)
    await room.takeover.take([repeated.ended(GapCause.CLOCK_STEP), beyond.started(), *beyond.fragments(3)])
    rows = await room.rows("select run_id, sum(fragment_count), min(starts_at), max(ends_at) from segments group by 1 order by 1")
    seconds = [(row[1], (row[2] - START).total_seconds(), (row[3] - START).total_seconds()) for row in rows]
    assert seconds == [(6, 0, 6), (6, 6, 6), (3, 30, 33)]  # time is told once; nothing is thrown away
    gaps = await room.rows("select cause, starts_at, ends_at from gaps")
    assert [tuple(gap) for gap in gaps] == [("clock_step", START + timedelta(seconds=6), START + timedelta(seconds=30))]
    assert await room.check() == []


async def test_a_fragment_that_cannot_be_is_refused(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START - timedelta(hours=20))
    absurd = run.fragment().model_copy(update={"ends_at": START})
    with pytest.raises(AppError) as caught:
        await room.takeover.take([run.started(), absurd])
    assert caught.value.slug == "fragment-too-long"


class Spool:
    """Ingest's spool door: byte ranges over HTTP; can be told to fail or to lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failing = False
        self.lying = False
        self.requests = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if self.failing:
            return web.Response(status=503)
        path = self.folder / request.match_info["path"]
        if not path.is_file():
            return web.Response(status=404)
        if self.lying:
            size = request.http_range.stop - (request.http_range.start or 0)
            return web.Response(status=206, body=b"x" * size)
        return web.FileResponse(path)


@pytest.fixture
async def spool_door(room: Room):
    spool = Spool(room.spool)
    app = web.Application()
    app.router.add_get("/internal/v1/spool/{path:.*}", spool.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield spool, f"http://127.0.0.1:{port}/internal/v1/spool"
    await runner.cleanup()


@pytest.fixture
async def far_room(room: Room, http: aiohttp.ClientSession) -> Room:
    """A recorder on another machine than the spool."""
    return Room(room.url, room.archive_dir, room.spool, http, room.clock, linked=False)


async def test_without_a_shared_disk_footage_is_fetched(far_room: Room, spool_door: tuple[Spool, str], clip: Clip) -> None:
    run = SpoolRun(far_room.spool, clip, START, spool_url=spool_door[1])
    await far_room.takeover.take([run.started(), *run.fragments(3)])
    await far_room.takeover.take(run.fragments(4))
    copy = far_room.archive_dir / "cam-001/2026-05-03/run-1-s0.mp4"
    assert copy.read_bytes() == run.path(0).read_bytes()
    assert copy.stat().st_ino != run.path(0).stat().st_ino
    assert await far_room.check() == []
    await far_room.database.close()


async def test_a_spool_that_fails_is_asked_again_and_given_up_in_the_end(
    far_room: Room, spool_door: tuple[Spool, str], clip: Clip
) -> None:
    spool, url = spool_door
    run = SpoolRun(far_room.spool, clip, START, spool_url=url)
    facts = [run.started(), *run.fragments(6)]
    await far_room.takeover.take(facts[:3])
    for trouble in ("failing", "lying"):
        setattr(spool, trouble, True)
        with pytest.raises(AppError) as caught:
            await far_room.takeover.take(facts)
        assert caught.value.kind is Kind.UNAVAILABLE
        setattr(spool, trouble, False)
    await far_room.takeover.take(facts)
    more = run.fragments(3)
    spool.failing = True
    with pytest.raises(AppError):
        await far_room.takeover.take(more)
    far_room.clock.advance(61)
    await far_room.takeover.take(more)
    [gap] = {(gap.cause, gap.detail) for gap in await far_room.rows("select * from gaps")}
    assert gap[0] == "ingest_lost"
    assert await far_room.check() == []
    await far_room.database.close()


async def test_a_half_written_copy_is_fetched_anew(far_room: Room, spool_door: tuple[Spool, str], clip: Clip) -> None:
    run = SpoolRun(far_room.spool, clip, START, spool_url=spool_door[1])
    facts = [run.started(), *run.fragments(2)]
    broken = far_room.archive_dir / "cam-001/2026-05-03/run-1-s0.mp4"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"\0" * run.path(0).stat().st_size)  # the machine died between write and sync
    await far_room.takeover.take(facts)
    assert await far_room.check() == []
    assert broken.read_bytes() == run.path(0).read_bytes()
    await far_room.database.close()


class Cable:
    """A TCP way to PostgreSQL that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.up = True
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        self._writers |= {writer, far_writer}

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            except OSError:
                pass
            finally:
                sink.transport.abort()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    def cut(self) -> None:
        self.up = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def close(self) -> None:
        self.cut()
        self._server.close()


async def test_postgresql_away_is_a_transient_error_and_nothing_is_lost(
    room: Room, http: aiohttp.ClientSession, clip: Clip
) -> None:
    url = make_url(room.url)
    cable = Cable(url.host or "127.0.0.1", url.port or 5432)
    port = await cable.start()
    through = url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    wired = Room(through, room.archive_dir, room.spool, http, room.clock)
    run = SpoolRun(room.spool, clip, START)
    facts = [run.started(), *run.fragments(9)]
    await wired.takeover.take(facts[:4])
    cable.cut()
    for _ in range(2):
        with pytest.raises(Exception) as caught:
            await wired.takeover.take(facts[2:])
        assert is_transient(caught.value)
    cable.up = True
    await wired.takeover.take(facts[2:])
    rows = await room.rows("select fragment_count from segments order by starts_at")
    assert [row.fragment_count for row in rows] == [5, 4]
    assert await room.check() == []
    await wired.database.close()
    await cable.close()


async def test_a_minute_of_footage_stays_in_its_page(room: Room, clip: Clip) -> None:
    """Appended to one by one, by two take-overs in turn: the row is as if written at once, and nothing is moved out of line."""
    run = SpoolRun(room.spool, clip, START, segment_s=30)
    await room.takeover.take([run.started()])
    for number in range(30):
        takeover = room.takeover if number % 4 else room.another_takeover()
        room.takeover.forget()
        await takeover.take([run.fragment()])
    [row] = await room.rows("select fragments, pg_column_size(s.*) as size_bytes from segments s")
    assert pack(unpack(row.fragments)) == row.fragments
    assert len(unpack(row.fragments)) == 30
    assert row.size_bytes < 2000
    query = "select pg_relation_size(reltoastrelid) as size_bytes from pg_class where oid in (select tableoid from segments)"
    assert [table.size_bytes for table in await room.rows(query)] == [0]
    [row] = await room.rows("select segment_last from stories")
    assert row.segment_last is None  # the file is complete
