"""RTP packets of any legal packetization, and real encodings, as input of the tests of depacketizers and files."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random

import av
import numpy as np

from hejnal_media.depacketizers import Depacketizer
from hejnal_media.nal import split_start_codes

STEP = 3600
"""Ticks of a picture at 25 pictures a second."""


def rtp_frame(payload: bytes, *, sequence: int, timestamp: int, marker: bool, channel: int = 0, first: int = 0x80) -> bytes:
    """An interleaved frame."""
    head = struct.pack(">BBHII", first, 0x80 * marker | 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7)
    return struct.pack(">BBH", 0x24, channel, len(head) + len(payload)) + head + payload


def feed(depacketizer: Depacketizer, stream: bytes) -> None:
    """Feeds whole frames."""
    assert depacketizer.feed(memoryview(bytearray(stream)), 0, len(stream), 0) == len(stream)


@dataclass(frozen=True)
class Wire:
    """How a codec's NAL units look and are packed."""

    header_bytes: int
    aggregate: int
    fragment: int
    keys: tuple[int, ...]
    """NAL unit types of slices with which decoding can begin."""

    def kind(self, unit: bytes) -> int:
        return unit[0] & 31 if self.header_bytes == 1 else unit[0] >> 1 & 63

    def fragments(self, unit: bytes, cuts: Sequence[int]) -> list[bytes]:
        body = unit[self.header_bytes :]
        edges = [0, *cuts, len(body)]
        payloads = []
        for start, end in pairwise(edges):
            flags = 0x80 * (start == 0) | 0x40 * (end == len(body))
            if self.header_bytes == 1:
                head = bytes((unit[0] & 0xE0 | self.fragment, flags | unit[0] & 31))
            else:
                head = bytes((unit[0] & 0x81 | self.fragment << 1, unit[1], flags | unit[0] >> 1 & 63))
            payloads.append(head + body[start:end])
        return payloads

    def together(self, units: Sequence[bytes]) -> bytes:
        if self.header_bytes == 1:
            head = bytes((max(unit[0] & 0x60 for unit in units) | self.aggregate,))
        else:
            head = bytes((self.aggregate << 1, min(unit[1] for unit in units)))
        return head + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


H264 = Wire(header_bytes=1, aggregate=24, fragment=28, keys=(5,))
H265 = Wire(header_bytes=2, aggregate=48, fragment=49, keys=(16, 17, 18, 19, 20, 21))


def any_packets(units: list[bytes], wire: Wire, chance: Random, *, limit: int = 60_000) -> list[bytes]:
    """The payloads of one access unit, packed in any way that the RFC allows."""
    payloads: list[bytes] = []
    position = 0
    while position < len(units):
        unit = units[position]
        group = units[position : position + chance.randint(1, 4)]
        body = len(unit) - wire.header_bytes
        if len(group) > 1 and chance.random() < 0.5 and sum(map(len, group)) < limit:
            payloads.append(wire.together(group))
            position += len(group)
            continue
        if body >= 2 and (len(unit) > limit or chance.random() < 0.6):
            if chance.random() < 0.5:
                step = max(chance.randint(1, min(limit, body - 1)), body // 100 + 1)
                cuts = list(range(step, body, step))
            else:
                cuts = sorted({chance.randint(1, body - 1) for _ in range(chance.randint(1, 6))})
            payloads += wire.fragments(unit, cuts)
        else:
            payloads.append(unit)
        position += 1
    return payloads


@dataclass(frozen=True)
class Coded:
    """One picture as the encoder gave it."""

    units: tuple[bytes, ...]
    pts: int
    key: bool


@cache
def encode(
    name: str, parameters: str, frames: int = 50, size: tuple[int, int] = (192, 108), profile: str = ""
) -> tuple[Coded, ...]:
    """Pictures of a moving pattern in decoding order; `parameters` are those of x264 or x265."""
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    options = "x265-params" if name == "libx265" else "x264-params"
    quiet = "log-level=none:pools=none:frame-threads=1:" if name == "libx265" else "threads=1:"
    encoder.options = {"preset": "veryfast", options: quiet + "annexb=1:repeat-headers=1:" + parameters}
    if profile:
        encoder.options["profile"] = profile
    wire = H265 if name == "libx265" else H264
    coded: list[Coded] = []
    y, x = np.mgrid[0 : size[1] * 3 // 2, 0 : size[0]]
    for number in range(frames + 1):
        picture = None
        if number < frames:
            # textures that move, so that every kind of prediction is used
            luma = ((x * 3 + y * 2 + number * 5) % 256).astype(np.uint8)
            luma[:, (number * 4) % size[0] :][:, :16] ^= 0x55
            picture = av.VideoFrame.from_ndarray(luma, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
        for packet in encoder.encode(picture):
            assert packet.pts is not None
            units = tuple(split_start_codes(bytes(packet)))
            # an encoder calls the start of an intra refresh a key frame too
            key = any(wire.kind(unit) in wire.keys for unit in units)
            coded.append(Coded(units, packet.pts, key))
    return tuple(coded)
