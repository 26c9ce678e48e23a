"""RTP payload of H.264 to access units (RFC 6184: single NAL unit, STAP-A, FU-A). This is the hot path of the whole town."""

import functools
import struct
import time
from collections.abc import Callable

from hejnal_media.access_unit import MAX_ACCESS_UNIT_BYTES, AccessUnit, CodecParameters
from hejnal_media.h264.parameter_sets import ParameterSets
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.rtp import TimestampUnwrapper, payload_bounds
from hejnal_media.sink import AccessUnitSink, BreakReason

IDR, SEI, SPS, PPS, DELIMITER = 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28
_FRAME = struct.Struct(">HHHHI4x")  # interleaved frame header (RFC 2326 §10.12) and RTP header
_RTP_HEADER = 12
_RUN_CACHE_SIZE = 256
_NO_NAL = -1
_PREFIX_LATER = b""
_MAX_PIECES = 65_536
_MAX_LATE = 64
"""Packets behind the newest one that are left out before a restarted sequence is believed."""


@functools.lru_cache(_RUN_CACHE_SIZE)
def _run_of(payload_bytes: int) -> struct.Struct:
    """A whole interleaved FU-A packet with so much payload."""
    return struct.Struct(f">HHHHI4xBB{payload_bytes}s")


def _wall_clock_us() -> int:
    return time.time_ns() // 1000


