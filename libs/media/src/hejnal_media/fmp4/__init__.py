"""Fragmented MP4 (ISO/IEC 14496-12): one fragment per group of pictures, written and read without a library."""

from hejnal_media.fmp4.key_frame import KeyFrame, find_key_frame, head_size, lone_key_frame
from hejnal_media.fmp4.movie import init_segment
from hejnal_media.fmp4.reader import FragmentInfo, ScanResult, cut_back, read_fragments
from hejnal_media.fmp4.silent import silent_init
from hejnal_media.fmp4.writer import FragmentStamp, Sample, SoundTrack, fragment_head

__all__ = [
    "FragmentInfo",
    "FragmentStamp",
    "KeyFrame",
    "Sample",
    "ScanResult",
    "SoundTrack",
    "cut_back",
    "find_key_frame",
    "fragment_head",
    "head_size",
    "init_segment",
    "lone_key_frame",
    "read_fragments",
    "silent_init",
]
