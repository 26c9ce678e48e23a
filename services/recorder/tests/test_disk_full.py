"""A full disk on a real, small file system: low priority gives way, held and priority cameras go on, all recovers by itself."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorder_footage import Clip, SpoolRun
from recorder_room import START, Door, Room
from sqlalchemy import text
from test_days import assert_sums_are_true
from test_retention_and_check import camera, retention

from hejnal_local.small_disk import small_disk
from hejnal_recorder.holds import store
from hejnal_recorder.holds.hold import LegalBasis, NewHold
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.retention.ceiling import CeilingError, check_ceiling, record_decision
from hejnal_recorder.retention.forecast import CameraBytes, forecast
from hejnal_recorder.retention.pressure import BEGINS, HYSTERESIS, Disk, Level, bytes_to_free, level_of
from hejnal_recorder.retention.rounds import Retention

SIZE_BYTES = 48 << 20
CAMERAS = {"cam-low": "low", "cam-normal": "normal", "cam-high": "high", "cam-held": "normal"}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", SIZE_BYTES) as folder:
        yield folder


@pytest.fixture
async def full_room(make_database: Callable[[str], str], disk: Path, http: aiohttp.ClientSession) -> AsyncIterator[Room]:
    for name in ("archive", "spool"):
        (disk / name).mkdir()
    room = Room(make_database("recorder"), disk / "archive", disk / "spool", http)
    yield room
    await room.database.close()


def heavy(clip: Clip) -> Clip:
    """The same footage, 100 kB a second: a `free` box after each fragment."""
    padding = (100_000).to_bytes(4, "big") + b"free" + bytes(100_000 - 8)
    return replace(clip, pieces=[replace(piece, data=piece.data + padding) for piece in clip.pieces])


def fill(room: Room, used_share: float) -> None:
    """A ballast file, as another program's data: so much of the disk is used in all."""
    ballast = room.archive_dir.parent / "ballast"
    ballast.unlink(missing_ok=True)
    disk = room.archive.disk()
    needed = round((used_share - disk.used_share) * disk.total_bytes)
    if needed > 0:
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, needed)


async def seconds_of(room: Room) -> dict[str, int]:
    rows = await room.rows(
        "select camera_id, sum(extract(epoch from ends_at - starts_at))::integer as s from segments "
        "where state <> 'garbage' group by 1"
    )
    return dict.fromkeys(CAMERAS, 0) | {row.camera_id: row.s for row in rows}


class Town:
    """Four cameras that record; ingest's ring forgets its copies at once."""

    def __init__(self, room: Room, clip: Clip) -> None:
        self.room, self.clip, self.epoch = room, clip, 0

    async def record(self, seconds: int) -> None:
        self.epoch += 1
        for name in CAMERAS:
            run = SpoolRun(
                self.room.spool, self.clip, self.room.clock.now(), camera=name, run=f"{name}-{self.epoch}", epoch=self.epoch
            )
            for fact in [run.started(), *(run.fragment() for _ in range(seconds)), run.ended()]:
                await self.room.takeover.take([fact])
            for path in self.room.spool.rglob("*.mp4"):
                path.unlink()
        self.room.clock.advance(seconds)


async def test_footage_that_the_spool_still_has_is_not_deleted_for_twice(full_room: Room, clip: Clip) -> None:
    """Deleting frees such files only when ingest's ring lets go: until then no second lot goes for the same room."""
    room = full_room
    keeper = retention(room)
    await remember_camera(room.database, camera(1, 30))
    run = SpoolRun(room.spool, heavy(clip), room.clock.now())
    for fact in [run.started(), *(run.fragment() for _ in range(200)), run.ended()]:
        await room.takeover.take([fact])
    room.clock.advance(200 + 2 * 86400)
    fill(room, 0.96)
    await keeper.measure()
    assert keeper.level is Level.VERY_SHORT
    await keeper.round()
    kept = "select count(*) as n, sum(footage_bytes) as size from segments where state <> 'garbage'"
    [first] = await room.rows(kept)
    assert 0 < first.n < 40
    for _ in range(3):
        await keeper.measure()
        assert keeper.level is Level.VERY_SHORT
        await keeper.round()
    assert await room.rows(kept) == [first]

    for path in room.spool.rglob("*.mp4"):  # the ring lets go
        if path.stat().st_nlink == 1:
            path.unlink()
    await keeper.measure()
    assert keeper.level is Level.FINE


