"""What the gateway and the transcoding process say to each other; big endian.

To the process: `u8 kind | body`. Kind 1 (begin): JSON of `Order`. Kind 2 (picture): `u8 flags (bit 0 key frame, bit 1 do not
show) | u64 ticks | payload`. Answer to each: any number of `u32 length | u8 key frame | u64 ticks | payload`, payloads of
length-prefixed NAL units.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

BEGIN, PICTURE = 1, 2
KEY_FRAME, NOT_SHOWN = 1, 2
_PICTURE = struct.Struct(">BBQ")
_MADE = struct.Struct(">IBQ")

Polygon = tuple[tuple[float, float], ...]
"""Corners as shares of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of the pictures that follow."""

    codec: str
    max_height: int
    max_fps: float
    masks: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """One picture made anew: H.264."""

    payload: bytes
    key_frame: bool
    ticks: int


def begin_message(order: Order) -> bytes:
    """Kind 1."""
    return bytes((BEGIN,)) + json.dumps(asdict(order)).encode()


def picture_message(payload: bytes, ticks: int, *, key_frame: bool, shown: bool) -> bytes:
    """Kind 2."""
    return _PICTURE.pack(PICTURE, (KEY_FRAME if key_frame else 0) | (0 if shown else NOT_SHOWN), ticks) + payload


def read_order(body: bytes) -> Order:
    """The body of kind 1."""
    found = json.loads(body)
    masks = tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in found["masks"])
    return Order(str(found["codec"]), int(found["max_height"]), float(found["max_fps"]), masks)


def read_picture(message: bytes) -> tuple[bool, bool, int, memoryview]:
    """Key frame, shown, ticks, payload of a message of kind 2."""
    _, flags, ticks = _PICTURE.unpack_from(message)
    return bool(flags & KEY_FRAME), not flags & NOT_SHOWN, ticks, memoryview(message)[_PICTURE.size :]


def made_message(pictures: Sequence[Made]) -> bytes:
    """The answer."""
    return b"".join(_MADE.pack(len(item.payload), item.key_frame, item.ticks) + item.payload for item in pictures)


def read_made(answer: bytes) -> Iterator[Made]:
    """The pictures in an answer. Raises ValueError when it is cut short."""
    position = 0
    while position < len(answer):
        try:
            size, key_frame, ticks = _MADE.unpack_from(answer, position)
        except struct.error as error:
            raise ValueError("an answer that is cut short") from error
        position += _MADE.size
        if size == 0 or position + size > len(answer):
            raise ValueError("an answer that is cut short")
        yield Made(answer[position : position + size], bool(key_frame), ticks)
        position += size
