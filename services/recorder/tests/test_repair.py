"""`check --repair`: what it puts right, what it leaves, and when it stops."""

import contextlib
import io
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from recorder_footage import Clip, SpoolRun
from recorder_room import START, Room
from sqlalchemy import text
from test_days import assert_sums_are_true
from test_holds import hold
from test_retention_and_check import retention

from hejnal_media.fmp4 import FragmentStamp, Sample, fragment_head
from hejnal_recorder.check_command import run_check
from hejnal_recorder.marker import name_archive
from hejnal_recorder.settings import Settings
from hejnal_recorder.takeover.archive import MARKER

EPOCH_US = int(START.timestamp()) * 1_000_000


def write_stamped(path: Path, clip: Clip, starts_s: float, count: int) -> None:
    """A segment file as ingest writes it: each fragment says when it was taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(clip.init)
        for number in range(count):
            starts_us = EPOCH_US + round((starts_s + number) * 1e6)
            stamp = FragmentStamp(number, starts_us, starts_us + 1_000_000)
            samples = [Sample(size_bytes=5, duration_ticks=3600, key_frame=True) for _ in range(25)]
            head = fragment_head(decode_time_ticks=number * 90_000, samples=samples, stamp=stamp)
            file.write(head + b"\0\0\0\1\x65" * 25)
    os.utime(path, (1, 1))


async def check(room: Room, *options: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, findings and what is said, of the command."""
    settings = Settings(database_url=SecretStr(room.url), archive_dir=room.archive_dir)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as said:
        code = await run_check(
            settings,
            camera_id=None,
            hashes="--hashes" in options,
            orphan_age_s=300,
            repair="--repair" in options,
            archive_is_lost="--archive-is-lost" in options,
            clock=room.clock,
        )
    return code, [json.loads(line) for line in out.getvalue().splitlines()], said.getvalue()


async def execute(room: Room, *statements: str) -> None:
    async with room.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


@pytest.fixture
async def recorded(room: Room, clip: Clip) -> SpoolRun:
    await name_archive(room.database, room.archive_dir, room.clock.now())
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(22), run.ended()])
    return run


async def test_holes_sums_and_lost_files_are_put_right(room: Room, recorded: SpoolRun) -> None:
    folder = room.archive_dir / "cam-001/2026-05-03"
    (folder / "run-1-s0.mp4").unlink()
    (folder / "stray.mp4").write_bytes(b"?")
    os.utime(folder / "stray.mp4", (1, 1))
    await execute(
        room, "delete from segments where segment_id = 'run-1-s3'", "update coverage set amount = amount + 1 where level = 'day'"
    )
    code, found, _ = await check(room)
    assert code == 1
    assert {finding["kind"] for finding in found} == {"missing", "hole", "coverage", "orphan"}
    assert (await check(room))[1] == found  # looking changes nothing
    code, left, said = await check(room, "--repair")
    assert code == 1
    assert [(finding["kind"], finding["path"]) for finding in left] == [("orphan", "cam-001/2026-05-03/stray.mp4")]
    assert "repaired" in said
    assert (folder / "stray.mp4").exists()
    gaps = await room.rows("select cause, starts_at, ends_at from gaps where ends_at is not null order by starts_at")
    assert [(gap.cause, (gap.starts_at - START).total_seconds(), (gap.ends_at - START).total_seconds()) for gap in gaps] == [
        ("ingest_lost", 0, 5), ("ingest_lost", 15, 20),
    ]  # fmt: skip
    await assert_sums_are_true(room)
    await retention(room).round()
    [deleted] = [fact for kind, fact in await room.facts() if kind == "segment.deleted.v1"]
    assert (deleted["segment_id"], deleted["reason"]) == ("run-1-s0", "lost")


