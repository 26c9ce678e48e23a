"""RTP payload of H.264 to access units (RFC 6184: single NAL unit, STAP-A, FU-A)."""

from collections.abc import Callable

from hejnal_media.access_unit import CodecParameters
from hejnal_media.h264.parameter_sets import ParameterSets
from hejnal_media.nal.assembly import KEY_FRAME, NO_KIND, NOT_A_SLICE, NalAssembly, wall_clock_us
from hejnal_media.sink import AccessUnitSink

IDR, SEI, SPS, PPS, DELIMITER = 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28
_OVERHEAD = 2  # FU indicator and FU header
_START_CODES = (b"\0\0\1", b"\0\0\0\1")


def _traits_of(kind: int) -> int:
    """Table 7-1: what a slice of this kind says of its picture."""
    if not 1 <= kind <= IDR:
        return NOT_A_SLICE
    return KEY_FRAME if kind == IDR else 0


class H264Depacketizer(NalAssembly):
    """Collects RTP packets into access units, from the first IDR picture on."""

    HEADER_BYTES = 1
    SETS = frozenset({SPS, PPS})
    TRAITS = tuple(map(_traits_of, range(64)))

    def __init__(
        self,
        sink: AccessUnitSink,
        *,
        payload_type: int = 96,
        parameter_sets: tuple[bytes, ...] = (),
        now_us: Callable[[], int] = wall_clock_us,
    ) -> None:
        super().__init__(sink, ParameterSets(), payload_type=payload_type, parameter_sets=parameter_sets, now_us=now_us)

    # --- payloads

    def _take_payload(self, view: memoryview, start: int, end: int) -> None:
        kind = view[start] & 31
        if kind == FU_A:
            self._take_fragment(view, start, end)
        elif kind == STAP_A:
            self._take_aggregate(view, start + 1, end)
        elif 0 < kind < STAP_A or view[start : start + 4].tobytes().startswith(_START_CODES):
            self._take_nal_unit(view[start:end].tobytes())

    def _take_fragment(self, view: memoryview, start: int, end: int) -> None:
        """FU-A (RFC 6184 §5.8)."""
        size = end - start - _OVERHEAD
        if size < 1:
            return
        indicator, header = view[start], view[start + 1]
        if header & 0x80:
            middle = bytes((indicator, header & 31))
            self._open_fragmented(bytes((indicator & 0xE0 | header & 31,)), middle, size, view[start + _OVERHEAD])
        if self._nal < 0:
            self._torn = True  # its beginning is missing
            return
        self._pieces.append(view[start + _OVERHEAD : end].tobytes())
        self._nal_size += size
        if header & 0x40:
            self._close_fragmented()

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

    # --- what NAL units mean

    def _kind_of(self, header: bytes) -> int:
        return header[0] & 31 if header else NO_KIND

    def _is_plausible(self, nal_unit: bytes) -> bool:
        return len(nal_unit) > self.HEADER_BYTES and nal_unit[0] < 0x80 and 0 < nal_unit[0] & 31 < STAP_A

    def _is_delimiter(self, nal_unit: bytes) -> bool:
        return self._kind_of(nal_unit) == DELIMITER

    def _sets_of(self, parameters: CodecParameters) -> tuple[bytes, ...]:
        return (parameters.sps, *parameters.pps)
