"""Quiet hours: when what waits for their end may go. Pure; local time is Europe/Warsaw."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

TOWN_TIME = ZoneInfo("Europe/Warsaw")


def is_quiet(at: time, starts: time, ends: time) -> bool:
    """Whether a local time lies in quiet hours, which may span midnight; equal bounds mean none."""
    if starts <= ends:
        return starts <= at < ends
    return at >= starts or at < ends


def quiet_until(now: datetime, starts: time, ends: time) -> datetime | None:
    """The instant at which the quiet hours that contain `now` end, UTC; None outside of them.

    The end is the wall-clock time people see. In the night in which an hour repeats, the end that follows `now` counts; an end
    inside the skipped hour comes by as much later.
    """
    local = now.astimezone(TOWN_TIME)
    at = local.time().replace(tzinfo=None)
    if not is_quiet(at, starts, ends):
        return None
    day = local.date() + timedelta(days=1) if starts > ends and at >= starts else local.date()
    end = datetime.combine(day, ends, TOWN_TIME)
    if end.astimezone(UTC) <= now:
        end = end.replace(fold=1)
    return end.astimezone(UTC)
