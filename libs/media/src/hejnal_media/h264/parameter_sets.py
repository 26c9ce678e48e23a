"""Sequence and picture parameter sets: what of them a recorder and a browser must know."""

from dataclasses import dataclass

from hejnal_media.access_unit import CodecParameters
from hejnal_media.nal.bits import MAX_PARAMETER_SET_BYTES, BitReader, ParameterSetError

MAX_PICTURE_PARAMETER_SETS = 256
_MAX_SIDE = 16_384
_HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """The fields of an SPS that matter outside a decoder."""

    codec: str
    width: int
    height: int


def _skip_scaling_lists(bits: BitReader, lists: int) -> None:
    for index in range(lists):
        if not bits.u(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last


def parse_sps(nal_unit: bytes) -> SequenceParameters:
    """Codec string (RFC 6381) and cropped size in pixels (ITU-T H.264 §7.3.2.1.1). Raises ParameterSetError."""
    if not 4 <= len(nal_unit) <= MAX_PARAMETER_SET_BYTES or nal_unit[0] & 31 != 7:
        raise ParameterSetError("not a sequence parameter set")
    bits = BitReader(nal_unit[1:])
    profile, constraints, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()  # seq_parameter_set_id
    chroma_format, separate_planes = 1, 0
    if profile in _HIGH_PROFILES:
        chroma_format = bits.ue()
        if chroma_format > 3:
            raise ParameterSetError("chroma format out of range")
        if chroma_format == 3:
            separate_planes = bits.u(1)
        bits.ue()  # bit_depth_luma_minus8
        bits.ue()  # bit_depth_chroma_minus8
        bits.u(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.u(1):
            _skip_scaling_lists(bits, 12 if chroma_format == 3 else 8)
    bits.ue()  # log2_max_frame_num_minus4
    poc_type = bits.ue()
    if poc_type == 0:
        bits.ue()
    elif poc_type == 1:
        bits.u(1)
        bits.se()
        bits.se()
        cycle = bits.ue()
        if cycle > 255:
            raise ParameterSetError("picture order cycle out of range")
        for _ in range(cycle):
            bits.se()
    bits.ue()  # max_num_ref_frames
    bits.u(1)  # gaps_in_frame_num_value_allowed_flag
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frames_only = bits.u(1)
    if not frames_only:
        bits.u(1)
    bits.u(1)  # direct_8x8_inference_flag
    height = map_units * 16 * (2 - frames_only)
    if bits.u(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        chroma = 0 if separate_planes else chroma_format
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise ParameterSetError("picture size out of range")
    return SequenceParameters(f"avc1.{profile:02x}{constraints:02x}{level:02x}", width, height)


def pps_id(nal_unit: bytes) -> int:
    """The id of a picture parameter set (§7.3.2.2). Raises ParameterSetError."""
    if not 2 <= len(nal_unit) <= MAX_PARAMETER_SET_BYTES or nal_unit[0] & 31 != 8:
        raise ParameterSetError("not a picture parameter set")
    number = BitReader(nal_unit[1:12]).ue()
    if number >= MAX_PICTURE_PARAMETER_SETS:
        raise ParameterSetError("picture parameter set id out of range")
    return number


class ParameterSets:
    """The sets in force: from the session description first, replaced by those in the stream."""

    def __init__(self) -> None:
        self._sps = b""
        self._pps: dict[int, bytes] = {}
        self._parameters: CodecParameters | None = None
        self._changed = False

    def offer(self, nal_unit: bytes) -> None:
        """Takes an SPS or PPS. Raises ParameterSetError; the sets in force stay as they were."""
        if nal_unit[0] & 31 == 7:
            if nal_unit == self._sps:
                return
            parse_sps(nal_unit)
            self._sps = nal_unit
            self._pps.clear()  # they belong to the old sequence
        else:
            number = pps_id(nal_unit)
            if self._pps.get(number) == nal_unit:
                return
            self._pps[number] = nal_unit
        self._changed = True

    @property
    def current(self) -> CodecParameters | None:
        """What a decoder needs now; None while a set is missing."""
        if self._changed and self._sps and self._pps:
            self._changed = False
            sequence = parse_sps(self._sps)
            pps = tuple(self._pps[number] for number in sorted(self._pps))
            self._parameters = CodecParameters(sequence.codec, sequence.width, sequence.height, self._sps, pps)
        return self._parameters if self._pps else None
