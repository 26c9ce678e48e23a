"""H.264 access units as RTP packets (RFC 6184, packetization-mode 1), laid out so that a burst leaves in one system call.

A unit is cut into runs: consecutive packets of equal size (the last may be shorter), which the kernel takes as one buffer
(UDP segmentation offload). The plain packets of a run are made once per (payload type, SRTP tag size) and shared by all
viewers; each viewer copies the run into one buffer and encrypts it there.

What is kept of a unit is its payload and where it is cut: objects per packet would make the collector of a process that
holds hundreds of groups of pictures walk through them for milliseconds.
"""

import struct
from dataclasses import dataclass

from hejnal_media.access_unit import LENGTH_PREFIX_BYTES, MalformedAccessUnitError

RTP_HEADER_BYTES = 12
MAX_PAYLOAD_BYTES = 1188
"""1200 bytes of RTP, the size browsers use themselves: with SRTP, UDP and IPv6 it stays under every common MTU."""
MAX_RUN_PACKETS = 24
FRAGMENT_BYTES = MAX_PAYLOAD_BYTES - 2

_HEAD = struct.Struct(">BBH")
_TIME_AND_SOURCE = struct.Struct(">II")
_SEQ_TIME_SOURCE = struct.Struct(">HII")
_MARKER = 0x80
_STAP_A, _FU_A = 24, 28
_START, _END = 0x80, 0x40
_SPS, _PPS = 7, 8
_ACCESS_UNIT_DELIMITER, _FILLER = 9, 12

_Span = tuple[bytes, int, int, int, int, int]
"""One run: (source, start, stop, packets, FU indicator, FU header with its start and end bits as on its first and last packet).
FU indicator 0: one packet with the source's bytes as they are."""


def _spans_of(payload: bytes) -> list[_Span]:
    """How a length-prefixed access unit is cut. Raises MalformedAccessUnitError."""
    position, end = 0, len(payload)
    spans: list[_Span] = []
    sps: tuple[int, int] | None = None
    while position < end:
        start = position + LENGTH_PREFIX_BYTES
        position = start + int.from_bytes(payload[position:start], "big")
        if position > end or position == start:
            raise MalformedAccessUnitError(f"NAL unit at {start} does not fit into {end} bytes")
        kind = payload[start] & 0x1F
        if kind in (_ACCESS_UNIT_DELIMITER, _FILLER):
            continue
        if position - start > MAX_PAYLOAD_BYTES:
            _fragment(payload, start, position, spans)
            sps = None
            continue
        if kind == _PPS and sps is not None and (sps[1] - sps[0]) + (position - start) + 5 <= MAX_PAYLOAD_BYTES:
            together = _together(payload[sps[0] : sps[1]], payload[start:position])
            spans[-1] = (together, 0, len(together), 1, 0, 0)
            sps = None
            continue
        spans.append((payload, start, position, 1, 0, 0))
        sps = (start, position) if kind == _SPS else None
    return spans


def _together(sps: bytes, pps: bytes) -> bytes:
    """STAP-A (RFC 6184 §5.7.1): both parameter sets in one packet."""
    head = bytes(((sps[0] & 0x60) | _STAP_A,))
    return b"".join((head, len(sps).to_bytes(2, "big"), sps, len(pps).to_bytes(2, "big"), pps))


def _fragment(payload: bytes, start: int, end: int, spans: list[_Span]) -> None:
    """FU-A fragments (RFC 6184 §5.8): all of one size but the last, in runs that one system call may carry."""
    indicator, kind = (payload[start] & 0xE0) | _FU_A, payload[start] & 0x1F
    step = MAX_RUN_PACKETS * FRAGMENT_BYTES
    for begin in range(start + 1, end, step):
        stop = min(begin + step, end)
        flags = (_START if begin == start + 1 else 0) | (_END if stop == end else 0)
        spans.append((payload, begin, stop, -(-(stop - begin) // FRAGMENT_BYTES), indicator, kind | flags))


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

    __slots__ = ("_runs", "_spans", "key_frame", "packets", "run_sizes", "seq", "size_bytes", "ssrc", "timestamp")

    def __init__(self, payload: bytes, *, seq: int, timestamp: int, ssrc: int, key_frame: bool) -> None:
        self._spans = _spans_of(payload)
        self._runs: dict[tuple[int, int], list[Run]] = {}
        self.run_sizes = tuple([span[3] for span in self._spans])
        """How many packets each run has."""
        self.packets = sum(self.run_sizes)
        self.size_bytes = len(payload)
        self.seq = seq
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.key_frame = key_frame

    def runs(self, payload_type: int, tag_bytes: int) -> list[Run]:
        """The runs for viewers that negotiated this payload type and SRTP tag size."""
        made = self._runs.get((payload_type, tag_bytes))
        if made is None:
            made = self._runs[payload_type, tag_bytes] = []
            first = 0
            for span in self._spans:
                made.append(self._run(span, first, payload_type, tag_bytes))
                first += span[3]
        return made

    def _run(self, span: _Span, first: int, payload_type: int, tag_bytes: int) -> Run:
        source, start, stop, count, indicator, fu_header = span
        pack, seq = _HEAD.pack, self.seq + first
        tail = _TIME_AND_SOURCE.pack(self.timestamp, self.ssrc)
        room = bytes(tag_bytes)
        marker = payload_type | _MARKER if first + count == self.packets else payload_type
        if not indicator:
            size = RTP_HEADER_BYTES + stop - start
            template = b"".join((pack(0x80, marker, seq & 0xFFFF), tail, source[start:stop], room))
            return Run(template, 1, size, size, size + tag_bytes, first)
        kind = fu_header & 0x1F
        parts: list[bytes] = []
        middle = tail + bytes((indicator, kind))
        begin = start
        for index in range(count):
            begin = start + index * FRAGMENT_BYTES
            parts += (pack(0x80, payload_type, (seq + index) & 0xFFFF), middle, source[begin : begin + FRAGMENT_BYTES], room)
        if fu_header & _START:
            parts[1] = tail + bytes((indicator, kind | _START))
        if fu_header & _END:
            parts[-4] = pack(0x80, marker, (seq + count - 1) & 0xFFFF)
            parts[-3] = tail + bytes((indicator, kind | _END))
            parts[-2] = source[begin:stop]
        last_size = RTP_HEADER_BYTES + 2 + stop - begin
        size = RTP_HEADER_BYTES + MAX_PAYLOAD_BYTES if count > 1 else last_size
        return Run(b"".join(parts), count, size, last_size, size + tag_bytes, first)


def readdress(buffer: memoryview, run: Run, seq: int, timestamp: int, ssrc: int) -> None:
    """Give the packets of a run in `buffer` other sequence numbers, another time and another source."""
    pack_into, position = _SEQ_TIME_SOURCE.pack_into, 2
    for index in range(run.count):
        pack_into(buffer, position, (seq + index) & 0xFFFF, timestamp, ssrc)
        position += run.stride
