"""What H.264 and H.265 have in common: NAL units, their bits, and how access units are put together from RTP packets."""

from hejnal_media.nal.bits import BitReader, ParameterSetError
from hejnal_media.nal.start_codes import START_CODE, split_start_codes

__all__ = ["START_CODE", "BitReader", "ParameterSetError", "split_start_codes"]
