"""H.265: RTP payload format (RFC 7798) and parameter sets (ITU-T H.265 §7.3.2)."""

from hejnal_media.h265.depacketizer import H265Depacketizer
from hejnal_media.h265.parameter_sets import ParameterSets, VideoFormat, parse_sps, uses_decoding_order_numbers
from hejnal_media.h265.parameter_sets import parameter_sets_of as parameter_sets_of

__all__ = [
    "H265Depacketizer",
    "ParameterSets",
    "VideoFormat",
    "parameter_sets_of",
    "parse_sps",
    "uses_decoding_order_numbers",
]
