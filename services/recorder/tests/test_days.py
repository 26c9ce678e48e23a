"""The partitioned index: no overlap within a day or across midnight, days come and go, old data moves in, sums stay true."""

import asyncio
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Room
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from hejnal_contracts.media import GapCause
from hejnal_recorder.days import SegmentDays
from hejnal_recorder.fragments import Fragment, to_microseconds, unpack
from hejnal_recorder.playback.index import find_file
from hejnal_runtime import migrations
from hejnal_runtime.ids import new_id

MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
COPY = """
    insert into segments (segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count, footage_bytes,
        size_bytes, init_size_bytes, init_sha256, fragments)
    values (:id, 0, 'cam-001', 'run-1', :state, 'p', :starts_at, :ends_at, 0, 10, 10, 1, '', '')
"""


async def insert(room: Room, name: str, starts: float, ends: float, state: str = "stored") -> None:
    """A row by bare SQL as the service's role, seconds from midnight."""
    async with room.database.transaction() as session:
        values = {"starts_at": MIDNIGHT + timedelta(seconds=starts), "ends_at": MIDNIGHT + timedelta(seconds=ends)}
        await session.execute(text(COPY), {"id": name, "state": state, **values})


async def assert_sums_are_true(room: Room) -> None:
    """The coverage that triggers kept is what the rows say."""
    kept = await room.rows("select camera_id, level, bucket, kind, amount from coverage where amount <> 0 order by 1, 2, 3, 4")
    true = await room.rows(
        "select s.camera_id, c.level, c.bucket, c.kind, c.amount from stories s cross join lateral coverage_of(s.camera_id) c "
        "where kind not like 'event:%' order by 1, 2, 3, 4"
    )
    assert [tuple(row) for row in kept if not row.kind.startswith("event:")] == [tuple(row) for row in true]


@pytest.fixture
async def known_camera(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(2), run.ended()])
    days = SegmentDays(room.database)
    await days.make(date(2026, 5, day) for day in (2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((-10, 10), (5, 20)),
        ((5, 20), (-10, 10)),
        ((-10, 86400 - 20), (86000, 87000)),
        ((-43190, 100), (0, 1)),
    ],
)
async def test_nothing_overlaps_across_midnight(
    room: Room, known_camera: None, first: tuple[float, float], second: tuple[float, float]
) -> None:
    await insert(room, "a", *first)
    with pytest.raises(DBAPIError, match="do_not_overlap"):
        await insert(room, "b", *second)


async def test_what_touches_at_midnight_is_fine(room: Room, known_camera: None) -> None:
    await insert(room, "a", -10, 0.5)
    await insert(room, "b", 0.5, 10)
    await assert_sums_are_true(room)


async def test_an_open_row_claims_the_next_day_and_no_row_grows_into_another(room: Room, known_camera: None) -> None:
    await insert(room, "a", -10, -8, state="open")
    with pytest.raises(DBAPIError, match="do_not_overlap"):
        await insert(room, "b", 40000, 40010)
    async with room.database.transaction() as session:
        await session.execute(text("update segments set state = 'stored' where segment_id = 'a'"))
    await insert(room, "b", 2, 10)
    for change in ("ends_at = '2026-05-04 00:00:03Z'", "state = 'open'"):
        with pytest.raises(DBAPIError, match="do_not_overlap"):
            async with room.database.transaction() as session:
                await session.execute(text(f"update segments set {change} where segment_id = 'a'"))
    for change in ("starts_at = '2026-05-04 10:00:00Z'", "camera_id = 'other'", "segment_id = 'c'"):
        with pytest.raises(DBAPIError, match="keeps its id"):
            async with room.database.transaction() as session:
                await session.execute(text(f"update segments set {change} where segment_id = 'a'"))
    await assert_sums_are_true(room)


async def test_two_writers_at_midnight_race_and_one_loses(room: Room, known_camera: None) -> None:
    for number in range(8):
        results = await asyncio.gather(
            insert(room, f"a{number}", -10, 50), insert(room, f"b{number}", 10, 70), return_exceptions=True
        )
        assert sum(isinstance(result, DBAPIError) for result in results) == 1
        async with room.database.transaction() as session:
            await session.execute(text("delete from segments where starts_at > '2026-05-03 20:00Z'"))
    await assert_sums_are_true(room)


async def test_a_run_over_midnight_is_one_stretch_and_found_by_its_id(room: Room, clip: Clip) -> None:
    room.clock.advance(86400)
    run = SpoolRun(room.spool, clip, MIDNIGHT - timedelta(seconds=7.5), run=new_id(), segment_s=15)
    await room.takeover.take([run.started(), *run.fragments(10)])
    await room.takeover.take(run.fragments(12))
    await room.takeover.take([run.ended(GapCause.STALLED)])
    rows = await room.rows("select tableoid::regclass::text as day, fragment_count from segments order by starts_at")
    assert [tuple(row) for row in rows] == [("segments_d20260503", 15), ("segments_d20260504", 7)]
    assert await room.check() == []
    await assert_sums_are_true(room)
    async with room.database.read() as session:
        file = await find_file(session, f"{run.run}-s1")
        assert file is not None
        assert file.size_bytes == run.path(1).stat().st_size
        assert await find_file(session, new_id()) is None


