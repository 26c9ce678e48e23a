"""RTP payload of H.265 to access units (RFC 7798: single NAL unit, AP, FU, PACI unwrapped)."""

import functools
import struct
from collections.abc import Callable

from hejnal_media.access_unit import MAX_ACCESS_UNIT_BYTES, CodecParameters
from hejnal_media.h265.parameter_sets import PPS, SPS, VPS, ParameterSets, layer_of
from hejnal_media.nal.assembly import MAX_PIECES, NO_KIND, RTP_HEADER, NalAssembly, wall_clock_us
from hejnal_media.sink import AccessUnitSink, BreakReason

RASL = (8, 9)
BLA = (16, 17, 18)
DELIMITER, END_OF_SEQUENCE, END_OF_BITSTREAM = 35, 36, 37
AGGREGATE, FRAGMENT, PACI = 48, 49, 50
_LAST_SLICE, _FIRST_IRAP, _LAST_IRAP = 31, 16, 23
_LAST_PLAUSIBLE = 40  # suffix SEI
_FRAGMENT_HEADER = FRAGMENT << 9
_FRAME = struct.Struct(">HHHHI4x")  # interleaved frame header (RFC 2326 §10.12) and RTP header
_OVERHEAD = 3  # payload header and FU header
_RUN_CACHE_SIZE = 256
_REFERS_BACK, _BEGINS_ANEW, _ENDS_SEQUENCE = 1, 2, 4  # traits of a picture


@functools.lru_cache(_RUN_CACHE_SIZE)
def _run_of(payload_bytes: int) -> struct.Struct:
    """A whole interleaved FU packet with so much payload."""
    return struct.Struct(f">HHHHI4xHB{payload_bytes}s")


