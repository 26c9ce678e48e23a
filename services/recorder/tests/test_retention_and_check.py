"""Deleting in time, and what `check` says of an index and an archive that do not fit."""

import asyncio
import os
import sys
from datetime import timedelta

from recorder_footage import Clip, SpoolRun
from recorder_room import START, Room
from sqlalchemy import text

from hejnal_contracts.cameras import CameraChanged, CameraRegistered, CameraRemoved
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.retention.candidates import too_old
from hejnal_recorder.retention.deletion import condemn
from hejnal_recorder.retention.rounds import Retention
from hejnal_runtime import migrations


def camera(version: int, keep_days: int, kind: type[CameraRegistered | CameraChanged | CameraRemoved] = CameraChanged):
    return kind(
        camera_id="cam-001", version=version, name="Rynek", place={"lat": 51, "lon": 21}, changed_at=START,
        streams=[{"name": "main", "url": "rtsp://127.0.0.1:1/x"}], recording={"keep_days": keep_days},
    )  # fmt: skip


def retention(room: Room) -> Retention:
    return Retention(
        room.database, room.archive, room.clock, room.admission, default_keep_days=30, ceiling_days=90, interval_s=60
    )


async def test_footage_goes_when_its_time_is_over_and_leaves_one_gap(room: Room, clip: Clip) -> None:
    await remember_camera(room.database, camera(1, 7))
    old = SpoolRun(room.spool, clip, START)
    young = SpoolRun(room.spool, clip, START + timedelta(days=2), run="run-2", epoch=2)
    await room.takeover.take([old.started(), *old.fragments(12), old.ended()])
    room.clock.advance(3 * 86400)
    await room.takeover.take([young.started(), *young.fragments(7)])
    await retention(room).round()
    assert len(await room.rows("select 1 from segments")) == 5
    room.clock.advance(5 * 86400)
    assert not await retention(room).round()
    await retention(room).round()
    assert [row.segment_id for row in await room.rows("select segment_id from segments order by starts_at")] == [
        "run-2-s0",
        "run-2-s1",
    ]
    gaps = await room.rows("select cause, starts_at, ends_at from gaps order by starts_at")
    assert [tuple(gap) for gap in gaps] == [
        ("retention", START, START + timedelta(seconds=12)),
        ("link_down", START + timedelta(seconds=12), START + timedelta(days=2)),
    ]
    deleted = [fact for kind, fact in await room.facts() if kind == "segment.deleted.v1"]
    assert [fact["segment_id"] for fact in deleted] == ["run-1-s0", "run-1-s1", "run-1-s2"]
    assert not (room.archive_dir / "cam-001/2026-05-03").exists()
    assert await room.check() == []


async def test_a_clock_that_leaps_ahead_deletes_nothing_for_a_day(room: Room, clip: Clip) -> None:
    await remember_camera(room.database, camera(1, 7))
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(7), run.ended()])
    here = retention(room)
    await here.round()
    room.clock._now += timedelta(days=30)  # nobody's footage has become older by that
    for _ in range(23):
        await here.round()
        room.clock.advance(3600)
    assert len(await room.rows("select 1 from segments")) == 2
    room.clock._now -= timedelta(days=30)  # somebody has set it right
    await here.round()
    room.clock._now += timedelta(days=30)  # and a leap that lasts is the truth
    await here.round()
    assert len(await room.rows("select 1 from segments")) == 2
    room.clock.advance(24 * 3600)
    await here.round()
    await here.round()
    assert await room.rows("select 1 from segments") == []


async def test_a_crash_between_unlink_and_row_is_finished_later(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5), run.ended()])
    room.clock.advance(40 * 86400)
    async with room.database.transaction() as session:
        [old] = await too_old(session, room.clock.now(), default_days=30, ceiling_days=90)
        assert (await condemn(session, old, "age")).segments == 1
    (room.archive_dir / "cam-001/2026-05-03/run-1-s0.mp4").unlink()
    assert await room.check() == []
    await asyncio.gather(retention(room).round(), retention(room).round())
    deleted = [kind for kind, _ in await room.facts() if kind == "segment.deleted.v1"]
    assert len(deleted) == 1
    assert await room.rows("select 1 from segments") == []


async def test_an_older_version_of_a_camera_changes_nothing(room: Room) -> None:
    for fact in (camera(2, 7), camera(1, 9, CameraRegistered), camera(3, 8, CameraRemoved), camera(3, 8, CameraRemoved)):
        await remember_camera(room.database, fact)
    assert [tuple(row) for row in await room.rows("select version, keep_days, removed from cameras")] == [(3, 8, True)]


async def test_check_finds_what_does_not_fit_and_touches_nothing(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(22), run.ended()])
    folder = room.archive_dir / "cam-001/2026-05-03"
    (folder / "run-1-s0.mp4").unlink()
    os.truncate(folder / "run-1-s1.mp4", 2000)
    with (folder / "run-1-s2.mp4").open("r+b") as file:
        file.seek(1500)
        file.write(b"\xff\xff\xff")
    (folder / "stray.mp4").write_bytes(b"?")
    async with room.database.transaction() as session:
        await session.execute(text("delete from segments where segment_id = 'run-1-s3'"))
    found = {(finding.kind, finding.segment_id) for finding in await room.check()}
    assert found == {
        ("missing", "run-1-s0"), ("short", "run-1-s1"), ("hash", "run-1-s2"), ("hole", ""), ("orphan", ""),
    }  # fmt: skip
    assert (folder / "stray.mp4").exists()


async def test_the_check_command_says_so_by_its_exit_code(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(7)])
    environment = os.environ | {
        "HEJNAL_RECORDER_DATABASE_URL": room.url, "HEJNAL_RECORDER_ARCHIVE_DIR": str(room.archive_dir),
    }  # fmt: skip

    async def check() -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hejnal_recorder", "check", "--hashes", env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, error = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), error.decode()

    assert await check() == (0, "", "check: all fits\n")
    (room.archive_dir / "cam-001/2026-05-03/run-1-s1.mp4").unlink()
    code, out, error = await check()
    assert (code, error) == (1, "check: 1 missing\n")
    assert '"segment_id": "run-1-s1"' in out


async def test_the_database_itself_refuses_overlap(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(7)])
    for statement in (
        (
            "insert into segments (segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count,"
            " footage_bytes, size_bytes, init_size_bytes, init_sha256, fragments) select 'x', part, camera_id, run_id, 'stored',"
            " path, starts_at, ends_at, fragment_count, footage_bytes, size_bytes, init_size_bytes, init_sha256, fragments"
            " from segments where state = 'open'"
        ),
        "insert into gaps values ('a', 'cam-001', 'stalled', '', now(), null), ('b', 'cam-001', 'stalled', '', now(), null)",
    ):
        try:
            async with room.database.transaction() as session:
                await session.execute(text(statement))
        except Exception as error:
            assert "do_not_overlap" in str(error)
        else:
            raise AssertionError(statement)


def test_the_migrations_make_what_the_tables_say(make_database) -> None:
    assert migrations.check(make_database("recorder"), "hejnal_recorder", "recorder") == []