class H264Depacketizer:
    """Collects RTP packets into access units, from the first key frame on.

    An access unit ends with the marker bit or, where a camera sets it wrongly, with the next timestamp. Parameter sets and
    SEI that carry a marker of their own join the picture that follows. After a loss nothing is given out until the next
    key frame, so a group of pictures never has a hole.
    """

    def __init__(
        self,
        sink: AccessUnitSink,
        *,
        payload_type: int = 96,
        parameter_sets: tuple[bytes, ...] = (),
        now_us: Callable[[], int] = _wall_clock_us,
    ) -> None:
        self._sink = sink
        self._payload_type = payload_type
        self._plain_flags = 0x8000 | payload_type  # version 2, no marker
        self._run = _run_of(1398)
        self._now_us = now_us
        self._unwrapper = TimestampUnwrapper()
        self._sets = ParameterSets()
        self._announced: CodecParameters | None = None
        self._key_prefix: list[bytes] = []
        self._timestamp = -1
        self._expected = -1
        self._finished = False  # the picture of `_timestamp` was given out
        self._marker_trusted = True
        self._waiting = True  # for a key frame
        self._late = 0
        self.packets_lost = 0
        self.pictures = 0
        self.pictures_dropped = 0
        self.octets = 0
        self.highest_sequence = 0
        self.ssrc = 0
        self.parameter_set_error = ""
        for nal_unit in parameter_sets:
            self._take_parameter_set(nal_unit)
        self._clear()

    def _clear(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._nal = _NO_NAL  # index of the open NAL unit's prefix in `_pieces`
        self._nal_header = 0
        self._nal_size = 0
        self._coded = self._key = self._torn = False
        self._has_sps = self._has_pps = False

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes the whole interleaved frames of `channel` that lie one after the other from `position`.

        Gives the position of the first byte not taken: a frame of another channel, a message, or a frame not yet whole.
        Payload is copied once; nothing of `view` is kept.
        """
        magic = 0x2400 | channel
        plain = self._plain_flags
        run = self._run
        while limit - position >= _FRAME.size:
            # Nine packets in ten are the middle of an FU-A and as long as the one before: one call reads head and payload.
            if limit - position >= run.size:
                head, length, flags, sequence, timestamp, kind, indicator, payload = run.unpack_from(view, position)
                if (
                    length == run.size - 4
                    and head == magic
                    and flags == plain
                    and sequence == self._expected
                    and timestamp == self._timestamp
                    and kind & 31 == FU_A
                    and indicator < 0x40
                    and self._nal >= 0
                ):
                    position += run.size
                    self._expected = (sequence + 1) & 0xFFFF
                    self._pieces.append(payload)
                    self._nal_size += len(payload)
                    continue
            head, length, flags, sequence, timestamp = _FRAME.unpack_from(view, position)
            end = position + 4 + length
            if head != magic or end > limit:
                break
            if length >= _RTP_HEADER:
                self._take_packet(view, position + 4, end, flags, sequence, timestamp)
                run = self._run
            position = end
        if self._nal_size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > _MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "a NAL unit is larger than 8 MB")
        return position

    def _take_packet(self, view: memoryview, rtp: int, end: int, flags: int, sequence: int, timestamp: int) -> None:
        if flags & 0x7F != self._payload_type:
            if int.from_bytes(view[rtp + 8 : rtp + 12], "big") == self.ssrc:
                self._expected = (sequence + 1) & 0xFFFF
            return
        if sequence != self._expected and self._is_late(view, rtp, sequence):
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
        kind = view[start] & 31
        if kind == FU_A:
            self._take_fragment(view, start, end)
        elif kind == STAP_A:
            self._take_aggregate(view, start + 1, end)
        elif 0 < kind < STAP_A:
            self._take_nal_unit(view[start:end].tobytes())
        if flags & 0x80 and self._marker_trusted and (self._coded or self._torn):
            if self._nal >= 0:
                self._marker_trusted = False  # it came inside a NAL unit
            else:
                self._finish()

    def _take_fragment(self, view: memoryview, start: int, end: int) -> None:
        """FU-A (RFC 6184 §5.8)."""
        size = end - start - 2
        if size < 1:
            return
        header, indicator = view[start], view[start + 1]
        if indicator & 0x80:
            self._open_fragmented(header & 0xE0 | indicator & 31, view[start + 2])
            if size + _FRAME.size + 2 != self._run.size:
                self._run = _run_of(size)
        if self._nal < 0:
            self._torn = True  # its beginning is missing
            return
        self._pieces.append(view[start + 2 : end].tobytes())
        self._nal_size += size
        if indicator & 0x40:
            self._close_fragmented()

    def flush(self) -> None:
        """Gives out the picture that is whole but for a following packet. To be called when the stream has ended."""
        if self._coded and self._nal == _NO_NAL:
            self._finish()

    def ticks_of(self, timestamp: int) -> int | None:
        """The ticks a picture with this RTP timestamp would have; None before the first picture."""
        return self._unwrapper.ticks_of(timestamp)

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

    def _open_fragmented(self, header: int, first_slice_byte: int) -> None:
        if self._nal >= 0:
            self._close_fragmented()  # the end bit of the last one was not set
        if self._size > MAX_ACCESS_UNIT_BYTES:
            self._break(BreakReason.TOO_LARGE, "an access unit is larger than 8 MB")
        self._note_kind(header & 31, first_slice_byte)
        self._nal = len(self._pieces)
        self._nal_header = header
        self._nal_size = 1
        self._pieces.append(_PREFIX_LATER)

    def _close_fragmented(self) -> None:
        prefix = self._nal_size.to_bytes(4, "big")
        header = bytes((self._nal_header,))
        self._pieces[self._nal] = prefix + header
        self._size += 4 + self._nal_size
        if self._nal_header & 31 in (SPS, PPS):
            self._take_parameter_set(header + b"".join(self._pieces[self._nal + 1 :]))
        self._nal = _NO_NAL

    def _take_nal_unit(self, nal_unit: bytes) -> None:
        kind = nal_unit[0] & 31
        if self._nal >= 0:
            self._close_fragmented()
        if kind in (SPS, PPS):
            self._take_parameter_set(nal_unit)
        elif len(nal_unit) > 1:
            self._note_kind(kind, nal_unit[1])
        self._pieces += (len(nal_unit).to_bytes(4, "big"), nal_unit)
        self._size += 4 + len(nal_unit)
        if self._size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > _MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "an access unit is larger than 8 MB")

    def _take_aggregate(self, view: memoryview, position: int, end: int) -> None:
        """STAP-A (RFC 6184 §5.7.1)."""
        while end - position > 2:
            size = view[position] << 8 | view[position + 1]
            position += 2
            if size == 0 or position + size > end:
                self._torn = True
                return
            self._take_nal_unit(view[position : position + size].tobytes())
            position += size

    def _note_kind(self, kind: int, first_slice_byte: int) -> None:
        """Watches for the first coded slice of a picture: only one with first_mb_in_slice = 0 begins it (§7.3.3)."""
        if not 1 <= kind <= IDR:
            return
        if not self._coded:
            self._coded = True
            if self._finished:
                self._marker_trusted = False  # the marker came before the end of the picture
                self._break(BreakReason.SPLIT, "the camera sets the marker bit inside a picture")
                self._coded = self._torn = True
            elif not first_slice_byte & 0x80:
                self._torn = True
        if kind == IDR:
            self._key = True

    def _take_parameter_set(self, nal_unit: bytes) -> None:
        try:
            self._sets.offer(nal_unit)
        except ParameterSetError as error:
            self.parameter_set_error = str(error)
            return
        if nal_unit[0] & 31 == SPS:
            self._has_sps = True
        else:
            self._has_pps = True

    def _break(self, reason: BreakReason, detail: str) -> None:
        self._clear()
        self._torn = True
        if not self._waiting:
            self._waiting = True
            self._sink.stream_broken(reason, detail)

    def _finish(self) -> None:
        """The picture is over: give it out, or drop it."""
        if self._nal >= 0:
            self._close_fragmented()
        pieces, size, key, torn = self._pieces, self._size, self._key, self._torn
        complete_sets = self._has_sps and self._has_pps
        self._clear()
        self._finished = True
        last = self._expected - 1 & 0xFFFF
        self.highest_sequence += (last - self.highest_sequence) & 0xFFFF
        if torn:
            self.pictures_dropped += 1
            if not self._waiting:
                self._waiting = True
                self._sink.stream_broken(BreakReason.LOSS, "a picture is incomplete")
            return
        ticks, jump = self._unwrapper.unwrap(self._timestamp)
        if jump and not self._waiting:
            self._waiting = True
            self._sink.stream_broken(BreakReason.TIME_JUMP, f"the camera's RTP time jumped by {jump / 90_000:+.1f} s")
        if key:
            parameters = self._sets.current
            if parameters is None:
                self.pictures_dropped += 1
                return
            if parameters != self._announced:
                self._announced = parameters
                self._key_prefix = _prefixed((parameters.sps, *parameters.pps))
                self._sink.codec_changed(parameters)
            self._waiting = False
            if not complete_sets:
                at = 2 if len(pieces[0]) == 4 and pieces[1][0] & 31 == DELIMITER else 0
                pieces[at:at] = self._key_prefix
                size += sum(map(len, self._key_prefix))
        elif self._waiting:
            self.pictures_dropped += 1
            return
        self.pictures += 1
        self.octets += size
        self._sink.access_unit(AccessUnit(ticks, self._now_us(), key, pieces, size))


def _prefixed(nal_units: tuple[bytes, ...]) -> list[bytes]:
    pieces: list[bytes] = []
    for unit in nal_units:
        pieces += (len(unit).to_bytes(4, "big"), unit)
    return pieces