class H265Depacketizer(NalAssembly):
    """Collects RTP packets into access units, from the first random access point (IDR, CRA, BLA) on.

    Leading pictures that refer to what was before a random access point are left out where that was not received (RASL
    behind a CRA that begins a run, or behind a BLA): no decoder could show them. They are counted, and are no hole.
    """

    HEADER_BYTES = 2
    SETS = frozenset({VPS, SPS, PPS})

    def __init__(
        self,
        sink: AccessUnitSink,
        *,
        payload_type: int = 96,
        parameter_sets: tuple[bytes, ...] = (),
        now_us: Callable[[], int] = wall_clock_us,
    ) -> None:
        self._plain_flags = 0x8000 | payload_type  # version 2, no marker
        self._run = _run_of(1397)
        self._skips_leading = False
        self._sequence_ended = False
        self.leading_dropped = 0
        super().__init__(sink, ParameterSets(), payload_type=payload_type, parameter_sets=parameter_sets, now_us=now_us)

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes the whole interleaved frames of `channel` that lie one after the other from `position`.

        Gives the position of the first byte not taken: a frame of another channel, a message, or a frame not yet whole.
        Payload is copied once; nothing of `view` is kept.
        """
        magic = 0x2400 | channel
        plain = self._plain_flags
        run = self._run
        while limit - position >= _FRAME.size:
            # Nine packets in ten are the middle of an FU and as long as the one before: one call reads head and payload.
            if limit - position >= run.size:
                head, length, flags, sequence, timestamp, header, indicator, payload = run.unpack_from(view, position)
                if (
                    length == run.size - 4
                    and head == magic
                    and flags == plain
                    and sequence == self._expected
                    and timestamp == self._timestamp
                    and header & 0x7E00 == _FRAGMENT_HEADER
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
            if length >= RTP_HEADER:
                self._take_packet(view, position + 4, end, flags, sequence, timestamp)
                run = self._run
            position = end
        if self._nal_size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "a NAL unit is larger than 8 MB")
        return position

    # --- payloads

    def _take_payload(self, view: memoryview, start: int, end: int) -> None:
        if end - start < self.HEADER_BYTES:
            return
        kind = view[start] >> 1 & 63
        if kind == FRAGMENT:
            self._take_fragment(view, start, end)
        elif kind == AGGREGATE:
            self._take_aggregate(view, start + self.HEADER_BYTES, end)
        elif kind == PACI:
            self._take_extended(view, start, end)
        elif kind < AGGREGATE:
            self._take_nal_unit(view[start:end].tobytes())

    def _take_fragment(self, view: memoryview, start: int, end: int) -> None:
        """FU (RFC 7798 §4.4.3)."""
        size = end - start - _OVERHEAD
        if size < 1:
            return
        indicator = view[start + self.HEADER_BYTES]
        if indicator & 0x80:
            header = bytes((view[start] & 0x81 | (indicator & 63) << 1, view[start + 1]))
            self._open_fragmented(header, view[start + _OVERHEAD])
            if size + _FRAME.size + _OVERHEAD != self._run.size:
                self._run = _run_of(size)
        if self._nal < 0:
            self._torn = True  # its beginning is missing
            return
        self._pieces.append(view[start + _OVERHEAD : end].tobytes())
        self._nal_size += size
        if indicator & 0x40:
            self._close_fragmented()

    def _take_aggregate(self, view: memoryview, position: int, end: int) -> None:
        """AP (RFC 7798 §4.4.2)."""
        while end - position > 2:
            size = view[position] << 8 | view[position + 1]
            position += 2
            if size < self.HEADER_BYTES or position + size > end:
                self._torn = True
                return
            self._take_nal_unit(view[position : position + size].tobytes())
            position += size

    def _take_extended(self, view: memoryview, start: int, end: int) -> None:
        """PACI (RFC 7798 §4.4.4): what it says about the payload is of no use here, the payload inside it is."""
        fields = view[start + 2] << 8 | view[start + 3] if end - start > 4 else 0
        kind, skip = fields >> 9 & 63, fields >> 4 & 31
        inner = start + 4 + skip
        if kind == PACI or end <= inner:
            self._torn = True
            return
        header = bytes((fields >> 8 & 0x80 | kind << 1 | view[start] & 1, view[start + 1]))
        payload = header + view[inner:end].tobytes()
        self._take_payload(memoryview(payload), 0, len(payload))

    # --- what NAL units mean

    def _kind_of(self, header: bytes) -> int:
        # a temporal id of -1 is no NAL unit: most likely the zeros of a start code
        return header[0] >> 1 & 63 if len(header) > 1 and header[1] & 7 else NO_KIND

    def _is_slice(self, kind: int) -> bool:
        return 0 <= kind <= _LAST_SLICE

    def _note_kind(self, kind: int, first_slice_byte: int) -> None:
        if kind in (END_OF_SEQUENCE, END_OF_BITSTREAM):
            if self._coded:
                self._traits |= _ENDS_SEQUENCE
            else:
                self._sequence_ended = True  # it came behind the marker of its picture
        super()._note_kind(kind, first_slice_byte)

    def _note_slice(self, kind: int) -> None:
        if _FIRST_IRAP <= kind <= _LAST_IRAP:
            self._key = True
            if kind in BLA:
                self._traits |= _BEGINS_ANEW
        elif kind in RASL:
            self._traits |= _REFERS_BACK

    def _is_wanted(self, traits: int, *, key: bool, begins: bool) -> bool:
        if key:
            self._skips_leading = begins or self._sequence_ended or bool(traits & _BEGINS_ANEW)
        self._sequence_ended = bool(traits & _ENDS_SEQUENCE)
        if traits & _REFERS_BACK and self._skips_leading:
            self.leading_dropped += 1
            return False
        return True

    def _is_plausible(self, nal_unit: bytes) -> bool:
        return len(nal_unit) > self.HEADER_BYTES and nal_unit[0] < 0x80 and 0 <= self._kind_of(nal_unit) <= _LAST_PLAUSIBLE

    def _is_delimiter(self, nal_unit: bytes) -> bool:
        return self._kind_of(nal_unit) == DELIMITER

    def _sets_of(self, parameters: CodecParameters) -> tuple[bytes, ...]:
        return (parameters.vps, parameters.sps, *parameters.pps)

    def _take_parameter_set(self, nal_unit: bytes) -> None:
        if layer_of(nal_unit) == 0:
            super()._take_parameter_set(nal_unit)
