import itertools
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_contracts.cameras import CameraCondition, FaultCause
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.camera.back_off import BackOff
from hejnal_ingest.camera.condition import GAP_CAUSES, ConditionBoard
from hejnal_ingest.camera.watchdog import Watchdog
from hejnal_ingest.relay.hub import MAX_QUEUED_BYTES, RelayHub
from hejnal_ingest.server_time import ServerTime
from hejnal_ingest.sources.source import SourceError, SourceFigures
from hejnal_ingest.spool.arrival import ArrivalTimeline
from hejnal_ingest.spool.files import SEGMENT_PATH, SegmentFile
from hejnal_ingest.spool.fragments import Fragment, FragmentBuilder
from hejnal_ingest.spool.journal import RunEnding, RunJournal, note_announced, write_journal
from hejnal_ingest.spool.recovery import recover
from hejnal_ingest.spool.ring import SpoolLimits, SpoolPolicy, SpoolRing, SpoolRoom
from hejnal_ingest.spool.taken import FetchedSegments
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.fmp4 import read_fragments
from hejnal_media.relay import RelayDecoder, RelayedUnit, StreamInfo
from hejnal_media.rtsp import RtspFault
from hejnal_runtime.clock import ManualClock

START = datetime(2026, 1, 1, tzinfo=UTC)
PARAMETERS = CodecParameters("avc1.64001f", 1280, 720, bytes.fromhex("6764001facd940"), (b"\x68\xeb",))


# --- back-off, watchdog, condition


def test_back_off_grows_to_a_minute_and_starts_again_after_a_healthy_one() -> None:
    back_off = BackOff(uniform=lambda low, high: (low + high) / 2)
    assert [back_off.next_s(healthy_s=0) for _ in range(8)] == [1, 2, 5, 10, 30, 60, 60, 60]
    assert back_off.next_s(healthy_s=59) == 60
    assert back_off.next_s(healthy_s=61) == 1
    assert back_off.next_s(healthy_s=0) == 2
    back_off.reset()
    assert back_off.next_s(healthy_s=0) == 1


def test_back_off_jitters() -> None:
    pauses = {BackOff(random.Random(seed).uniform).next_s(healthy_s=0) for seed in range(50)}
    assert len(pauses) == 50
    assert all(0.8 <= pause <= 1.2 for pause in pauses)


def test_the_watchdog_sees_silence() -> None:
    dog = Watchdog(100, no_video_s=10, no_keyframe_s=30)
    dog.check(109, SourceFigures(0, anything=False))
    with pytest.raises(SourceError, match="sent nothing") as caught:
        dog.check(110, SourceFigures(0, anything=False))
    assert caught.value.cause is FaultCause.STALLED
    dog.key_frame(111)
    dog.check(112, SourceFigures(1, anything=True))
    dog.check(121, SourceFigures(1, anything=True))
    with pytest.raises(SourceError, match="no picture for 10 s"):
        dog.check(122, SourceFigures(1, anything=True))


def test_the_watchdog_wants_key_frames_but_waits_for_long_groups() -> None:
    dog = Watchdog(0, no_video_s=10, no_keyframe_s=30)
    for second in range(1, 30):
        dog.check(second, SourceFigures(second, anything=True))
    with pytest.raises(SourceError, match="no usable key frame for 30 s"):
        dog.check(30, SourceFigures(30, anything=True))
    dog = Watchdog(0, no_video_s=10, no_keyframe_s=30)
    dog.key_frame(0)
    dog.key_frame(20)
    dog.check(70, SourceFigures(5, anything=True))  # 3 x 20 s
    with pytest.raises(SourceError, match="no usable key frame"):
        dog.check(80, SourceFigures(6, anything=True))


def test_the_watchdog_tells_sound_without_pictures() -> None:
    dog = Watchdog(0, no_video_s=10, no_keyframe_s=30)
    with pytest.raises(SourceError, match="sound, but no picture") as caught:
        dog.check(10, SourceFigures(sound=True))
    assert caught.value.cause is FaultCause.NO_VIDEO


