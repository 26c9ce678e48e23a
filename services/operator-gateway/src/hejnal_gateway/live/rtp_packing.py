"""H.264 access units as RTP packets (RFC 6184, packetization-mode 1), laid out so that a burst leaves in one system call.

A unit is cut into runs of packets of equal size (the last may be shorter): with UDP segmentation offload the kernel takes a
run as one buffer. The plain packets of a run are made once per (payload type, SRTP tag size) and shared by all viewers;
each viewer copies the run into one buffer and encrypts it there.
"""

import struct
from dataclasses import dataclass

from hejnal_media.access_unit import LENGTH_PREFIX_BYTES, MalformedAccessUnitError

RTP_HEADER_BYTES = 12
MAX_PAYLOAD_BYTES = 1188
"""1200 bytes of RTP, the size browsers use themselves: with SRTP, UDP and IPv6 it stays under every common MTU."""
MAX_RUN_PACKETS = 24

_HEADER = struct.Struct(">BBHII")
_SEQ_AND_TIME = struct.Struct(">HI")
_MARKER = 0x80
_STAP_A, _FU_A = 24, 28
_SPS, _PPS = 7, 8
_ACCESS_UNIT_DELIMITER, _FILLER = 9, 12

Payload = tuple[bytes, memoryview]
"""FU indicator and header (or nothing), and the bytes of the NAL unit behind it."""


def payloads_of(payload: bytes) -> list[Payload]:
    """The RTP payloads of a length-prefixed access unit. Raises MalformedAccessUnitError."""
    view, position, end = memoryview(payload), 0, len(payload)
    found: list[Payload] = []
    while position < end:
        start = position + LENGTH_PREFIX_BYTES
        position = start + int.from_bytes(view[position:start], "big")
        if position > end or position == start:
            raise MalformedAccessUnitError(f"NAL unit at {start} does not fit into {end} bytes")
        kind = payload[start] & 0x1F
        if kind in (_ACCESS_UNIT_DELIMITER, _FILLER):
            continue
        if position - start <= MAX_PAYLOAD_BYTES:
            found.append((b"", view[start:position]))
            if kind == _PPS and len(found) > 1 and payload_kind(found[-2]) == _SPS:
                found[-2:] = _together(found[-2], found[-1])
        else:
            _fragment(view, start, position, found)
    return found


def payload_kind(payload: Payload) -> int:
    """The NAL unit type (or 24, 28 for aggregates and fragments) of an RTP payload."""
    prefix, body = payload
    return (prefix[0] if prefix else body[0]) & 0x1F


def _together(first: Payload, second: Payload) -> list[Payload]:
    """STAP-A (RFC 6184 §5.7.1): both parameter sets in one packet, where they fit."""
    one, two = first[1], second[1]
    if len(one) + len(two) + 5 > MAX_PAYLOAD_BYTES:
        return [first, second]
    body = b"".join((len(one).to_bytes(2, "big"), one, len(two).to_bytes(2, "big"), two))
    return [(bytes(((one[0] & 0x60) | _STAP_A,)), memoryview(body))]


def _fragment(view: memoryview, start: int, end: int, found: list[Payload]) -> None:
    """FU-A fragments (RFC 6184 §5.8): all of one size but the last."""
    indicator, kind = (view[start] & 0xE0) | _FU_A, view[start] & 0x1F
    first, middle, last = bytes((indicator, 0x80 | kind)), bytes((indicator, kind)), bytes((indicator, 0x40 | kind))
    step = MAX_PAYLOAD_BYTES - 2
    head = first
    for position in range(start + 1, end, step):
        stop = min(position + step, end)
        found.append((last if stop == end else head, view[position:stop]))
        head = middle


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive packets in one buffer: all of `size` bytes but the last (`last_size`), each with room for the SRTP tag."""

    template: bytes
    count: int
    size: int
    last_size: int
    stride: int
    first: int
    """Index of its first packet in the access unit."""


class PackedUnit:
    """One access unit on a stream's timeline: which sequence numbers it has, and its packets once somebody wants them."""

    __slots__ = ("_cuts", "_payloads", "_runs", "key_frame", "packets", "seq", "size_bytes", "ssrc", "timestamp")

    def __init__(self, payload: bytes, *, seq: int, timestamp: int, ssrc: int, key_frame: bool) -> None:
        self._payloads = payloads_of(payload)
        self._cuts = _cut(self._payloads)
        self._runs: dict[tuple[int, int], list[Run]] = {}
        self.packets = len(self._payloads)
        self.size_bytes = len(payload)
        self.seq = seq
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.key_frame = key_frame

    @property
    def run_sizes(self) -> list[int]:
        """How many packets each run has."""
        return [stop - start for start, stop in self._cuts]

    def runs(self, payload_type: int, tag_bytes: int) -> list[Run]:
        """The runs for viewers that negotiated this payload type and SRTP tag size."""
        made = self._runs.get((payload_type, tag_bytes))
        if made is None:
            made = self._runs[payload_type, tag_bytes] = [self._run(cut, payload_type, tag_bytes) for cut in self._cuts]
        return made

    def _run(self, cut: tuple[int, int], payload_type: int, tag_bytes: int) -> Run:
        start, stop = cut
        room = bytes(tag_bytes)
        parts: list[bytes | memoryview] = []
        for index in range(start, stop):
            marker = _MARKER if index == self.packets - 1 else 0
            seq = (self.seq + index) & 0xFFFF
            parts.append(_HEADER.pack(0x80, payload_type | marker, seq, self.timestamp, self.ssrc))
            parts.extend(self._payloads[index])
            parts.append(room)
        sizes = [RTP_HEADER_BYTES + len(prefix) + len(body) for prefix, body in (self._payloads[start], self._payloads[stop - 1])]
        return Run(b"".join(parts), stop - start, sizes[0], sizes[1], sizes[0] + tag_bytes, start)


def _cut(payloads: list[Payload]) -> list[tuple[int, int]]:
    cuts: list[tuple[int, int]] = []
    start = 0
    sizes = [len(prefix) + len(body) for prefix, body in payloads]
    for index in range(1, len(sizes) + 1):
        ends = index == len(sizes) or index - start >= MAX_RUN_PACKETS or sizes[index] > sizes[start]
        if ends or sizes[index - 1] < sizes[start]:
            cuts.append((start, index))
            start = index
    return cuts


def readdress(buffer: memoryview, run: Run, seq: int, timestamp: int) -> None:
    """Give the packets of a run in `buffer` other sequence numbers and another time."""
    for index in range(run.count):
        _SEQ_AND_TIME.pack_into(buffer, index * run.stride + 2, (seq + index) & 0xFFFF, timestamp)
