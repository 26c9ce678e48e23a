"""Sound: RTP payload formats of AAC (RFC 3640, RFC 6416), G.711 (RFC 3551) and Opus (RFC 7587). Nothing is decoded."""

from hejnal_media.audio.aac import AacConfig, parse_audio_specific_config
from hejnal_media.audio.depacketizer import AudioDepacketizer
from hejnal_media.audio.durations import frame_ticks
from hejnal_media.audio.g711 import G711Depacketizer
from hejnal_media.audio.mpeg4_generic import Mpeg4GenericDepacketizer
from hejnal_media.audio.mpeg4_latm import Mpeg4LatmDepacketizer
from hejnal_media.audio.opus import OpusDepacketizer

__all__ = [
    "AacConfig",
    "AudioDepacketizer",
    "G711Depacketizer",
    "Mpeg4GenericDepacketizer",
    "Mpeg4LatmDepacketizer",
    "OpusDepacketizer",
    "frame_ticks",
    "parse_audio_specific_config",
]