def test_a_try_in_between_does_not_hide_the_cause() -> None:
    board = ConditionBoard(START)
    later = START + timedelta(seconds=5)
    assert board.change(CameraCondition.RETRYING, later, cause=FaultCause.REFUSED, detail="x", retry_at=later)
    assert not board.change(CameraCondition.CONNECTING, later + timedelta(seconds=1))
    assert (board.current.condition, board.current.cause, board.current.since) == (
        CameraCondition.RETRYING,
        FaultCause.REFUSED,
        later,
    )
    assert not board.change(CameraCondition.RETRYING, later + timedelta(seconds=2), cause=FaultCause.REFUSED, detail="x")
    assert board.change(CameraCondition.RETRYING, later, cause=FaultCause.NO_ROUTE)
    assert board.change(CameraCondition.LIVE, later)
    assert board.current.cause is None


def test_every_fault_has_a_word_in_the_contracts() -> None:
    assert {FaultCause(fault.value) for fault in RtspFault} <= set(GAP_CAUSES)
    assert set(GAP_CAUSES) == set(FaultCause)


def test_server_time_slews_small_differences_and_steps_large_ones() -> None:
    clock = ManualClock(START)
    time = ServerTime(clock, interval_s=10)
    at = time.now_us()
    clock.advance(10)
    assert time.now_us() - at == pytest.approx(10_000_000, abs=2)
    clock._now += timedelta(milliseconds=100)
    assert time.discipline() == pytest.approx(0.1, abs=1e-3)
    assert time.now_us() - at == pytest.approx(10_005_000, abs=5)
    assert time.steps == 0
    clock._now += timedelta(hours=1)
    time.discipline()
    assert time.steps == 1
    assert time.now_us() == pytest.approx(clock.now().timestamp() * 1e6, abs=5)


# --- time and fragments


@given(st.lists(st.integers(0, 400_000), min_size=3, max_size=60), st.integers(0, 10**15))
def test_late_arrival_does_not_bend_the_timeline(delays: list[int], start: int) -> None:
    timeline = ArrivalTimeline()
    instants = []
    for number, delay in enumerate(delays):
        timeline.note(number * 3600, start + number * 40_000 + delay)
        timeline.end_group()
        instants.append(timeline.instant_us(number * 3600))
    assert all(before < after for before, after in itertools.pairwise(instants))
    smallest = min(delays)
    for number, instant in enumerate(instants):
        assert instant >= start + number * 40_000 + smallest - 40_000 * 3


def test_a_run_does_not_begin_before_the_last_one_ended() -> None:
    timeline = ArrivalTimeline(not_before_us=5_000_000)
    timeline.note(0, 3_000_000)
    timeline.end_group()
    assert timeline.instant_us(0) > 5_000_000


def unit(ticks: int, *, key: bool = False, size: int = 10, delay_us: int = 0) -> AccessUnit:
    body = (b"\x65" if key else b"\x41") * size
    return AccessUnit(ticks, 1_767_225_600_000_000 + ticks * 100 // 9 + delay_us, key, [size.to_bytes(4, "big"), body], size + 4)


def builder(**options: float) -> FragmentBuilder:
    ids = (f"segment-{number}" for number in itertools.count())
    return FragmentBuilder("cam-001", PARAMETERS, segment_s=options.get("segment_s", 60), new_id=lambda: next(ids))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40_000), st.integers(1, 300)), min_size=1, max_size=80), st.integers(1, 5)
)
def test_fragments_tile_the_run(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int, int]], segment_s: int
) -> None:
    made = builder(segment_s=segment_s)
    ticks, fragments = 0, []
    units = [unit(0, key=True)]
    for key, step, size in steps:
        ticks += step
        units.append(unit(ticks, key=key, size=size))
    fragments = [done for one in units if (done := made.add(one))]
    last = made.finish()
    assert last is not None
    fragments.append(last)
    assert sum(f.frames for f in fragments) == len(units)
    assert [f.sequence for f in fragments] == list(range(len(fragments)))
    assert fragments[0].starts_segment
    assert fragments[-1].segment_ends
    for before, after in itertools.pairwise(fragments):
        assert before.ends_at_us == after.starts_at_us
        assert before.media_time + before.duration_ticks == after.media_time
        assert before.segment_ends == after.starts_segment == (before.segment_id != after.segment_id)
    path = tmp_path_factory.mktemp("run") / "run.mp4"
    path.write_bytes(fragments[0].init + b"".join(f.head + b"".join(f.pieces) for f in fragments))
    read = read_fragments(path)
    assert not read.torn
    assert [f.size_bytes for f in read.fragments] == [f.size_bytes for f in fragments]
    assert [f.stamp and f.stamp.starts_at_us for f in read.fragments] == [f.starts_at_us for f in fragments]


