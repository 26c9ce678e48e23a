"""How a segment's fragments are kept in its row: a version byte and a record per fragment, in file order.

One `bytea` per segment instead of a row per fragment: 30 days of 190 cameras are 8 million rows, not 250 million, and a
playlist of ten minutes reads about eleven of them. A record says what does not follow from the one before it: size, length
and SHA-256 always (41 bytes), the rest where it differs from what is expected. So a minute of two-second GOPs stays below
1.5 kB and its row inside its page. Appending writes further records behind the last one and rewrites none.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VERSION = 1
_BASE = struct.Struct("<BII32s")  # marks, size, length on the timeline (us), SHA-256
_PLACE = struct.Struct("<IQq")  # sequence, offset, start (us since 1970)
_LONG, _SHORT, _NEAR, _FAR = struct.Struct("<Q"), struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<q")
_PLACED, _MEDIA, _TICKS, _FRAMES, _CAMERA_NEAR, _CAMERA_FAR, _INSIDE_GOP, _UNKNOWN = (1 << bit for bit in range(8))
"""Marks of a record: which fields follow; that it begins without a key frame."""
_EVERYTHING = _PLACED | _MEDIA | _TICKS | _FRAMES
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exact (a float timestamp is not)."""
    return (instant - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The UTC instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fMP4 fragment (one GOP, or a part of a long one) inside a segment file.

    `starts_at`/`ends_at` are its place on the camera's timeline; equal when earlier footage already covers that time.
    """

    sequence: int
    offset_bytes: int
    size_bytes: int
    starts_at: datetime
    ends_at: datetime
    media_time: int
    duration_ticks: int
    frames: int
    camera_time: datetime | None
    sha256: bytes
    starts_with_key_frame: bool = True
    """False for the further parts of a long GOP: decoding has to begin in an earlier fragment of the run."""

    @property
    def end_bytes(self) -> int:
        """Where the next fragment may start in the file."""
        return self.offset_bytes + self.size_bytes


def pack(fragments: Iterable[Fragment]) -> bytes:
    """A new column."""
    return bytes((VERSION,)) + pack_further(fragments, after=None)


def pack_further(fragments: Iterable[Fragment], *, after: Fragment | None) -> bytes:
    """What is to be written behind a column whose last fragment is `after`; None when nobody knows it: a little longer.

    ValueError when a fragment is beyond what a record can say (4 GB, 71 minutes, 4 billion ticks).
    """
    try:
        records = []
        for fragment in fragments:
            records.append(_record(fragment, after))
            after = fragment
    except struct.error as error:
        raise ValueError(f"a fragment that no record can hold: {error}") from error
    return b"".join(records)


def _record(one: Fragment, before: Fragment | None) -> bytes:
    marks = 0 if one.starts_with_key_frame else _INSIDE_GOP
    fields = []
    starts_us = to_microseconds(one.starts_at)
    place = (one.sequence, one.offset_bytes, one.starts_at)
    if before is None or place != (before.sequence + 1, before.end_bytes, before.ends_at):
        marks |= _PLACED
        fields.append(_PLACE.pack(one.sequence, one.offset_bytes, starts_us))
    if before is None or one.media_time != before.media_time + before.duration_ticks:
        marks |= _MEDIA
        fields.append(_LONG.pack(one.media_time))
    if before is None or one.duration_ticks != before.duration_ticks:
        marks |= _TICKS
        fields.append(_SHORT.pack(one.duration_ticks))
    if before is None or one.frames != before.frames:
        marks |= _FRAMES
        fields.append(_SHORT.pack(one.frames))
    if one.camera_time is not None:
        ahead_us = to_microseconds(one.camera_time) - starts_us
        near = -(2**31) <= ahead_us < 2**31
        marks |= _CAMERA_NEAR if near else _CAMERA_FAR
        fields.append((_NEAR if near else _FAR).pack(ahead_us))
    length_us = (one.ends_at - one.starts_at) // _MICROSECOND
    if len(one.sha256) != 32:
        raise ValueError(f"a SHA-256 of {len(one.sha256)} bytes")
    return b"".join((_BASE.pack(marks, one.size_bytes, length_us, one.sha256), *fields))


def unpack(data: bytes) -> list[Fragment]:
    """The fragments of a stored column, in file order; ValueError when the column is torn or of an unknown version."""
    if not data or data[0] != VERSION:
        raise ValueError(f"fragment records of version {data[0] if data else 'none'}, not {VERSION}")
    try:
        return _unpacked(data)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{len(data)} bytes are no whole number of fragment records") from error


def _unpacked(data: bytes) -> list[Fragment]:
    found: list[Fragment] = []
    at, size = 1, len(data)
    known = 0
    sequence = offset = media_time = ticks = frames = 0
    ends_at = _EPOCH
    base, base_bytes = _BASE.unpack_from, _BASE.size
    while at < size:
        marks, size_bytes, length_us, sha256 = base(data, at)
        at += base_bytes
        known |= marks
        if marks & _UNKNOWN or known & _EVERYTHING != _EVERYTHING:
            raise ValueError(f"a fragment record with marks {marks:#x}")
        starts_at = ends_at
        if marks & _PLACED:
            sequence, offset, starts_us = _PLACE.unpack_from(data, at)
            at += _PLACE.size
            starts_at = from_microseconds(starts_us)
        if marks & _MEDIA:
            (media_time,) = _LONG.unpack_from(data, at)
            at += _LONG.size
        if marks & _TICKS:
            (ticks,) = _SHORT.unpack_from(data, at)
            at += _SHORT.size
        if marks & _FRAMES:
            (frames,) = _SHORT.unpack_from(data, at)
            at += _SHORT.size
        camera_time = None
        if marks & (_CAMERA_NEAR | _CAMERA_FAR):
            layout = _NEAR if marks & _CAMERA_NEAR else _FAR
            camera_time = starts_at + timedelta(microseconds=layout.unpack_from(data, at)[0])
            at += layout.size
        ends_at = starts_at + timedelta(microseconds=length_us)
        key = not marks & _INSIDE_GOP
        found.append(
            Fragment(sequence, offset, size_bytes, starts_at, ends_at, media_time, ticks, frames, camera_time, sha256, key)
        )
        sequence, offset, media_time = sequence + 1, offset + size_bytes, media_time + ticks
    return found