async def settle(keeper: Retention) -> Level:
    """What the loop does, until nothing more changes."""
    for _ in range(6):
        await keeper.measure()
        await keeper.round()
    await keeper.measure()
    return keeper.level


async def test_low_gives_way_held_and_high_go_on_and_all_recovers(full_room: Room, clip: Clip) -> None:
    room = full_room
    town, keeper = Town(room, heavy(clip)), retention(room)
    for name, priority in CAMERAS.items():
        plan = {"keep_days": 30, "priority": priority}
        known = camera(1, 30).model_copy(update={"camera_id": name})
        await remember_camera(room.database, known.model_validate(known.model_dump() | {"recording": plan}))
    await town.record(20)
    async with room.database.transaction() as session:
        new = NewHold(
            ("cam-held",), START, room.clock.now() + timedelta(days=10), LegalBasis.COURT_ORDER, "sąd", "II K 1/26", "dpo-1",
            room.clock.now() + timedelta(days=100),
        )  # fmt: skip
        await store.place(session, new, now=room.clock.now())
    room.clock.advance(2 * 86400)
    assert await settle(keeper) is Level.FINE
    assert await seconds_of(room) == dict.fromkeys(CAMERAS, 20)

    fill(room, 0.91)
    assert await settle(keeper) is Level.FINE  # by the oldest of low priority
    left = await seconds_of(room)
    assert 0 < left["cam-low"] < 20
    assert {name: left[name] for name in left if name != "cam-low"} == {"cam-normal": 20, "cam-high": 20, "cam-held": 20}

    fill(room, 0.985)
    await settle(keeper)
    left = await seconds_of(room)
    assert left["cam-low"] == 0
    assert left["cam-normal"] < 20
    assert (left["cam-high"], left["cam-held"]) == (20, 20)

    fill(room, 0.965)  # nothing of low is left: normal gives what it has, and low is refused
    await keeper.measure()
    assert (keeper.level, room.admission.level) == (Level.VERY_SHORT, Level.FINE)
    room.clock.advance(61)  # recording is refused only when that lasts
    await keeper.measure()
    assert room.admission.level is Level.VERY_SHORT
    await town.record(5)
    now = await seconds_of(room)
    assert (now["cam-low"], now["cam-high"], now["cam-held"]) == (0, 25, 25)
    assert now["cam-normal"] == left["cam-normal"] + 5
    [refused] = await room.rows(
        "select ends_at - starts_at as long from gaps where camera_id = 'cam-low' and cause = 'disk_full'"
    )
    assert refused.long == timedelta(seconds=5)

    fill(room, 0.995)
    await keeper.measure()
    assert not room.admission.refuses("cam-normal")
    room.clock.advance(61)
    await keeper.measure()
    assert room.admission.level is Level.FULL
    assert {name for name in CAMERAS if room.admission.refuses(name)} == {"cam-low", "cam-normal"}
    before = await seconds_of(room)
    await keeper.round()
    after = await seconds_of(room)
    assert after["cam-held"] == before["cam-held"]
    assert after["cam-high"] < 25  # its oldest: everything else that may go has gone
    await town.record(5)
    now = await seconds_of(room)
    assert (now["cam-high"], now["cam-held"]) == (after["cam-high"] + 5, after["cam-held"] + 5)
    assert (now["cam-low"], now["cam-normal"]) == (after["cam-low"], after["cam-normal"])

    fill(room, 0)  # the other program's data is gone
    assert await settle(keeper) is Level.FINE
    await town.record(5)
    assert await seconds_of(room) == {name: now[name] + 5 for name in CAMERAS}
    assert await room.check() == []
    await assert_sums_are_true(room)
    deleted = [fact for kind, fact in await room.facts() if kind == "segment.deleted.v1"]
    assert {fact["reason"] for fact in deleted} == {"space"}
    assert "cam-held" not in {fact["camera_id"] for fact in deleted}


