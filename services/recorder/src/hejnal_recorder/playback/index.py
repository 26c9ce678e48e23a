"""What playback reads from the index: an interval's footage and gaps, a segment's file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import Fragment, unpack
from hejnal_recorder.marks.motion import Piece
from hejnal_recorder.playback.decodable import decodable
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
            and starts_at >= :earliest and starts_at < :ends_at
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
    select s.segment_id, s.run_id, r.codec, r.timescale, s.init_size_bytes, s.init_sha256, s.fragments, s.starts_at, s.part,
        r.audio_codec
    from segments s join runs r using (run_id)
    where s.camera_id = :camera_id and s.during && tstzrange(:starts_at, :ends_at)
        and s.ends_at > :starts_at and s.state <> 'garbage'
        and s.starts_at >= :earliest and s.starts_at < :ends_at
    order by s.starts_at, s.part
    """
)
_BEFORE = text(
    """
    select s.segment_id, s.run_id, r.codec, r.timescale, s.init_size_bytes, s.init_sha256, s.fragments, s.starts_at, s.part,
        r.audio_codec
    from segments s join runs r using (run_id)
    where s.camera_id = :camera_id and s.run_id = :run_id and s.state <> 'garbage'
        and (s.starts_at, s.part) < (:starts_at, :part)
        and s.starts_at >= :earliest
    order by s.starts_at desc, s.part desc limit 1
    """
)
_PACKED = text(
    """
    select fragments from segments
    where camera_id = :camera_id and during && tstzrange(:starts_at, :ends_at) and state <> 'garbage'
        and starts_at >= :earliest and starts_at < :ends_at
    order by starts_at, part
    """
)
_PARTS = text(
    """
    select fragments from segments
    where segment_id = :segment_id and starts_at >= cast(:oldest as timestamptz) and starts_at < cast(:newest as timestamptz)
        and state <> 'garbage'
    order by part
    """
)
_FILE = text(
    """
    select min(camera_id) as camera_id, min(path) as path, max(size_bytes) as size_bytes, bool_or(state = 'garbage') as deleted,
        bool_and(tier in ('leaving', 'store')) as in_store, min(starts_at) as starts_at, max(ends_at) as ends_at,
        min(init_size_bytes) as init_size_bytes
    from segments
    where segment_id = :segment_id and starts_at >= cast(:oldest as timestamptz) and starts_at < cast(:newest as timestamptz)
    having count(*) > 0
    """
)


_MAX_ROWS_BACK = 12
"""A longer GOP than so many rows is not played from its beginning."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """Where a segment's bytes lie and how many of them are announced."""

    camera_id: str
    path: str
    size_bytes: int
    in_store: bool
    """In the object store, else in the archive's folder."""
    footage: Interval
    init_size_bytes: int

    def footage_within(self, first: int, last: int) -> Interval | None:
        """About what time the bytes `first` to `last` show, by their share of the file; None for the init segment alone."""
        footage_bytes = self.size_bytes - self.init_size_bytes
        if footage_bytes <= 0 or last < self.init_size_bytes or self.footage.duration_s <= 0:
            return None
        length = self.footage.ends_at - self.footage.starts_at
        begin = max(0, first - self.init_size_bytes) / footage_bytes
        end = min(footage_bytes, last + 1 - self.init_size_bytes) / footage_bytes
        return Interval(self.footage.starts_at + begin * length, self.footage.starts_at + end * length)


async def find_story(session: AsyncSession, camera_id: str) -> Known | None:
    """The camera's story as a whole; None when nothing was ever recorded."""
    row = (await session.execute(_KNOWN, {"camera_id": camera_id})).one_or_none()
    return None if row is None else Known(row.first_seen, row.until, row.run_open)


async def is_registered(session: AsyncSession, camera_id: str) -> bool:
    """Whether the registry knows the camera."""
    return (await session.execute(_REGISTERED, {"camera_id": camera_id})).one_or_none() is not None


async def footage_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[Interval]:
    """Recorded time inside the interval, adjacent segments joined, in order."""
    values = _values(camera_id, interval)
    return [Interval(row.starts_at, row.ends_at) for row in await session.execute(_FOOTAGE, values)]


