"""Reads back what the writer wrote, also from a file that was torn in the middle of a write."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hejnal_media.access_unit import MAX_GOP_BYTES
from hejnal_media.fmp4.writer import STAMP_TYPE, FragmentStamp

MAX_MOVIE_BYTES = 1024 * 1024
MAX_FRAGMENT_HEAD_BYTES = 4 * 1024 * 1024
_HEADER = struct.Struct(">I4s")
_NOT_SYNC = 0x0001_0000  # sample_is_non_sync_sample (§8.8.3.1)
_STAMP_BODY = struct.Struct(">IQQQI")


@dataclass(frozen=True, slots=True)
class FragmentInfo:
    """One whole fragment of a file."""

    offset_bytes: int
    size_bytes: int
    decode_time_ticks: int
    duration_ticks: int
    frames: int
    stamp: FragmentStamp | None
    """None when the file was written by another program."""
    starts_with_key_frame: bool = True
    """False when decoding has to begin in an earlier fragment."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a segment file holds."""

    init_size_bytes: int
    """Bytes of `ftyp` + `moov` (and a `free` box behind them); 0 when even they are not whole."""
    fragments: tuple[FragmentInfo, ...]
    whole_bytes: int
    """Bytes up to the end of the last whole fragment; what follows is torn."""
    file_bytes: int

    @property
    def torn(self) -> bool:
        """True when the file has more bytes than whole boxes."""
        return self.whole_bytes != self.file_bytes


def _children(body: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes directly in `body`; reading stops at the first that does not fit."""
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while len(body) - position >= _HEADER.size:
        size, kind = _HEADER.unpack_from(body, position)
        if size < _HEADER.size or position + size > len(body):
            break
        found.append((kind, body[position + 8 : position + size]))
        position += size
    return found


def _parse_moof(body: bytes) -> tuple[int, int, int, FragmentStamp | None, bool] | None:
    """Decode time, duration, frames, stamp, begins with a key frame: of the first track, which is the video.

    None when a needed box is missing or malformed.
    """
    stamp: FragmentStamp | None = None
    video: tuple[int, int, int, bool] | None = None
    for kind, content in _children(body):
        if kind == b"uuid" and content[:16] == STAMP_TYPE and len(content) == 16 + _STAMP_BODY.size:
            _, starts_at_us, ends_at_us, camera_time_us, sequence = _STAMP_BODY.unpack_from(content, 16)
            stamp = FragmentStamp(sequence, starts_at_us, ends_at_us, camera_time_us)
        if kind == b"traf" and video is None:
            video = _parse_traf(content)
            if video is None:
                return None
    if video is None:
        return None
    decode_time, duration, frames, key_frame = video
    return decode_time, duration, frames, stamp, key_frame


def _parse_traf(body: bytes) -> tuple[int, int, int, bool] | None:
    decode_time: int | None = None
    duration = frames = 0
    key_frame = True
    for kind, content in _children(body):
        if kind == b"tfdt" and len(content) >= 8:
            wide = content[0] == 1
            if wide and len(content) < 12:
                return None
            decode_time = int.from_bytes(content[4 : 12 if wide else 8], "big")
        elif kind == b"trun":
            run = _parse_trun(content)
            if run is None:
                return None
            if not frames:
                key_frame = run[2]
            frames += run[0]
            duration += run[1]
    return None if decode_time is None or not frames else (decode_time, duration, frames, key_frame)


def _parse_trun(part: bytes) -> tuple[int, int, bool] | None:
    """Frames, duration, and whether the first frame is a key frame (§8.8.8)."""
    if len(part) < 8:
        return None
    flags = int.from_bytes(part[1:4], "big")
    count = int.from_bytes(part[4:8], "big")
    position = 8 + (4 if flags & 0x001 else 0) + (4 if flags & 0x004 else 0)
    stride = 4 * sum(1 for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag)
    if position + stride * count > len(part) or not flags & 0x100:
        return None
    first_flags = 0
    if flags & 0x004:
        first_flags = int.from_bytes(part[position - 4 : position], "big")
    elif flags & 0x400 and count:
        at = position + (8 if flags & 0x200 else 4)
        first_flags = int.from_bytes(part[at : at + 4], "big")
    duration = sum(int.from_bytes(part[at : at + 4], "big") for at in range(position, position + stride * count, stride))
    return count, duration, not first_flags & _NOT_SYNC


def _box_at(file: BinaryIO, position: int, end: int) -> tuple[bytes, int] | None:
    """Kind and size of the box at `position` when it lies wholly before `end`."""
    if end - position < _HEADER.size:
        return None
    file.seek(position)
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return None
    size, kind = _HEADER.unpack(head)
    if size < _HEADER.size or position + size > end:
        return None
    return kind, size


def _free_at(file: BinaryIO, position: int, end: int) -> int:
    """Size of the `free` box that fills up the block; 0 when there is none."""
    box = _box_at(file, position, end)
    return box[1] if box is not None and box[0] == b"free" else 0


def read_fragments(path: Path) -> ScanResult:
    """Walks the boxes of a segment file. A torn or foreign end is not an error: see `whole_bytes`. Raises OSError."""
    with path.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        init = 0
        for kind in (b"ftyp", b"moov"):
            box = _box_at(file, init, end)
            if box is None or box[0] != kind or box[1] > MAX_MOVIE_BYTES:
                return ScanResult(0, (), 0, end)
            init += box[1]
        init += _free_at(file, init, end)
        fragments: list[FragmentInfo] = []
        position = init
        while True:
            moof = _box_at(file, position, end)
            if moof is None or moof[0] != b"moof" or moof[1] > MAX_FRAGMENT_HEAD_BYTES:
                break
            body = file.read(moof[1] - _HEADER.size)
            parsed = _parse_moof(body)
            mdat = _box_at(file, position + moof[1], end)
            if parsed is None or mdat is None or mdat[0] != b"mdat" or mdat[1] > MAX_GOP_BYTES * 2:
                break
            size = moof[1] + mdat[1]
            size += _free_at(file, position + size, end)
            fragments.append(FragmentInfo(position, size, *parsed))
            position += size
        return ScanResult(init, tuple(fragments), position, end)


def cut_back(path: Path) -> ScanResult:
    """Cuts a torn file back to its last whole fragment, durably, and gives what it then holds. Raises OSError."""
    result = read_fragments(path)
    if not result.torn:
        return result
    with path.open("r+b") as file:
        file.truncate(result.whole_bytes)
        os.fsync(file.fileno())
    return ScanResult(result.init_size_bytes, result.fragments, result.whole_bytes, result.whole_bytes)
