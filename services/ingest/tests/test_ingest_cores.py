import itertools
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_footage import PARAMETERS, START, builder, unit

from hejnal_contracts.cameras import CameraCondition, FaultCause
from hejnal_ingest.camera.back_off import BackOff
from hejnal_ingest.camera.condition import GAP_CAUSES, ConditionBoard
from hejnal_ingest.camera.watchdog import Watchdog
from hejnal_ingest.relay.hub import MAX_QUEUED_BYTES, RelayHub
from hejnal_ingest.server_time import ServerTime
from hejnal_ingest.sources.source import SourceError, SourceFigures
from hejnal_ingest.spool.arrival import ArrivalTimeline
from hejnal_media.access_unit import CodecParameters
from hejnal_media.fmp4 import read_fragments
from hejnal_media.relay import RelayDecoder, RelayedUnit, StreamInfo
from hejnal_media.rtsp import RtspFault
from hejnal_runtime.clock import ManualClock

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