async def test_orphans_with_our_stamps_come_back_where_there_is_a_gap(room: Room, clip: Clip) -> None:
    await name_archive(room.database, room.archive_dir, room.clock.now())
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=60), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(10), first.ended()])
    await room.takeover.take([second.started(), *second.fragments(5), second.ended()])
    folder = room.archive_dir / "cam-001/2026-05-03"
    write_stamped(folder / "orphan-1.mp4", clip, 20, 10)
    write_stamped(folder / "orphan-2.mp4", clip, 5, 3)  # its time has footage
    write_stamped(room.archive_dir / "cam-001/2026-05-04/orphan-3.mp4", clip, 40, 3)  # lies where it does not belong
    code, left, said = await check(room, "--repair", "--hashes")
    assert (code, {Path(finding["path"]).stem for finding in left}) == (1, {"orphan-2", "orphan-3"})
    assert said.endswith("repaired 1 orphan\n")
    [row] = await room.rows("select s.*, r.codec, r.timescale, r.backfilled from segments s join runs r using (run_id) "
                            "where segment_id = 'orphan-1'")  # fmt: skip
    assert (row.fragment_count, row.starts_at, row.ends_at) == (10, START + timedelta(seconds=20), START + timedelta(seconds=30))
    assert (row.timescale, row.backfilled) == (clip.timescale, True)
    assert row.codec.startswith("avc1.42")
    await assert_sums_are_true(room)


async def test_a_torn_file_keeps_what_is_whole(room: Room, clip: Clip) -> None:
    await name_archive(room.database, room.archive_dir, room.clock.now())
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5), run.ended()])
    path = room.archive_dir / "cam-001/2026-05-03/run-1-s0.mp4"
    os.truncate(path, path.stat().st_size - 10)
    code, _, said = await check(room, "--repair")
    assert (code, "repaired 1 short" in said) == (0, True)


async def test_what_is_held_stays_in_the_index_even_when_its_file_is_gone(room: Room, recorded: SpoolRun) -> None:
    await hold(room)
    (room.archive_dir / "cam-001/2026-05-03/run-1-s1.mp4").unlink()
    code, left, _ = await check(room, "--repair")
    assert (code, [finding["kind"] for finding in left]) == (1, ["missing"])
    assert await room.rows("select 1 from segments where segment_id = 'run-1-s1' and state = 'stored'")


async def test_it_stops_when_the_disk_is_not_there(room: Room, clip: Clip, recorded: SpoolRun) -> None:
    before = await room.dump()
    name = (room.archive_dir / MARKER).read_text()
    room.archive.name = name.strip()
    room.archive_dir.rename(room.archive_dir.with_name("elsewhere"))  # the mount is gone, its empty folder is left
    room.archive_dir.mkdir()
    code, found, said = await check(room, "--repair")
    assert (code, found) == (3, [])
    assert "mounted" in said
    more = SpoolRun(room.spool, clip, START + timedelta(seconds=40), run="run-2", epoch=2)
    with pytest.raises(OSError, match="mounted"):
        await room.takeover.take([more.started(), *more.fragments(2)])
    room.clock.advance(100 * 86400)
    with pytest.raises(OSError, match="mounted"):
        await retention(room).round()
    assert list(room.archive_dir.iterdir()) == []
    assert list((await room.dump())[0]) == list(before[0])
    (room.archive_dir / MARKER).write_text("another")
    assert (await check(room, "--repair"))[0] == 3


async def test_it_stops_before_it_gives_up_very_much(room: Room, clip: Clip, recorded: SpoolRun) -> None:
    long = SpoolRun(room.spool, clip, START + timedelta(seconds=40), run="run-2", epoch=2, segment_s=1)
    await room.takeover.take([long.started(), *long.fragments(20), long.ended()])
    before = await room.dump()
    for path in (room.archive_dir / "cam-001/2026-05-03").glob("run-2-*"):
        path.unlink()
    code, found, said = await check(room, "--repair")
    assert (code, found) == (3, [])
    assert "so many files" in said
    assert await room.dump() == before


async def test_a_lost_archive_is_given_up_only_when_a_person_says_so(room: Room, recorded: SpoolRun) -> None:
    shutil.rmtree(room.archive_dir)
    room.archive_dir.mkdir()
    code, _, said = await check(room, "--repair")
    assert (code, "is its disk mounted?" in said) == (3, True)

    code, _, said = await check(room, "--repair", "--archive-is-lost")

    assert (code, "repaired" in said) == (0, True)
    assert (room.archive_dir / MARKER).exists()
    assert (await check(room))[0] == 0
    async with room.database.read() as session:
        assert (await session.execute(text("select count(*) from segments where state <> 'garbage'"))).scalar_one() == 0


async def test_a_folder_of_another_archive_is_never_taken_for_the_lost_one(room: Room, recorded: SpoolRun) -> None:
    (room.archive_dir / MARKER).write_text("another\n")
    code, _, said = await check(room, "--repair", "--archive-is-lost")
    assert (code, "is not the archive of this index" in said) == (3, True)