def test_b_frames_get_decoding_times() -> None:
    made = builder()
    order = (0, 10_800, 3_600, 7_200, 14_400)
    for number, ticks in enumerate(order):
        assert made.add(unit(ticks, key=number == 0)) is None
    fragment = made.add(unit(18_000, key=True))
    assert fragment is not None
    assert (fragment.frames, fragment.duration_ticks) == (5, 18_000)


def test_a_huge_group_is_split() -> None:
    made = builder()
    fragments = [made.add(unit(3600 * number, key=number == 0, size=4_000_000)) for number in range(20)]
    assert sum(fragment is not None for fragment in fragments) == 2


def test_other_parameters_begin_another_segment() -> None:
    made = builder()
    made.add(unit(0, key=True))
    last = made.change_parameters(CodecParameters("avc1.64001f", 1280, 720, PARAMETERS.sps, (b"\x68\xec",)))
    assert last is not None
    assert last.segment_ends
    made.add(unit(3600, key=True))
    following = made.finish()
    assert following is not None
    assert following.starts_segment
    assert following.init != last.init


# --- files


def stored(folder: Path, fragments: list[Fragment]) -> Path:
    path = folder / f"{fragments[0].segment_id}.mp4"
    file = SegmentFile(path, fragments[0].init)
    for fragment in fragments:
        file.append(fragment.head, fragment.pieces)
    file.close()
    return path


def run_of(count: int, segment_s: float = 60) -> list[Fragment]:
    made = builder(segment_s=segment_s)
    units = (unit(3600 * number, key=number % 5 == 0) for number in range(5 * count + 1))
    return [fragment for one in units if (fragment := made.add(one))]


def test_a_segment_without_fragments_leaves_no_file(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path / "a.mp4", b"init")
    file.close()
    assert not list(tmp_path.iterdir())


def test_paths_in_urls() -> None:
    assert SEGMENT_PATH.match("cam-001/0197-ab/0197-cd.mp4")
    for path in (
        "../a/b.mp4",
        "cam-001/../b.mp4",
        "cam-001/a/b.mp4/..",
        "/cam/a/b.mp4",
        "cam-001/a/run.json",
        "cam\n/a/b.mp4",
        "cam/a/b.mp4\n",
    ):
        assert not SEGMENT_PATH.match(path)


def journal(**changes: object) -> RunJournal:
    started = RunStarted(
        camera_id="cam-001",
        run_id="run-1",
        epoch=7,
        ingest_id="a",
        stream="main",
        spool_url="http://x",
        codec="avc1.64001f",
        width=1280,
        height=720,
        timescale=90_000,
        started_at=START,
    )
    return RunJournal(started=started, **changes)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cam-001" / "run-1"
    folder.mkdir(parents=True)
    return folder


