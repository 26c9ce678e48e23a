"""Quiet hours in the town's own time, also in the nights in which the clocks change."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hejnal_runtime.quiet_hours import TOWN_TIME, is_quiet, quiet_until

TIMES = st.times(timezones=st.none()).map(lambda at: at.replace(microsecond=0))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 bounds
    lambda at: at.replace(microsecond=0)
)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)


def test_a_night() -> None:
    ten, six = time(22), time(6)
    assert quiet_until(utc(2026, 1, 10, 22, 30), ten, six) == utc(2026, 1, 11, 5)  # 23:30 local
    assert quiet_until(utc(2026, 1, 11, 3), ten, six) == utc(2026, 1, 11, 5)
    assert quiet_until(utc(2026, 1, 11, 5), ten, six) is None
    assert quiet_until(utc(2026, 7, 10, 22, 30), ten, six) == utc(2026, 7, 11, 4)


def test_the_nights_of_the_clock_change() -> None:
    assert quiet_until(utc(2026, 3, 28, 22), time(22), time(6)) == utc(2026, 3, 29, 4)
    assert quiet_until(utc(2026, 10, 24, 21), time(22), time(6)) == utc(2026, 10, 25, 5)
    # 02:30 comes twice: at the second 02:10 the second one counts
    assert quiet_until(utc(2026, 10, 25, 1, 10), time(22), time(2, 30)) == utc(2026, 10, 25, 1, 30)
    assert quiet_until(utc(2026, 10, 25, 0, 10), time(22), time(2, 30)) == utc(2026, 10, 25, 0, 30)


@given(INSTANTS, TIMES, TIMES)
def test_the_end_is_ahead_within_a_day_and_not_quiet(now: datetime, starts: time, ends: time) -> None:
    until = quiet_until(now, starts, ends)
    local = now.astimezone(TOWN_TIME).time()
    assert (until is not None) == is_quiet(local, starts, ends)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert not is_quiet(until.astimezone(TOWN_TIME).time(), starts, ends)


@given(TIMES, TIMES)
def test_equal_bounds_mean_none(at: time, bound: time) -> None:
    assert not is_quiet(at, bound, bound)
