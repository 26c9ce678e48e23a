"""What playback reads from the index: an interval's footage and gaps, a segment's file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import unpack
from hejnal_recorder.playback.playlist import RecordedSegment
from hejnal_recorder.timeline.spans import Interval, Known, KnownGap

# An open segment claims all time after its start, so its real end is a column of its own. No row covers more than a day, so
# only partitions from a day before the interval are looked at.
_FOOTAGE = text(
    """
    select lower(part) as starts_at, upper(part) as ends_at
    from unnest((
        select range_agg(tstzrange(starts_at, ends_at) * tstzrange(:starts_at, :ends_at))
        from segments
        where camera_id = :camera_id and during && tstzrange(:starts_at, :ends_at) and state <> 'garbage'
            and starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and starts_at < :ends_at
    )) part
    """
)
_GAPS = text(
    """
    select starts_at, ends_at, cause, detail from gaps
    where camera_id = :camera_id and during && tstzrange(:starts_at, :ends_at) order by starts_at
    """
)
_KNOWN = text("select first_seen, until, run_open from stories where camera_id = :camera_id")
_REGISTERED = text("select 1 from cameras where camera_id = :camera_id")
_SEGMENTS = text(
    """
    select s.segment_id, s.run_id, r.codec, r.timescale, s.init_size_bytes, s.init_sha256, s.fragments
    from segments s join runs r using (run_id)
    where s.camera_id = :camera_id and s.during && tstzrange(:starts_at, :ends_at)
        and s.ends_at > :starts_at and s.state <> 'garbage'
        and s.starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and s.starts_at < :ends_at
    order by s.starts_at, s.part
    """
)
_FILE = text(
    """
    select min(camera_id) as camera_id, min(path) as path, max(size_bytes) as size_bytes, bool_or(state = 'garbage') as deleted
    from segments
    where segment_id = :segment_id and starts_at >= cast(:oldest as timestamptz) and starts_at < cast(:newest as timestamptz)
    having count(*) > 0
    """
)


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """Where a segment's bytes lie and how many of them are announced."""

    camera_id: str
    path: str
    size_bytes: int


async def find_story(session: AsyncSession, camera_id: str) -> Known | None:
    """The camera's story as a whole; None when nothing was ever recorded."""
    row = (await session.execute(_KNOWN, {"camera_id": camera_id})).one_or_none()
    return None if row is None else Known(row.first_seen, row.until, row.run_open)


async def is_registered(session: AsyncSession, camera_id: str) -> bool:
    """Whether the registry knows the camera."""
    return (await session.execute(_REGISTERED, {"camera_id": camera_id})).one_or_none() is not None


async def footage_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[Interval]:
    """Recorded time inside the interval, adjacent segments joined, in order."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at}
    return [Interval(row.starts_at, row.ends_at) for row in await session.execute(_FOOTAGE, values)]


async def gaps_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[KnownGap]:
    """Gaps that touch the interval, in order, not clipped."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at}
    rows = await session.execute(_GAPS, values)
    return [KnownGap(row.starts_at, row.ends_at, GapCause(row.cause), row.detail) for row in rows]


async def segments_of(session: AsyncSession, camera_id: str, interval: Interval) -> Sequence[RecordedSegment]:
    """Segments with those fragments that touch the interval, in order; fragments covered by earlier footage are left out."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at}
    found = []
    for row in await session.execute(_SEGMENTS, values):
        wanted = [
            fragment
            for fragment in unpack(row.fragments)
            if fragment.ends_at > max(interval.starts_at, fragment.starts_at) and fragment.starts_at < interval.ends_at
        ]
        if wanted:
            found.append(
                RecordedSegment(
                    segment_id=row.segment_id,
                    run_id=row.run_id,
                    codec=row.codec,
                    timescale=row.timescale,
                    init_size_bytes=row.init_size_bytes,
                    init_sha256=row.init_sha256,
                    fragments=wanted,
                )
            )
    return found


async def find_file(session: AsyncSession, segment_id: str) -> SegmentFile | None:
    """The segment's file; None when there is no such segment or it is being deleted.

    A UUIDv7 says when it was made, which for footage that came at once is the day to look at; other days only after that.
    """
    row = None
    for oldest, newest in _likely_times(segment_id):
        row = (await session.execute(_FILE, {"segment_id": segment_id, "oldest": oldest, "newest": newest})).one_or_none()
        if row is not None:
            break
    if row is None or row.deleted:
        return None
    return SegmentFile(row.camera_id, row.path, row.size_bytes)


def _likely_times(segment_id: str) -> list[tuple[datetime, datetime]]:
    """Where the rows of a segment begin: near the time in its id, if it has one, else anywhere."""
    anywhere = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    try:
        made = UUID(segment_id)
    except ValueError:
        return [anywhere]
    if made.version != 7:
        return [anywhere]
    made_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=made.int >> 80)
    return [(made_at - timedelta(hours=1), made_at + timedelta(hours=25)), anywhere]


def interval_or_none(starts_at: datetime, ends_at: datetime) -> Interval | None:
    """The interval, or None when it holds no time."""
    return Interval(starts_at, ends_at) if ends_at > starts_at else None
