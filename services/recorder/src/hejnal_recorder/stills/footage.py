"""From an instant to the bytes that decode to its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hejnal_media.access_unit import MAX_GOP_BYTES
from hejnal_media.fmp4 import find_key_frame, head_size, lone_key_frame
from hejnal_recorder.fragments import Fragment
from hejnal_recorder.playback import index
from hejnal_recorder.playback.places import open_segment
from hejnal_recorder.playback.playlist import RecordedSegment
from hejnal_recorder.resources import Resources
from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.errors import AppError, Kind

_MICROSECOND = timedelta(microseconds=1)
SLACK = timedelta(milliseconds=2)
"""Whoever asks knows a picture's time to a millisecond: so shortly before it, it is meant already."""
_LIKELY_HEAD_BYTES = 8192
_CLOCK_HZ = 90_000
"""Of runs whose own was never announced."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of footage: the fragment it lies in, and those since its key frame, of one run."""

    segments: Sequence[RecordedSegment]
    at: datetime

    @property
    def fragment(self) -> Fragment:
        """Where the instant lies."""
        return self.segments[-1].fragments[-1]

    @property
    def segment_id(self) -> str:
        """The file of that fragment."""
        return self.segments[-1].segment_id

    @property
    def timescale(self) -> int:
        """Ticks a second of the run."""
        return self.segments[-1].timescale or _CLOCK_HZ

    @property
    def ticks_before(self) -> int:
        """From the key frame to the beginning of the fragment."""
        return sum(one.duration_ticks for segment in self.segments for one in segment.fragments) - self.fragment.duration_ticks

    @property
    def after_ticks(self) -> int:
        """From the key frame to the instant."""
        inside = (self.at - self.fragment.starts_at) // _MICROSECOND
        return self.ticks_before + inside * self.timescale // 1_000_000

    def time_of(self, after_ticks: int) -> datetime:
        """When the picture so long after the key frame was taken, by the server's clock."""
        inside = after_ticks - self.ticks_before
        return self.fragment.starts_at + timedelta(microseconds=round(inside * 1_000_000 / self.timescale))


async def moment_of(here: Resources, camera_id: str, at: datetime) -> Moment | None:
    """Where the instant lies in the archive; None in a gap. AppError(GONE) when its key frame is not kept any more."""
    async with here.database.read() as session:
        for instant in (at + SLACK, at):
            segments = list(await index.segments_of(session, camera_id, Interval(instant, instant + _MICROSECOND)))
            if segments:
                break
        else:
            return None
    last = segments[-1].fragments[-1]
    if last.ends_at <= instant or not segments[0].fragments[0].starts_with_key_frame:
        detail = "The footage of this instant cannot be decoded: the key frame before it is not kept any more."
        raise AppError(Kind.GONE, "key-frame-missing", detail)
    return Moment(segments, instant)


async def media_of(here: Resources, moment: Moment) -> bytes:
    """The head of the file and the moment's fragments. AppError(GONE) when the bytes are missing."""
    size = sum(one.size_bytes for segment in moment.segments for one in segment.fragments)
    if size > 2 * MAX_GOP_BYTES:
        raise AppError(Kind.UNSUPPORTED, "undecodable", "The group of pictures at this instant is too large to be decoded here.")
    data = bytearray(await read_range(here, moment.segments[0].segment_id, 0, moment.segments[0].init_size_bytes))
    for segment in moment.segments:
        for one in segment.fragments:
            data += await read_range(here, segment.segment_id, one.offset_bytes, one.size_bytes)
    return bytes(data)


async def read_range(here: Resources, segment_id: str, first: int, length: int) -> bytes:
    """Bytes of a segment, wherever it lies. AppError(GONE) when they are not there."""
    async with here.database.read() as session:
        segment = await index.find_file(session, segment_id)
    if segment is None:
        raise AppError(Kind.NOT_FOUND, "no-such-segment", "There is no such segment, or it has been deleted.")
    try:
        reading = await open_segment(here, segment_id, segment, first, length)
    except FileNotFoundError:
        raise AppError(Kind.GONE, "segment-file-missing", "The segment's file is missing from the archive.") from None
    data = bytearray()
    try:
        while piece := await reading.next():
            data += piece
    finally:
        reading.close()
    return bytes(data)


async def lone_key_frame_of(here: Resources, segment_id: str, one: Fragment, ticks: int) -> bytes:
    """The key frame that opens a fragment, as a fragment of its own that is shown for `ticks`.

    AppError(GONE) when the bytes are missing, AppError(UNSUPPORTED) when they are not what ingest writes.
    """
    start = await read_range(here, segment_id, one.offset_bytes, min(one.size_bytes, _LIKELY_HEAD_BYTES))
    try:
        size = head_size(start)
        if size > len(start):
            start = await read_range(here, segment_id, one.offset_bytes, min(one.size_bytes, size))
        frame = find_key_frame(start[:size])
    except ValueError as error:
        raise _foreign(str(error)) from error
    if frame.offset_bytes + frame.size_bytes > one.size_bytes:
        raise _foreign("a picture that ends behind its fragment")
    picture = await read_range(here, segment_id, one.offset_bytes + frame.offset_bytes, frame.size_bytes)
    return lone_key_frame(picture, frame, decode_time_ticks=one.media_time, duration_ticks=ticks, sequence=one.sequence)


def _foreign(why: str) -> AppError:
    return AppError(Kind.UNSUPPORTED, "undecodable", f"The fragment is not one of ours: {why}.")