async def test_a_cameras_share_of_the_disk_is_kept(full_room: Room, clip: Clip) -> None:
    room = full_room
    town, keeper = Town(room, heavy(clip)), retention(room)
    known = camera(1, 30)
    plan = {"keep_days": 30, "disk_share_percent": 2.5}
    known = known.model_validate(known.model_dump() | {"recording": plan, "camera_id": "cam-low"})
    await remember_camera(room.database, known)
    await town.record(20)
    room.clock.advance(7200)
    await settle(keeper)
    assert await seconds_of(room) == dict.fromkeys(CAMERAS, 20) | {"cam-low": 10}  # 1.26 MB of 50 are 12 s: two files


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_levels_rise_at_their_mark_and_fall_two_percent_below(shares: list[float]) -> None:
    level = Level.FINE
    for share in shares:
        disk = Disk(1_000_000, round(1_000_000 * (1 - share)))
        before, level = level, level_of(disk, level)
        for mark, begins in BEGINS.items():
            if disk.used_share >= begins:
                assert level >= mark
            if disk.used_share < begins - HYSTERESIS:
                assert level < mark
        assert level == before or level_of(disk, level) == level
        assert bytes_to_free(disk, level) == 0 or disk.used_share > 0.88


def test_the_forecast_knows_growth_retention_and_holds() -> None:
    today = date(2026, 5, 20)
    days = {today - timedelta(days=number): 100 for number in range(1, 11)}
    full = CameraBytes(keep_days=10, by_day=days, held_by_day={})
    assert forecast([full], 50, today).days_until_full is None  # each day brings what another takes
    young = CameraBytes(keep_days=30, by_day=days, held_by_day={})
    told = forecast([young], 1000, today)
    assert (told.growth_bytes_per_day, told.days_until_full) == (100, 10)
    assert forecast([young], 2500, today).days_until_full is None  # after 20 more days the oldest go
    held = CameraBytes(keep_days=10, by_day=days, held_by_day=days)
    assert forecast([held], 450, today).days_until_full == 5
    assert forecast([CameraBytes(30, {today: 70}, {})], 700, today).days_until_full == 10
    assert forecast([], 1, today).days_until_full is None


async def test_a_ceiling_above_the_law_needs_a_decision_in_the_audit_log(room: Room) -> None:
    check_ceiling(90, "")
    check_ceiling(30, "")
    with pytest.raises(CeilingError, match="CEILING_DECISION"):
        check_ceiling(91, " ")
    decision = "Zarządzenie 17/2026 Burmistrza z 4.05.2026"
    check_ceiling(120, decision)
    assert not await record_decision(room.database, 90, "", room.clock.now())
    assert await record_decision(room.database, 120, decision, room.clock.now())
    assert not await record_decision(room.database, 120, decision, room.clock.now())
    [(kind, fact)] = await room.facts()
    assert (kind, fact["action"], fact["reason"]) == ("audit.recorded.v1", "retention.ceiling-raised", decision)


async def test_nothing_is_kept_past_the_ceiling(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5), run.ended()])
    await remember_camera(room.database, camera(1, 90))
    room.clock.advance(40 * 86400)
    keeper = retention(room)
    await keeper.round()
    assert await room.rows("select 1 from segments")
    keeper._ceiling_days = 30
    await keeper.round()
    assert not await room.rows("select 1 from segments")


async def test_the_storage_page(door: Door, room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(10), run.ended()])
    answer = await door.client.get("/internal/v1/storage")
    body = answer.json()
    assert answer.status_code == 200, body
    [one] = body["cameras"]
    [row] = await room.rows("select sum(footage_bytes)::bigint as bytes from segments")
    assert (one["camera_id"], one["size_bytes"], one["held_bytes"]) == ("cam-001", row.bytes, 0)
    assert 0 < body["free_bytes"] < body["total_bytes"]
    async with room.database.transaction() as session:
        await session.execute(text("delete from segments"))
    assert (await door.client.get("/internal/v1/storage")).json()["cameras"][0]["size_bytes"] == 0
