"""The first picture of a fragment, found in its head: for playing key frames alone."""

import struct
from dataclasses import dataclass

from hejnal_media.fmp4.writer import FragmentStamp, Sample, fragment_head

MAX_HEAD_BYTES = 4 * 1024 * 1024
_HEADER = struct.Struct(">I4s")
_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x01, 0x02, 0x08, 0x10  # tfhd, §8.8.7
_OFFSET, _FIRST_FLAGS, _EACH_DURATION, _EACH_SIZE, _EACH_FLAGS, _EACH_COMPOSITION = 0x001, 0x004, 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """Where the first picture lies, counted from the start of the fragment."""

    offset_bytes: int
    size_bytes: int
    composition_offset_ticks: int


def head_size(start: bytes) -> int:
    """Bytes of the `moof` whose first eight bytes are given. ValueError when it is none."""
    if len(start) < _HEADER.size:
        raise ValueError("no fragment begins here")
    size, kind = _HEADER.unpack_from(start)
    if kind != b"moof" or not _HEADER.size < size <= MAX_HEAD_BYTES:
        raise ValueError("no fragment begins here")
    return int(size)


def find_key_frame(moof: bytes) -> KeyFrame:
    """The first sample of the first track, which is the video. ValueError when the head does not say where it lies."""
    try:
        traf = _child(moof, 8, len(moof), b"traf")
        flags_at = _child(moof, *traf, b"tfhd")[0]
        default_size = _default_size(moof, flags_at)
        at, _ = _child(moof, *traf, b"trun")
        flags = int.from_bytes(moof[at + 1 : at + 4], "big")
        (count,) = struct.unpack_from(">I", moof, at + 4)
        if not count or not flags & _OFFSET:
            raise ValueError("a fragment without pictures, or not saying where they lie")
        (offset,) = struct.unpack_from(">i", moof, at + 8)
        at += 12 + (4 if flags & _FIRST_FLAGS else 0) + (4 if flags & _EACH_DURATION else 0)
        size = default_size
        if flags & _EACH_SIZE:
            (size,) = struct.unpack_from(">I", moof, at)
            at += 4
        at += 4 if flags & _EACH_FLAGS else 0
        composition = struct.unpack_from(">i", moof, at)[0] if flags & _EACH_COMPOSITION else 0
    except struct.error as error:
        raise ValueError("a fragment head that ends early") from error
    if offset < len(moof) or not size:
        raise ValueError("a fragment head that says nothing of its first picture")
    return KeyFrame(offset, size, max(0, composition))


def lone_key_frame(picture: bytes, frame: KeyFrame, *, decode_time_ticks: int, duration_ticks: int, sequence: int) -> bytes:
    """A fragment of that one picture, shown for `duration_ticks`."""
    sample = Sample(len(picture), duration_ticks, frame.composition_offset_ticks, key_frame=True)
    stamp = FragmentStamp(sequence, 0, 0)
    return fragment_head(decode_time_ticks=decode_time_ticks, samples=[sample], stamp=stamp) + picture


def _default_size(moof: bytes, at: int) -> int:
    flags = int.from_bytes(moof[at + 1 : at + 4], "big")
    if not flags & _SIZE:
        return 0
    at += 8 + (8 if flags & _BASE else 0) + (4 if flags & _DESCRIPTION else 0) + (4 if flags & _DURATION else 0)
    return int(struct.unpack_from(">I", moof, at)[0])


def _child(data: bytes, position: int, end: int, wanted: bytes) -> tuple[int, int]:
    """Where the content of the first such box begins and ends."""
    while end - position >= _HEADER.size:
        size, kind = _HEADER.unpack_from(data, position)
        if size < _HEADER.size or position + size > end:
            break
        if kind == wanted:
            return position + _HEADER.size, position + size
        position += size
    raise ValueError(f"a fragment head without {wanted.decode()}")
