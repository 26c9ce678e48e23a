"""Top-level boxes of an ISO base media file (ISO/IEC 14496-12 §4.2), read without loading it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies; `size_bytes` includes its header."""

    kind: bytes
    offset_bytes: int
    size_bytes: int


class BrokenBoxesError(ValueError):
    """The file is no row of whole boxes."""

    def __init__(self, offset_bytes: int, why: str) -> None:
        super().__init__(f"at byte {offset_bytes}: {why}")
        self.offset_bytes = offset_bytes


def top_boxes(file: BinaryIO, size_bytes: int) -> Iterator[Box]:
    """The boxes in file order; BrokenBoxesError where one is cut or says an impossible size."""
    at = 0
    while at < size_bytes:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            raise BrokenBoxesError(at, "a box header is cut off")
        size, kind = struct.unpack_from(">I4s", head)
        if size == 1:
            if len(head) < 16:
                raise BrokenBoxesError(at, "a box header is cut off")
            (size,) = struct.unpack_from(">Q", head, 8)
        elif size == 0:
            size = size_bytes - at
        if size < 8 or at + size > size_bytes:
            raise BrokenBoxesError(at, f"a box says it has {size} bytes")
        yield Box(kind, at, size)
        at += size