async def test_days_come_ahead_and_go_when_they_are_empty_and_old(room: Room, known_camera: None) -> None:
    days = SegmentDays(room.database)
    assert await days.keep_up(NOW) == []
    names = {row.name for row in await room.rows("select inhrelid::regclass::text as name from pg_inherits")}
    assert {"segments_d20260503", "segments_d20260504", "segments_d20260506"} <= names
    later = NOW + timedelta(days=150)
    assert await days.keep_up(later) == [date(2026, 5, day) for day in (2, 4, 5, 6)]  # on the 3rd there is footage
    await asyncio.gather(*(SegmentDays(room.database).make([date(2026, 5, 4)]) for _ in range(4)))
    await days.make([date(2026, 5, 4)])
    await insert(room, "a", 0, 10)


async def test_a_day_that_another_recorder_dropped_is_made_again(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started()])
    await room.takeover._days.make([date(2026, 5, 3)])
    async with room.database.transaction() as session:
        assert (await session.execute(text("select drop_segment_day('2026-05-03')"))).scalar_one()
    facts = run.fragments(3)
    with pytest.raises(Exception, match="no partition"):
        await room.takeover.take(facts)
    await room.takeover.take(facts)
    assert await room.check() == []


async def test_rows_of_the_first_release_move_into_their_days(make_database: Callable[[str | None], str]) -> None:
    """A database at revision 0001 with footage of two days and an open segment."""
    url = make_database(None)

    def at_first(connection: Connection) -> None:
        migrations._prepare(connection, "recorder")
        config = migrations._config("hejnal_recorder")
        config.attributes.update(connection=connection, schema="recorder", metadata=migrations._metadata("hejnal_recorder"))
        command.upgrade(config, "0001")
        connection.commit()

    async def fill(sql: list[str]) -> list[Any]:
        def work(connection: Connection) -> list[Any]:
            connection.execute(text("set search_path to recorder, public"))
            results = [connection.execute(text(one)) for one in sql]
            rows = list(results[-1].all()) if results[-1].returns_rows else []
            connection.commit()
            return rows

        found: list[Any] = await migrations._run(url, work)
        return found

    await migrations._run(url, at_first)
    first, last = datetime(2026, 5, 3, 23, 59, tzinfo=UTC), datetime(2026, 5, 4, 0, 0, 30, tzinfo=UTC)
    record = struct.pack(
        "<IQIqqQIIq32s", 7, 10, 990, to_microseconds(first), to_microseconds(last), 5, 180_000, 1 << 31 | 50, -(2**63), bytes(32)
    )
    await fill(
        [
            "insert into runs values ('r', 'cam-001', 1, 'i', 'main', '', 'avc1', 1, 1, 1, now(), null, null, '')",
            """insert into stories (camera_id, version, first_seen, until, epoch, ingest_id, run_id, run_open, next_sequence,
                segment_id, segment_part, segment_part_open, segment_starts_at, segment_ends_at, segment_fragments,
                segment_size_bytes) values ('cam-001', 0, '2026-05-03 23:59Z', '2026-05-04 00:01Z', 1, 'i', 'r', true, 2, 's1', 0,
                true, '2026-05-04 00:00:30Z', '2026-05-04 00:01Z', 1, 1000)""",
            f"""insert into segments (segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count,
                size_bytes, init_size_bytes, init_sha256, fragments) values
                ('s0', 0, 'cam-001', 'r', 'stored', 'p', '2026-05-03 23:59Z', '2026-05-04 00:00:30Z', 1, 1000, 10, '',
                    '\\x{record.hex()}'),
                ('s1', 0, 'cam-001', 'r', 'open', 'q', '2026-05-04 00:00:30Z', '2026-05-04 00:01Z', 1, 1000, 10, '', '')""",
        ]
    )
    await asyncio.to_thread(migrations.upgrade, url, "hejnal_recorder", "recorder")
    rows = await fill(["select segment_id, tableoid::regclass::text, footage_bytes from segments order by 1"])
    assert [tuple(row) for row in rows] == [("s0", "segments_d20260503", 990), ("s1", "segments_d20260504", 990)]
    rows = await fill(["select bucket::date::text, amount from coverage where level = 'day' and kind = 'footage' order by 1"])
    assert [row.amount for row in rows] == [60_000_000, 30_000_000]
    [row] = await fill(["select fragments from segments where segment_id = 's0'"])
    assert unpack(row.fragments) == [
        Fragment(7, 10, 990, first, last, 5, 180_000, 50, None, bytes(32), starts_with_key_frame=False)
    ]
    [row] = await fill(["select segment_part_starts_at = segment_starts_at as same from stories"])
    assert row.same
