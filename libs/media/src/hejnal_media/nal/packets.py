"""Packets of NAL units in their order. This is the hot path of the whole town."""

import functools
import struct
from abc import abstractmethod

from hejnal_media.access_unit import MAX_ACCESS_UNIT_BYTES
from hejnal_media.rtp import payload_bounds
from hejnal_media.sink import BreakReason

FRAME = struct.Struct(">HHHHI4x")  # interleaved frame header (RFC 2326 §10.12) and RTP header
NO_NAL = -1
MAX_PIECES = 65_536
_HEAD = struct.Struct(">HHH")
_SOURCE = struct.Struct(">II")
_RTP_HEADER = 12
_RUN_CACHE_SIZE = 256
_USUAL_PAYLOAD = 1400
_MAX_LATE = 64
"""Packets behind the newest one that are left out before a restarted sequence is believed."""


@functools.lru_cache(_RUN_CACHE_SIZE)
def run_of(header_bytes: int, payload_bytes: int) -> struct.Struct:
    """A whole interleaved packet of a fragmentation unit: frame head and flags; sequence; time, source, FU header; payload."""
    return struct.Struct(f">{_HEAD.size}sH{_SOURCE.size + header_bytes}s{payload_bytes}s")


class NalPackets:
    """Takes interleaved RTP packets, sees losses and the ends of pictures, and hands payloads on."""

    def __init__(self, payload_type: int, *, header_bytes: int) -> None:
        self._payload_type = payload_type
        self._plain_flags = 0x8000 | payload_type  # version 2, no marker
        self._run = run_of(header_bytes, _USUAL_PAYLOAD - header_bytes)
        self._timestamp = -1
        self._expected = -1
        self._finished = False  # the picture of `_timestamp` was given out
        self._marker_trusted = True
        self._late = 0
        self.packets_lost = 0
        self.highest_sequence = 0
        self.ssrc = 0

    def _clear_packets(self) -> None:
        self._pieces: list[bytes] = []
        self._nal = NO_NAL  # index of the open NAL unit's prefix in `_pieces`
        self._nal_middle = b""
        self._nal_size = 0
        self._coded = self._torn = False

    @abstractmethod
    def _take_payload(self, view: memoryview, start: int, end: int) -> None:
        """One RTP payload that the hot path has left."""

    @abstractmethod
    def _break(self, reason: BreakReason, detail: str) -> None:
        """What has come of the picture is of no use."""

    @abstractmethod
    def _finish(self) -> None:
        """The picture is over."""

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes the whole interleaved frames of `channel` that lie one after the other from `position`.

        Gives the position of the first byte not taken: a frame of another channel, a message, or a frame not yet whole.
        Nothing of `view` is kept.
        """
        magic = 0x2400 | channel
        while True:
            if self._nal >= 0:
                position = self._take_run(view, position, limit, magic)
            if limit - position < FRAME.size:
                break
            head, length, flags, sequence, timestamp = FRAME.unpack_from(view, position)
            end = position + 4 + length
            if head != magic or end > limit:
                break
            if length >= _RTP_HEADER:
                self._take_packet(view, position + 4, end, flags, sequence, timestamp)
            position = end
        if self._nal_size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "a NAL unit is larger than 8 MB")
        return position

    def _take_run(self, view: memoryview, position: int, limit: int, magic: int) -> int:
        """The middle packets of the open fragmentation unit that are as long as its first: nine packets in ten.

        They are read in one go, and what does not change from one to the next is compared as a whole.
        """
        run = self._run
        stride = run.size
        whole = (limit - position) // stride
        if not whole:
            return position
        expected_head = _HEAD.pack(magic, stride - 4, self._plain_flags)
        expected_source = _SOURCE.pack(self._timestamp, self.ssrc) + self._nal_middle
        expected, taken = self._expected, 0
        append = self._pieces.append
        for head, sequence, source, payload in run.iter_unpack(view[position : position + whole * stride]):
            if head != expected_head or sequence != expected or source != expected_source:
                break
            append(payload)
            expected = sequence + 1 & 0xFFFF
            taken += 1
        self._expected = expected
        self._nal_size += taken * (stride - FRAME.size - len(self._nal_middle))
        return position + taken * stride

    def _take_packet(self, view: memoryview, rtp: int, end: int, flags: int, sequence: int, timestamp: int) -> None:
        if flags & 0x7F != self._payload_type:
            if int.from_bytes(view[rtp + 8 : rtp + 12], "big") == self.ssrc:
                self._expected = (sequence + 1) & 0xFFFF
            return
        if sequence == self._expected:
            self._late = 0
        elif self._is_late(view, rtp, sequence):
            return
        self._expected = (sequence + 1) & 0xFFFF
        start = rtp + _RTP_HEADER
        if flags & 0xFF00 != 0x8000:
            bounds = payload_bounds(view, rtp, end)
            if bounds is None:
                return
            start, end = bounds
        elif start == end:
            return  # cameras keep connections alive with empty packets
        if timestamp != self._timestamp:
            if self._coded or self._torn:
                self._finish()
            self._timestamp = timestamp
            self._finished = False
        self._take_payload(view, start, end)
        if flags & 0x80 and self._marker_trusted and (self._coded or self._torn):
            if self._nal >= 0:
                self._marker_trusted = False  # it came inside a NAL unit
            else:
                self._finish()

    def _is_late(self, view: memoryview, rtp: int, sequence: int) -> bool:
        """Judges a sequence number that is not the expected one; True when the packet is to be left out."""
        ssrc = int.from_bytes(view[rtp + 8 : rtp + 12], "big")
        if self._expected < 0:
            self.ssrc, self.highest_sequence = ssrc, sequence
            return False
        missing = (sequence - self._expected) & 0xFFFF
        if ssrc == self.ssrc and missing >= 0x8000 and self._late < _MAX_LATE:
            self._late += 1
            return True  # twice or out of order: over TCP the sender's mistake, and the picture is already judged
        if ssrc != self.ssrc or self._late:
            missing = 0  # the sender began anew
        self.ssrc = ssrc
        self._late = 0
        self.packets_lost += missing
        same_picture = int.from_bytes(view[rtp + 4 : rtp + 8], "big") == self._timestamp
        self._break(BreakReason.LOSS, f"{missing} RTP packets are missing" if missing else "the RTP sequence began anew")
        self._torn = same_picture  # then its rest is of no use; else the slice header tells
        return False
