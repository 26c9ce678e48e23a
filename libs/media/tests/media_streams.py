"""RTP packets of any legal packetization, as input of the tests of depacketizers."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from hejnal_media.depacketizers import Depacketizer
from hejnal_media.testing_streams import TICKS as STEP
from hejnal_media.testing_streams import Coded
from hejnal_media.testing_streams import encode_pictures as encode

__all__ = ["H264", "H265", "STEP", "Coded", "Wire", "any_packets", "encode", "feed", "rtp_frame"]


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


H264 = Wire(header_bytes=1, aggregate=24, fragment=28)
H265 = Wire(header_bytes=2, aggregate=48, fragment=49)


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
