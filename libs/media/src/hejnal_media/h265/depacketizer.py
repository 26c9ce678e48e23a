"""RTP payload of H.265 to access units (RFC 7798: single NAL unit, AP, FU, PACI unwrapped)."""

from collections.abc import Callable

from hejnal_media.access_unit import CodecParameters
from hejnal_media.h265.parameter_sets import PPS, SPS, VPS, ParameterSets, layer_of
from hejnal_media.nal.assembly import KEY_FRAME, NO_KIND, NOT_A_SLICE, NalAssembly, wall_clock_us
from hejnal_media.sink import AccessUnitSink

RASL = (8, 9)
BLA = (16, 17, 18)
DELIMITER, END_OF_SEQUENCE, END_OF_BITSTREAM = 35, 36, 37
AGGREGATE, FRAGMENT, PACI = 48, 49, 50
_LAST_SLICE, _FIRST_IRAP, _LAST_IRAP = 31, 16, 23
_LAST_PLAUSIBLE = 40  # suffix SEI
_OVERHEAD = 3  # payload header and FU header
_REFERS_BACK, _BEGINS_ANEW, _ENDS_SEQUENCE = 2, 4, 8  # traits of a picture


def _traits_of(kind: int) -> int:
    """Table 7-1: what a slice of this kind says of its picture."""
    if kind > _LAST_SLICE:
        return NOT_A_SLICE
    if _FIRST_IRAP <= kind <= _LAST_IRAP:
        return KEY_FRAME | _BEGINS_ANEW if kind in BLA else KEY_FRAME
    return _REFERS_BACK if kind in RASL else 0


class H265Depacketizer(NalAssembly):
    """Collects RTP packets into access units, from the first random access point (IDR, CRA, BLA) on.

    Leading pictures that refer to what was before a random access point are left out where that was not received (RASL
    behind a CRA that begins a run, or behind a BLA): no decoder could show them. They are counted, and are no hole.
    """

    HEADER_BYTES = 2
    SETS = frozenset({VPS, SPS, PPS})
    TRAITS = tuple(map(_traits_of, range(64)))

    def __init__(
        self,
        sink: AccessUnitSink,
        *,
        payload_type: int = 96,
        parameter_sets: tuple[bytes, ...] = (),
        now_us: Callable[[], int] = wall_clock_us,
    ) -> None:
        self._skips_leading = False
        self._sequence_ended = False
        self.leading_dropped = 0
        super().__init__(sink, ParameterSets(), payload_type=payload_type, parameter_sets=parameter_sets, now_us=now_us)

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
            middle = bytes((view[start], view[start + 1], indicator & 63))
            self._open_fragmented(header, middle, size, view[start + _OVERHEAD])
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

    def _note_other(self, kind: int) -> None:
        if kind in (END_OF_SEQUENCE, END_OF_BITSTREAM):
            if self._coded:
                self._traits |= _ENDS_SEQUENCE
            else:
                self._sequence_ended = True  # it came behind the marker of its picture

    def _is_wanted(self, traits: int, *, begins: bool) -> bool:
        if traits & KEY_FRAME:
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
        if self._kind_of(nal_unit) in self.SETS and layer_of(nal_unit) == 0:
            super()._take_parameter_set(nal_unit)
