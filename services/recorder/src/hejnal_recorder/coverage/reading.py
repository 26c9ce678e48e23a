"""What is there, read from the sums kept per hour and day; what is still open is added from its own row."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.coverage.buckets import Buckets, Scale
from hejnal_recorder.playback import index
from hejnal_recorder.timeline.spans import Interval

_SUMS = text(
    """
    select bucket, kind, amount from coverage
    where camera_id = :camera_id and level = :level and bucket >= :starts_at and bucket < :ends_at and amount <> 0
    """
)
# The story names the open row, and with it the partition.
_OPEN = text(
    """
    select 'footage' as kind, starts_at, ends_at from segments
    where camera_id = :camera_id and state = 'open'
        and starts_at = (select segment_part_starts_at from stories where camera_id = :camera_id)
    union all
    select 'gap:' || cause, starts_at, cast(:now as timestamptz) from gaps where camera_id = :camera_id and ends_at is null
    """
)
_EVENTS = text(
    "select kind, starts_at from events where camera_id = :camera_id and starts_at >= :starts_at and starts_at < :ends_at"
)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One UTC day of a camera, in microseconds."""

    day: datetime
    footage_us: int
    gaps_us: dict[str, int]


async def fill_buckets(session: AsyncSession, camera_id: str, scale: Scale, *, now: datetime) -> Buckets:
    """The buckets of a camera, up to `now`."""
    buckets = Buckets(scale)
    if scale.level is None:
        interval = index.interval_or_none(scale.starts_at, min(scale.ends_at, now))
        if interval is not None:
            await _from_rows(session, camera_id, interval, buckets)
        return buckets
    values = {"camera_id": camera_id, "level": scale.level, "starts_at": scale.starts_at, "ends_at": scale.ends_at}
    for row in await session.execute(_SUMS, values):
        buckets.add_amount(row.bucket, row.kind, row.amount)
    for row in await session.execute(_OPEN, {"camera_id": camera_id, "now": now}):
        buckets.add_time(row.starts_at, row.ends_at, row.kind)
    return buckets


async def _from_rows(session: AsyncSession, camera_id: str, interval: Interval, buckets: Buckets) -> None:
    for footage in await index.footage_of(session, camera_id, interval):
        buckets.add_time(footage.starts_at, footage.ends_at, "footage")
    for gap in await index.gaps_of(session, camera_id, interval):
        buckets.add_time(
            max(gap.starts_at, interval.starts_at),
            min(gap.ends_at or interval.ends_at, interval.ends_at),
            f"gap:{gap.cause.value}",
        )
    for row in await session.execute(
        _EVENTS, {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at}
    ):
        buckets.add_amount(row.starts_at, f"event:{row.kind}", 1)


async def figures_of(session: AsyncSession, camera_id: str, interval: Interval, *, now: datetime) -> list[DayFigures]:
    """One entry per UTC day in which anything is known, in order; the interval begins and ends at midnight."""
    scale = Scale(interval.starts_at, interval.ends_at, int(timedelta(days=1).total_seconds()))
    buckets = await fill_buckets(session, camera_id, scale, now=now)
    return [DayFigures(day, bucket.footage_us, bucket.gaps_us) for day, bucket in buckets.filled()]
