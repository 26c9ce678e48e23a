"""Windows, habits, suspicion and timing: pure cores of the picture room."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_ingest.picture.camera import StreamEye
from hejnal_ingest.picture.levels import Levels
from hejnal_ingest.picture.motion import MotionWatch
from hejnal_ingest.picture.sun import sun_elevation_deg
from hejnal_ingest.picture.suspicion import SizeHabits, SizeWatch, Suspicion
from hejnal_ingest.picture.timing import StreamTiming
from hejnal_ingest.picture.window import MAX_WINDOW_UNITS, StreamWindow, WindowMeter
from hejnal_media.access_unit import AccessUnit, CodecParameters, VideoKind


def units(sizes: list[list[int]], *, step: int = 3600, start_us: int = 1_000_000_000) -> list[AccessUnit]:
    found, ticks = [], 0
    for group in sizes:
        for index, size in enumerate(group):
            found.append(AccessUnit(ticks, start_us + ticks * 100 // 9, index == 0, [], size))
            ticks += step
    return found


def windows_of(sizes: list[list[int]], **options: int) -> list[StreamWindow]:
    found: list[StreamWindow] = []
    meter = WindowMeter(found.append)
    for unit in units(sizes, **options):
        meter.observe(unit)
    return found


def window(key: int = 50_000, inter: int = 4_000, most: int | None = None, *, at_s: float = 0.0, count: int = 49) -> StreamWindow:
    most = inter * 2 if most is None else most
    return StreamWindow(int(at_s * 1e6), key, count, inter // 2, inter, most, key + inter * count, 2.0, 0, 0.004, count + 1)


def test_a_window_is_one_group_of_pictures() -> None:
    first, second = windows_of([[9000, 100, 300, 200], [8000, 1, 2, 3], [7000]])
    assert (first.key_bytes, first.inter_count, first.total_bytes) == (9000, 3, 9600)
    assert (first.inter_min_bytes, first.inter_median_bytes, first.inter_max_bytes) == (100, 200, 300)
    assert first.duration_s == pytest.approx(0.16)
    assert first.pictures == 4
    assert second.key_bytes == 8000


def test_a_long_group_is_looked_at_in_parts() -> None:
    parts = windows_of([[9000] + [100] * (2 * MAX_WINDOW_UNITS + 10), [9000]])
    assert [part.key_bytes for part in parts] == [9000, 0, 0]
    assert sum(part.pictures for part in parts) == 2 * MAX_WINDOW_UNITS + 11


def test_pictures_that_are_all_key_frames_are_measured_together() -> None:
    found: list[StreamWindow] = []
    eye = StreamEye("main", lambda _, window: found.append(window), lambda: None)
    eye.parameters_changed(CodecParameters("mp4v.6c", 640, 360, kind=VideoKind.MJPEG))
    for unit in units([[size] for size in range(10_000, 10_201)]):
        eye.observe(unit)
    assert len(found) == 4
    assert found[0].key_bytes == pytest.approx(10_025, abs=2)
    assert eye.newest_key is not None
    assert eye.newest_key.size_bytes == 10_200


def test_a_hole_makes_no_window() -> None:
    found: list[StreamWindow] = []
    meter = WindowMeter(found.append)
    for unit in units([[9000, 1, 1]]):
        meter.observe(unit)
    meter.restart()
    for unit in units([[9000, 1, 1], [9000]]):
        meter.observe(unit)
    assert len(found) == 1


@given(st.lists(st.integers(1, 8_000_000), min_size=1, max_size=300))
def test_levels_are_within_a_tenth_and_survive_the_file(sizes: list[int]) -> None:
    levels = Levels()
    for size in sizes:
        levels.learn(size)
    for share in (0.05, 0.5, 0.95):
        exact = sorted(sizes)[max(0, -(-int(share * len(sizes) * 1000) // 1000) - 1)]
        assert levels.quantile(1.0) >= 0.9 * max(sizes) or max(sizes) < 8
        assert levels.quantile(share) <= 1.1 * max(sizes) + 1
        assert exact > 0
    again = Levels.load(json.loads(json.dumps(levels.dump())))
    assert again.quantile(0.5) == levels.quantile(0.5)


def test_levels_forget_old_habits() -> None:
    levels = Levels()
    for _ in range(7_000):
        levels.learn(100_000)
    for _ in range(20_000):
        levels.learn(10_000)
    assert levels.quantile(0.9) == pytest.approx(10_000, rel=0.1)


def learned(rng: random.Random) -> tuple[SizeWatch, SizeHabits]:
    watch, habits = SizeWatch(), SizeHabits()
    for _ in range(200):
        ordinary = window(int(50_000 * rng.uniform(0.95, 1.05)), int(4_000 * rng.uniform(0.6, 1.6)))
        assert watch.take(ordinary, habits) is None
        habits.learn(ordinary, watch.step)
    return watch, habits


def test_what_each_kind_of_tampering_looks_like() -> None:
    rng = random.Random(1)
    watch, habits = learned(rng)
    assert watch.take(window(12_000, 1_000), habits) is Suspicion.COLLAPSED
    watch, habits = learned(rng)
    assert watch.take(window(50_000, 4_000, 45_000), habits) is Suspicion.STEPPED
    watch, habits = learned(rng)
    assert watch.take(window(65_000, 4_000), habits) is Suspicion.STEPPED
    watch, habits = learned(rng)
    still = [watch.take(window(50_000, 40, 60), habits) for _ in range(3)]
    assert still[-1] is Suspicion.FROZEN
    watch, habits = learned(rng)
    noisy = [watch.take(window(51_000 + number, 26_000 + number, 28_000), habits) for number in range(6)]
    assert noisy[-1] is Suspicion.NOISY


def test_the_same_group_of_pictures_again_and_again_is_suspicious() -> None:
    watch, habits = learned(random.Random(2))
    again = window(50_123, 4_321)
    assert [watch.take(again, habits) for _ in range(3)][-1] is Suspicion.FROZEN


def test_nothing_is_suspected_before_something_is_learned() -> None:
    watch, habits = SizeWatch(), SizeHabits()
    assert all(watch.take(window(size), habits) is None for size in (50_000, 1_000, 90_000, 10))


def test_drift_is_found_under_jitter() -> None:
    rng, timing = random.Random(3), StreamTiming()
    for number in range(1_000):
        at_s = 2.0 * number
        late_us = int(rng.expovariate(1 / 5_000))
        offset_us = int(-at_s * 80) + late_us  # the camera's clock runs 80 ppm fast: its RTP time is ahead more and more
        timing.take(StreamWindow(int(at_s * 1e6), 1, 49, 1, 1, 1, 50, 2.0, offset_us, 0.02, 50))
    assert timing.drift_ppm == pytest.approx(80, abs=8)
    assert timing.fps == pytest.approx(25)
    assert timing.jitter_s == pytest.approx(0.02)


def test_motion_begins_and_ends_once() -> None:
    habits, watch = SizeHabits(), MotionWatch()
    for number in range(100):
        habits.learn(window(inter=1_000 + 10 * (number % 30)), 0.0)
    told = [watch.take(window(inter=1_000, at_s=2 * number), habits) for number in range(20, 30)]
    told += [watch.take(window(inter=5_000, at_s=2 * number), habits) for number in range(30, 35)]
    told += [watch.take(window(inter=1_000, at_s=2 * number), habits) for number in range(35, 45)]
    begun, ended = [motion for motion in told if motion is not None]
    assert (begun.started_at_us, begun.ended_at_us) == (58_000_000, None)
    assert (ended.started_at_us, ended.ended_at_us) == (58_000_000, 68_000_000)


@pytest.mark.parametrize(
    ("at", "height_deg"),
    [
        (datetime(2026, 6, 21, 10, 36, tzinfo=UTC), 62.4),
        (datetime(2026, 12, 21, 10, 34, tzinfo=UTC), 15.5),
        (datetime(2026, 6, 20, 22, 36, tzinfo=UTC), -15.5),
    ],
)
def test_the_sun_stands_where_it_should(at: datetime, height_deg: float) -> None:
    assert sun_elevation_deg(51.05, 20.95, at) == pytest.approx(height_deg, abs=0.6)
    assert sun_elevation_deg(51.05, 20.95, at + timedelta(days=365)) == pytest.approx(height_deg, abs=0.8)
