"""How a segment's fragments are kept in its row: packed records of a fixed size, in file order.

One `bytea` per segment instead of a row per fragment: 30 days of 190 cameras are 8 million rows, not 250 million,
and a playlist of ten minutes reads about eleven of them.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_RECORD = struct.Struct("<IQIqqQIIq32s")
RECORD_SIZE_BYTES = _RECORD.size
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNKNOWN_TIME = -(2**63)
_INSIDE_GOP = 1 << 31
"""Bit of the number of frames: the fragment begins without a key frame."""


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

    def pack(self) -> bytes:
        """The stored record."""
        return _RECORD.pack(
            self.sequence,
            self.offset_bytes,
            self.size_bytes,
            to_microseconds(self.starts_at),
            to_microseconds(self.ends_at),
            self.media_time,
            self.duration_ticks,
            self.frames if self.starts_with_key_frame else self.frames | _INSIDE_GOP,
            _UNKNOWN_TIME if self.camera_time is None else to_microseconds(self.camera_time),
            self.sha256,
        )


def unpack(data: bytes) -> Iterator[Fragment]:
    """The fragments of a stored column, in file order; ValueError when the column is torn."""
    if len(data) % RECORD_SIZE_BYTES:
        raise ValueError(f"{len(data)} bytes are no whole number of fragment records")
    for sequence, offset, size, starts, ends, media_time, ticks, frames, camera, sha256 in _RECORD.iter_unpack(data):
        yield Fragment(
            sequence=sequence,
            offset_bytes=offset,
            size_bytes=size,
            starts_at=from_microseconds(starts),
            ends_at=from_microseconds(ends),
            media_time=media_time,
            duration_ticks=ticks,
            frames=frames & ~_INSIDE_GOP,
            camera_time=None if camera == _UNKNOWN_TIME else from_microseconds(camera),
            sha256=sha256,
            starts_with_key_frame=not frames & _INSIDE_GOP,
        )
