"""Video, sequence and picture parameter sets: what of them a recorder and a browser must know."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from hejnal_media.access_unit import CodecParameters, VideoKind
from hejnal_media.nal.bits import MAX_PARAMETER_SET_BYTES, BitReader, ParameterSetError

VPS, SPS, PPS = 32, 33, 34
_HEADER_BYTES = 2
_MAX_PPS_ID = 63
_MAX_SIDE = 16_384
_SUB_WIDTH = {0: 1, 1: 2, 2: 2, 3: 1}
_SUB_HEIGHT = {0: 1, 1: 2, 2: 1, 3: 1}
_SPROPS = ("sprop-vps", "sprop-sps", "sprop-pps")


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """The fields of an SPS that matter outside a decoder."""

    codec: str
    """`hvc1.…` (ISO/IEC 14496-15 Annex E)."""
    width: int
    """Pixels inside the conformance window."""
    height: int
    profile: bytes
    """The first 12 bytes of profile_tier_level(): profile, compatibility, constraints, level (H.265 §7.3.3)."""
    chroma_format: int
    luma_bits: int
    chroma_bits: int
    temporal_layers: int
    temporal_nesting: bool


def kind_of(nal_unit: bytes) -> int:
    """nal_unit_type (H.265 §7.3.1.2)."""
    return nal_unit[0] >> 1 & 63


def layer_of(nal_unit: bytes) -> int:
    """nuh_layer_id; 0 is the picture itself, the others are for viewers in 3D and the like."""
    return (nal_unit[0] & 1) << 5 | nal_unit[1] >> 3


def _codec_string(profile: bytes) -> str:
    space = ("", "A", "B", "C")[profile[0] >> 6]
    compatibility = int(f"{int.from_bytes(profile[1:5], 'big'):032b}"[::-1], 2)
    tier = "H" if profile[0] & 0x20 else "L"
    constraints = profile[5:11].rstrip(b"\0")
    return ".".join(
        [f"hvc1.{space}{profile[0] & 31}", f"{compatibility:X}", f"{tier}{profile[11]}", *(f"{byte:X}" for byte in constraints)]
    )


def _skip_sub_layers(bits: BitReader, count: int) -> None:
    present = [(bits.u(1), bits.u(1)) for _ in range(count)]
    if count:
        bits.u(2 * (8 - count))
    for profile, level in present:
        bits.u(88 * profile)
        bits.u(8 * level)


def parse_sps(nal_unit: bytes) -> VideoFormat:
    """Codec string and cropped size in pixels (H.265 §7.3.2.2.1). Raises ParameterSetError."""
    if not 16 <= len(nal_unit) <= MAX_PARAMETER_SET_BYTES or kind_of(nal_unit) != SPS:
        raise ParameterSetError("not a sequence parameter set")
    bits = BitReader(nal_unit[_HEADER_BYTES:])
    bits.u(4)  # sps_video_parameter_set_id
    sub_layers = bits.u(3)
    if sub_layers > 6:
        raise ParameterSetError("number of temporal layers out of range")
    nesting = bits.u(1)
    profile = bits.u(96).to_bytes(12, "big")
    _skip_sub_layers(bits, sub_layers)
    if bits.ue() > 15:
        raise ParameterSetError("sequence parameter set id out of range")
    chroma_format = bits.ue()
    if chroma_format > 3:
        raise ParameterSetError("chroma format out of range")
    separate_planes = bits.u(1) if chroma_format == 3 else 0
    width, height = bits.ue(), bits.ue()
    if bits.u(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        chroma = 0 if separate_planes else chroma_format
        width -= (left + right) * _SUB_WIDTH[chroma]
        height -= (top + bottom) * _SUB_HEIGHT[chroma]
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise ParameterSetError("picture size out of range")
    luma, chroma_depth = bits.ue() + 8, bits.ue() + 8
    if luma > 16 or chroma_depth > 16:
        raise ParameterSetError("bit depth out of range")
    return VideoFormat(
        codec=_codec_string(profile),
        width=width,
        height=height,
        profile=profile,
        chroma_format=chroma_format,
        luma_bits=luma,
        chroma_bits=chroma_depth,
        temporal_layers=sub_layers + 1,
        temporal_nesting=bool(nesting),
    )


def pps_id(nal_unit: bytes) -> int:
    """The id of a picture parameter set (§7.3.2.3.1). Raises ParameterSetError."""
    if not 3 <= len(nal_unit) <= MAX_PARAMETER_SET_BYTES or kind_of(nal_unit) != PPS:
        raise ParameterSetError("not a picture parameter set")
    number = BitReader(nal_unit[_HEADER_BYTES:14]).ue()
    if number > _MAX_PPS_ID:
        raise ParameterSetError("picture parameter set id out of range")
    return number


def parameter_sets_of(parameters: Mapping[str, str]) -> tuple[bytes, ...]:
    """NAL units of `sprop-vps`, `sprop-sps` and `sprop-pps` (RFC 7798 §7.1); those that are no base64 are left out."""
    sets: list[bytes] = []
    for name in _SPROPS:
        for text in parameters.get(name, "").split(","):
            word = text.strip()
            try:
                nal_unit = base64.b64decode(word + "=" * (-len(word) % 4), validate=True)
            except (binascii.Error, ValueError):
                continue
            nal_unit = nal_unit.removeprefix(b"\0\0\0\1").removeprefix(b"\0\0\1")
            if len(nal_unit) > _HEADER_BYTES and kind_of(nal_unit) in (VPS, SPS, PPS):
                sets.append(nal_unit)
    return tuple(sets)


def uses_decoding_order_numbers(parameters: Mapping[str, str]) -> bool:
    """Whether the packets carry DONL fields and may come in another order than that of decoding (RFC 7798 §7.1)."""
    for name in ("sprop-max-don-diff", "sprop-depack-buf-nalus"):
        value = parameters.get(name, "0").strip()
        if value.isdecimal() and int(value[:9]) > 0:
            return True
    return parameters.get("tx-mode", "SRST").strip().upper() not in ("SRST", "")


class ParameterSets:
    """The sets in force: from the session description first, replaced by those in the stream."""

    def __init__(self) -> None:
        self._vps = b""
        self._sps = b""
        self._pps: dict[int, bytes] = {}
        self._parameters: CodecParameters | None = None
        self._changed = False

    def offer(self, nal_unit: bytes) -> None:
        """Takes a VPS, SPS or PPS; those of other layers are left. Raises ParameterSetError; the sets stay as they were."""
        if len(nal_unit) <= _HEADER_BYTES or len(nal_unit) > MAX_PARAMETER_SET_BYTES:
            raise ParameterSetError("parameter set of a strange size")
        if layer_of(nal_unit):
            return
        kind = kind_of(nal_unit)
        if kind == VPS:
            if nal_unit == self._vps:
                return
            self._vps = nal_unit
        elif kind == SPS:
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
        if not (self._vps and self._sps and self._pps):
            return None
        if self._changed:
            self._changed = False
            found = parse_sps(self._sps)
            pps = tuple(self._pps[number] for number in sorted(self._pps))
            self._parameters = CodecParameters(
                found.codec, found.width, found.height, self._sps, pps, vps=self._vps, kind=VideoKind.H265
            )
        return self._parameters
