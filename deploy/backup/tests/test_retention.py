from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hejnal_backup.retention import kept

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_year_of_nightly_backups_becomes_days_weeks_and_months():
    nights = [NOON - timedelta(days=number) for number in range(400)]

    stay = kept(nights, daily=7, weekly=4, monthly=12)

    assert {NOON - timedelta(days=number) for number in range(7)} <= stay
    assert len(stay) <= 7 + 4 + 12
    assert min(stay) < NOON - timedelta(days=320)


def test_several_a_day_count_once_by_the_newest():
    day = [NOON + timedelta(hours=number) for number in range(5)]

    assert kept(day, daily=7, weekly=4, monthly=12) == {day[-1]}


def test_nothing_ages_away_while_no_new_backup_is_made():
    old = [NOON - timedelta(days=900 + number) for number in range(3)]

    assert kept(old, daily=7, weekly=4, monthly=12) == set(old)


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), unique=True, max_size=60))  # noqa: DTZ001
def test_the_newest_always_stays_and_pruning_twice_changes_nothing(moments):
    taken = [one.replace(tzinfo=UTC) for one in moments]
    stay = kept(taken, daily=3, weekly=2, monthly=2)

    assert stay <= set(taken)
    assert not taken or max(taken) in stay
    assert kept(stay, daily=3, weekly=2, monthly=2) == stay
    assert len(stay) <= 3 + 2 + 2
