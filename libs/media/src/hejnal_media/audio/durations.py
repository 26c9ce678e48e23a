"""How long a coded sound frame lasts, from its first bytes."""

import functools

from hejnal_media.access_unit import AudioParameters
from hejnal_media.audio.aac import parse_audio_specific_config
from hejnal_media.nal.bits import ParameterSetError

_AAC_SAMPLES = 1024
_SILK_TICKS = (480, 960, 1920, 2880)
_CELT_TICKS = (120, 240, 480, 960)


def frame_ticks(parameters: AudioParameters, payload: bytes) -> int:
    """Ticks of the track (`parameters.sample_rate` a second); at least 1."""
    if parameters.codec == "opus":
        return _opus_ticks(payload)
    if parameters.codec.startswith("mp4a"):
        return _aac_ticks(parameters.config, parameters.sample_rate)
    return max(1, len(payload) // max(1, parameters.channels))


@functools.lru_cache(64)
def _aac_ticks(config: bytes, clock_rate: int) -> int:
    try:
        return parse_audio_specific_config(config).frame_ticks(clock_rate)
    except ParameterSetError:
        return _AAC_SAMPLES


def _opus_ticks(payload: bytes) -> int:
    """RFC 6716 §3.1, at 48 kHz."""
    if not payload:
        return 1
    configuration, code = payload[0] >> 3, payload[0] & 3
    if configuration < 12:
        ticks = _SILK_TICKS[configuration & 3]
    elif configuration < 16:
        ticks = _SILK_TICKS[configuration & 1]
    else:
        ticks = _CELT_TICKS[configuration & 3]
    if code == 3:
        count = payload[1] & 63 if len(payload) > 1 else 1
    else:
        count = 1 if code == 0 else 2
    return ticks * max(1, count)