async def gaps_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[KnownGap]:
    """Gaps that touch the interval, in order, not clipped."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at}
    rows = await session.execute(_GAPS, values)
    return [KnownGap(row.starts_at, row.ends_at, GapCause(row.cause), row.detail) for row in rows]


async def segments_of(session: AsyncSession, camera_id: str, interval: Interval) -> Sequence[RecordedSegment]:
    """Segments with those fragments that touch the interval, in order; fragments covered by earlier footage are left out.

    Where decoding cannot begin with the first of them (a part of a long GOP), the fragments since its key frame come too.
    """
    values = _values(camera_id, interval)
    found: list[RecordedSegment] = []
    previous: tuple[str, int] | None = None  # run and sequence of the last fragment
    for row in await session.execute(_SEGMENTS, values):
        fragments = list(unpack(row.fragments))
        wanted = [
            fragment.ends_at > max(interval.starts_at, fragment.starts_at) and fragment.starts_at < interval.ends_at
            for fragment in fragments
        ]
        chosen = decodable(fragments, wanted)
        if not chosen:
            continue
        if not chosen[0].starts_with_key_frame and previous != (row.run_id, chosen[0].sequence - 1):
            found += await _since_key_frame(session, camera_id, row)
        previous = (row.run_id, chosen[-1].sequence)
        found.append(_recorded(row, chosen))
    return found


async def pieces_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[Piece]:
    """Times and sizes of the fragments that touch the interval, in order."""
    rows = await session.execute(_PACKED, _values(camera_id, interval))
    return [
        Piece(one.starts_at, one.ends_at, one.size_bytes)
        for row in rows
        for one in unpack(row.fragments)
        if one.starts_at < one.ends_at and one.starts_at < interval.ends_at and one.ends_at > interval.starts_at
    ]


def _recorded(row: Any, fragments: Sequence[Fragment]) -> RecordedSegment:
    return RecordedSegment(
        segment_id=row.segment_id,
        run_id=row.run_id,
        codec=row.codec,
        audio_codec=row.audio_codec,
        timescale=row.timescale,
        init_size_bytes=row.init_size_bytes,
        init_sha256=row.init_sha256,
        fragments=fragments,
    )


async def _since_key_frame(session: AsyncSession, camera_id: str, row: Any) -> list[RecordedSegment]:
    """The fragments of earlier rows of the run, from the last key frame on; nothing when it is not kept any more."""
    found: list[RecordedSegment] = []
    for _ in range(_MAX_ROWS_BACK):
        earliest = row.starts_at - timedelta(hours=24)
        place = {"starts_at": row.starts_at, "earliest": earliest, "part": row.part}
        values = {"camera_id": camera_id, "run_id": row.run_id} | place
        row = (await session.execute(_BEFORE, values)).one_or_none()
        if row is None:
            break
        fragments = list(unpack(row.fragments))
        chosen = decodable(fragments, [False] * (len(fragments) - 1) + [True])
        found.insert(0, _recorded(row, chosen))
        if chosen[0].starts_with_key_frame:
            return found
    return []


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
    footage = Interval(row.starts_at, row.ends_at)
    return SegmentFile(row.camera_id, row.path, row.size_bytes, row.in_store, footage, row.init_size_bytes)


async def fragment_of(session: AsyncSession, segment_id: str, sequence: int) -> Fragment | None:
    """One fragment of a segment; None when there is none, or it is being deleted."""
    for oldest, newest in _likely_times(segment_id):
        rows = (await session.execute(_PARTS, {"segment_id": segment_id, "oldest": oldest, "newest": newest})).all()
        for row in rows:
            for one in unpack(row.fragments):
                if one.sequence == sequence:
                    return one
        if rows:
            break
    return None


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


def _values(camera_id: str, interval: Interval) -> dict[str, Any]:
    """The bound is a value of its own: only so are partitions left out before the query is planned."""
    earliest = interval.starts_at - timedelta(hours=24)
    return {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at, "earliest": earliest}


def interval_or_none(starts_at: datetime, ends_at: datetime) -> Interval | None:
    """The interval, or None when it holds no time."""
    return Interval(starts_at, ends_at) if ends_at > starts_at else None
