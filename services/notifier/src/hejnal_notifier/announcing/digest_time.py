"""When a resident's next digest goes."""

from datetime import UTC, datetime, time, timedelta

from hejnal_contracts.base import Severity
from hejnal_runtime.quiet_hours import TOWN_TIME

DIGESTED = frozenset({Severity.INFO, Severity.NOTICE})
"""Severities that may wait for a digest at all."""


def next_digest(now: datetime, every: str, at: time, weekday: int) -> datetime:
    """The next instant after `now`, UTC, at which the town's clocks show `at` (every week: on that day, 1 Monday … 7 Sunday).

    In the hour that is skipped in spring it comes as much later; in the one that repeats in autumn, the first time.
    """
    today = now.astimezone(TOWN_TIME).date()
    for days in range(9):
        day = today + timedelta(days=days)
        due = datetime.combine(day, at, TOWN_TIME).astimezone(UTC)
        if due > now and (every == "day" or day.isoweekday() == weekday):
            return due
    raise AssertionError("a week has seven days")