def test_recovery_tells_what_was_not_told(tmp_path: Path, folder: Path) -> None:
    fragments = run_of(4)
    path = stored(folder, fragments)
    with path.open("ab") as file:
        file.write(fragments[0].head[:40])
    write_journal(folder, journal())
    note_announced(folder, 2)
    (run,) = recover(tmp_path)
    started, *written, ended = run.facts
    assert isinstance(started, RunStarted)
    assert [fact.sequence for fact in written if isinstance(fact, FragmentWritten)] == [2, 3]
    assert isinstance(ended, RunEnded)
    assert (ended.cause, ended.fragments, ended.epoch) == (GapCause.INGEST_LOST, 4, 7)
    assert ended.ended_at.timestamp() == pytest.approx(fragments[3].ends_at_us / 1e6)
    assert path.stat().st_size == read_fragments(path).whole_bytes


def test_recovery_keeps_the_true_cause_of_a_run_that_had_ended(tmp_path: Path, folder: Path) -> None:
    stored(folder, run_of(2))
    write_journal(folder, journal(ending=RunEnding(cause=GapCause.STALLED, detail="x", ended_at=START, fragments=2)))
    (run,) = recover(tmp_path)
    ended = run.facts[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.cause, ended.ended_at) == (GapCause.STALLED, START)


def test_recovery_leaves_what_it_does_not_understand(tmp_path: Path, folder: Path) -> None:
    (folder / "run.json").write_text("{")
    (folder / "notes.txt").write_text("x")
    (tmp_path / ".lock").touch()
    assert list(recover(tmp_path)) == []
    assert (folder / "notes.txt").exists()


NOW_S = 10_000.0


def ring_of(spool: Path, **changes: Any) -> SpoolRing:
    limits = {name: changes.pop(name) for name in ("max_bytes", "max_age_s", "min_free_bytes", "policy") if name in changes}
    bounds = SpoolLimits(**{"max_bytes": 10_000, "max_age_s": 5000, "min_free_bytes": 0, **limits})
    return SpoolRing(spool, bounds, now_s=lambda: NOW_S, **changes)


def lay(spool: Path, camera: str, names: str, *, age_s: float = 1000) -> None:
    """Segments of 100 bytes, the first the oldest."""
    folder = spool / camera / "run-1"
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        path = folder / f"{name}.mp4"
        path.write_bytes(b"x" * 100)
        os.utime(path, (NOW_S - age_s + number, NOW_S - age_s + number))


def left(spool: Path) -> str:
    return "".join(sorted(path.stem for path in spool.glob("*/*/*.mp4")))


