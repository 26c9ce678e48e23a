"""Times of fragments against everything a camera can do: no player may find a reason to drop pictures or to stop."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_gateway.live.fmp4.timeline import Timeline, Times

PATTERNS = {"plain": (0,), "two B": (2, 0, 1), "pyramid": (3, 1, 0, 2)}
"""Order in which pictures of a small group come, as places in the order they are shown."""


def coming(pattern: str, step: int, groups: int, holes: dict[int, int], jitter: list[int]) -> Iterator[int]:
    """Ticks in decoding order: an I picture, then small groups, some of them late by a hole."""
    order, shift = PATTERNS[pattern], 0
    yield 0
    for group in range(groups):
        shift += holes.get(group, 0)
        for place in order:
            number = 1 + group * len(order) + place
            yield number * step + shift + jitter[number % len(jitter)]


def us(ticks: int) -> int:
    return ticks * 1_000_000 // 90_000


def check(all_times: list[Times]) -> None:
    """What Chromium's frame processor asks for, and no hole in what is buffered."""
    for before, after in itertools.pairwise(all_times):
        # It counts in whole microseconds, each time cut off by itself.
        assert 0 < us(after.decode_ticks) - us(before.decode_ticks) <= 2 * us(before.duration_ticks)
    shown = sorted((times.decode_ticks + times.composition_offset_ticks, times.duration_ticks) for times in all_times)
    longest = max(times.duration_ticks for times in all_times)
    for (at, _), (following, _) in itertools.pairwise(shown):
        assert at < following, "two pictures at once"
        assert following - at <= 18 * longest, "a hole"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(PATTERNS)),
    st.sampled_from([1500, 3000, 3600, 9000, 45000]),
    st.integers(1, 30),
    st.dictionaries(st.integers(1, 29), st.integers(0, 900_000), max_size=3),
    st.integers(1, 20),
    st.integers(0, 60),
)
def test_times_are_what_players_need(
    pattern: str, step: int, groups: int, holes: dict[int, int], joined_after: int, restart_after: int
) -> None:
    timeline, ticks = Timeline(), list(coming(pattern, step, groups, holes, [0]))
    joined_after = min(joined_after, len(ticks))
    found = timeline.begin(ticks[:joined_after])
    found += [timeline.following(value) for value in ticks[joined_after : joined_after + restart_after]]
    found += timeline.begin(ticks[:joined_after])  # a slow line, or the camera came back
    found += [timeline.following(value) for value in ticks[joined_after:]]
    check(found)


@pytest.mark.parametrize("joined_at", range(3))
@pytest.mark.parametrize("back_at", range(25))
def test_the_first_pictures_after_a_drop_come_close_enough(joined_at: int, back_at: int) -> None:
    """How long a picture lasts is a fraction of a tick after some learning: twice as much, cut off, is less than it."""
    ticks = list(coming("two B", 3600, 80, {}, [0]))
    timeline = Timeline()
    found = timeline.begin(ticks[: joined_at + 1])
    found += [timeline.following(value) for value in ticks[joined_at + 1 : joined_at + 62]]
    found += timeline.begin(ticks[100 : 101 + back_at])
    found += [timeline.following(value) for value in ticks[101 + back_at : 200]]
    check(found)


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_a_steady_camera_keeps_its_pace(pattern: str) -> None:
    timeline, ticks = Timeline(), list(coming(pattern, 3600, 120, {}, [0]))
    timeline.begin(ticks[:25])
    found = [timeline.following(value) for value in ticks[25:]]
    shown = sorted(times.decode_ticks + times.composition_offset_ticks for times in found)[8:]
    steps = {after - before for before, after in itertools.pairwise(shown)}
    assert steps == {3600}
    assert {times.duration_ticks for times in found} == {3600}


def test_a_long_gap_takes_no_time_at_the_player() -> None:
    timeline = Timeline()
    timeline.begin([number * 3600 for number in range(25)])
    before = timeline.following(25 * 3600)
    after = timeline.following(25 * 3600 + 90_000 * 60)
    assert after.decode_ticks - before.decode_ticks <= 2 * 3600


def test_a_slower_camera_is_followed() -> None:
    timeline = Timeline()
    timeline.begin([number * 3600 for number in range(25)])
    at = 25 * 3600
    for _ in range(60):
        at += 18_000
        times = timeline.following(at)
    assert 12_000 < times.duration_ticks <= 18_000


@pytest.mark.parametrize("joined_after", range(2, 40))
def test_a_group_that_begins_long_does_not_make_a_later_hole_longer(joined_after: int) -> None:
    """How far pictures are reordered is learnt from the last two that were ahead, not from the whole group."""
    timeline, ticks = Timeline(), list(coming("two B", 3600, 30, {25: 90_000}, [0]))
    found = timeline.begin(ticks[:joined_after])
    found += [timeline.following(value) for value in ticks[joined_after:]]
    shown = sorted(times.decode_ticks + times.composition_offset_ticks for times in found)
    assert max(after - before for before, after in itertools.pairwise(shown)) <= 6 * 3600
