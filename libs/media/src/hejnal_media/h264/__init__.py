"""H.264: RTP payload format (RFC 6184) and parameter sets (ITU-T H.264 §7.3.2)."""

from hejnal_media.h264.depacketizer import H264Depacketizer
from hejnal_media.h264.parameter_sets import ParameterSets, parse_sps
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.sink import AccessUnitSink, BreakReason

__all__ = ["AccessUnitSink", "BreakReason", "H264Depacketizer", "ParameterSetError", "ParameterSets", "parse_sps"]