def test_the_ring_drops_the_oldest(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abcde")
    assert ring_of(tmp_path).prune() == 0
    assert ring_of(tmp_path, max_bytes=300).prune() == 2
    assert left(tmp_path) == "cde"
    folder = tmp_path / "cam-001" / "run-1"
    os.utime(folder / "e.mp4", (NOW_S, NOW_S))
    assert ring_of(tmp_path, max_bytes=1).prune() == 2  # the young one stays
    assert ring_of(tmp_path, max_age_s=-1).prune() == 1
    assert not folder.exists()


def test_the_ring_gives_up_first_what_the_recorder_has(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abcd")
    lay(tmp_path, "cam-002", "efgh", age_s=900)
    os.link(tmp_path / "cam-002" / "run-1" / "h.mp4", tmp_path / "archived")
    forgotten: list[str] = []
    ring = ring_of(
        tmp_path, max_bytes=500, fetched=lambda name, size: name == "cam-001/run-1/d.mp4" and size == 100, forget=forgotten.append
    )
    assert ring.prune() == 3
    assert left(tmp_path) == "bcefg"  # d was fetched, h is linked; then the oldest
    assert forgotten[:2] == ["cam-001/run-1/d.mp4", "cam-002/run-1/h.mp4"]


def test_the_ring_gives_up_important_cameras_last(tmp_path: Path) -> None:
    lay(tmp_path, "gate", "abc", age_s=3000)
    lay(tmp_path, "park", "def", age_s=1000)
    levels = {"gate": "high", "park": "low"}
    assert ring_of(tmp_path, max_bytes=200, priority=levels.__getitem__).prune() == 4
    assert left(tmp_path) == "bc"


def test_the_ring_keeps_all_that_was_not_taken_when_told_so(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abc")
    room = SpoolRoom()
    keep = {"max_bytes": 250, "policy": SpoolPolicy.KEEP, "room": room}
    assert ring_of(tmp_path, **keep).prune() == 0
    assert room.full is not None
    assert ring_of(tmp_path, **keep, max_age_s=1).prune() == 0  # not even for its age
    assert ring_of(tmp_path, **keep, fetched=lambda _name, _size: True).prune() == 1
    assert room.full is None
    assert left(tmp_path) == "bc"


def test_fetched_segments_are_those_whose_last_byte_was_handed_out() -> None:
    fetched = FetchedSegments()
    fetched.note("a", "bytes=0-49", 100)
    assert not fetched.whole("a", 100)
    fetched.note("a", "bytes=50-99", 100)
    fetched.note("a", "bytes=10-19", 100)
    assert fetched.whole("a", 100)
    assert not fetched.whole("a", 200)  # it has grown since
    fetched.note("b", "", 70)
    assert fetched.whole("b", 70)
    fetched.forget("b")
    assert not fetched.whole("b", 70)


def test_the_ring_keeps_a_journal_that_is_not_told(tmp_path: Path, folder: Path) -> None:
    path = folder / "s.mp4"
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    write_journal(folder, journal())
    assert ring_of(tmp_path, max_age_s=10).prune() == 1
    assert (folder / "run.json").exists()


# --- relay


async def collected(hub: RelayHub, act: Callable[[], None]) -> list[object]:
    reader = hub.join()
    act()
    reader.close()
    decoder = RelayDecoder()
    return [record async for chunk in reader.chunks() for record in decoder.feed(chunk)]


async def test_a_new_reader_gets_the_last_group_of_pictures() -> None:
    hub = RelayHub()
    hub.begin(StreamInfo("avc1", 1, 1, "r"))
    for number in range(12):
        hub.publish(unit(3600 * number, key=number % 5 == 0))
    info, *units = await collected(hub, lambda: hub.publish(unit(3600 * 12)))
    assert isinstance(info, StreamInfo)
    assert [one.unit.ticks // 3600 for one in units if isinstance(one, RelayedUnit)] == [10, 11, 12]


async def test_a_slow_reader_goes_on_with_a_key_frame() -> None:
    hub = RelayHub()
    hub.begin(StreamInfo("avc1", 1, 1, "r"))
    reader = hub.join()
    size = MAX_QUEUED_BYTES // 10
    for number in range(25):
        hub.publish(unit(3600 * number, key=number % 5 == 0, size=size))
    decoder = RelayDecoder()
    got = []
    chunks = reader.chunks()
    while len(got) < 10:
        got += decoder.feed(await anext(chunks))
    for number in range(25, 32):
        hub.publish(unit(3600 * number, key=number % 5 == 0, size=size))
    reader.close()
    async for chunk in chunks:
        got += decoder.feed(chunk)
    units = [one for one in got if isinstance(one, RelayedUnit)]
    assert [one.unit.ticks // 3600 for one in units][:9] == list(range(9))
    first_after = next(one for before, one in itertools.pairwise(units) if one.unit.ticks - before.unit.ticks > 3600)
    assert first_after.unit.key_frame
    assert first_after.after_skip


def test_pictures_that_are_all_key_frames_share_a_fragment_of_a_second() -> None:
    made = builder()
    fragments = [made.add(unit(9000 * number, key=True)) for number in range(35)]
    assert [fragment.frames for fragment in fragments if fragment] == [10, 10, 10]
    made = builder()
    keys = (0, 5, 6, 7, 20)
    fragments = [made.add(unit(3600 * number, key=number in keys)) for number in range(30)]
    assert [fragment.frames for fragment in fragments if fragment] == [
        5,
        15,
    ]  # those of a group that begins with several key frames too
