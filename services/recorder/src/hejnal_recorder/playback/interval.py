"""The `from` and `to` of a request, checked with messages that say what to send."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query

from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.errors import AppError, Kind

FromQuery = Annotated[
    datetime,
    Query(alias="from", description="Start of the interval, RFC 3339 with offset, e.g. 2026-05-03T12:00:00Z"),
]
ToQuery = Annotated[
    datetime,
    Query(alias="to", description="End of the interval (exclusive), RFC 3339 with offset"),
]


def requested_interval(starts_at: datetime, ends_at: datetime, *, longest: timedelta, now: datetime) -> Interval:
    """The interval asked for, in UTC; a 422 problem when it lacks an offset, is empty, too long or in the future."""
    for name, value in (("from", starts_at), ("to", ends_at)):
        if value.tzinfo is None:
            raise _invalid(name, "no-offset", "The time needs an offset: write 2026-05-03T12:00:00Z or …+02:00 (as %2B02:00).")
    if ends_at <= starts_at:
        raise _invalid("to", "not-after-from", "`to` has to lie after `from`.")
    if ends_at - starts_at > longest:
        raise _invalid("to", "too-long", f"Ask for at most {longest.total_seconds() / 3600:g} hours at once.")
    if starts_at >= now:
        raise _invalid("from", "in-the-future", "`from` lies in the future; there is no footage of it yet.")
    return Interval(starts_at.astimezone(UTC), ends_at.astimezone(UTC))


def _invalid(field: str, code: str, detail: str) -> AppError:
    errors = [{"pointer": f"/query/{field}", "detail": detail, "code": code}]
    return AppError(Kind.INVALID, "invalid-interval", detail, errors=errors)
