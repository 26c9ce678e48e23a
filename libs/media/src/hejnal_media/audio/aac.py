"""AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) and StreamMuxConfig (§1.7.3.2.3): what a decoder of AAC must know."""

from dataclasses import dataclass

from hejnal_media.nal.bits import BitReader, ParameterSetError

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_SBR, _PS = 5, 29
_AAC_OBJECTS = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})
_LOW_COMPLEXITY = 2
_MAX_SUB_FRAMES = 16


@dataclass(frozen=True, slots=True)
class AacConfig:
    """The fields of an AudioSpecificConfig that matter outside a decoder."""

    object_type: int
    """As signalled: 2 is AAC-LC, 5 and 29 are HE-AAC."""
    core_rate: int
    """Samples a second of the core decoder; HE-AAC plays twice as many."""
    channels: int
    """0 when the stream says it itself."""
    frame_samples: int
    """Core samples a frame."""

    @property
    def codec(self) -> str:
        """RFC 6381 codec string."""
        return f"mp4a.40.{self.object_type}"

    def frame_ticks(self, clock_rate: int) -> int:
        """How long a frame lasts, in ticks of a clock; cameras exist whose clock is not that of the sound."""
        return max(1, self.frame_samples * clock_rate // self.core_rate)


def _object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return 32 + bits.u(6) if kind == 31 else kind


def _rate(bits: BitReader) -> int:
    index = bits.u(4)
    rate = bits.u(24) if index == 15 else _RATES[index] if index < len(_RATES) else 0
    if not 1000 <= rate <= 192_000:
        raise ParameterSetError("sampling rate out of range")
    return rate


def _read_config(bits: BitReader) -> AacConfig:
    signalled = core = _object_type(bits)
    rate = _rate(bits)
    channels = bits.u(4)
    if channels >= len(_CHANNELS):
        raise ParameterSetError("channel configuration out of range")
    if signalled in (_SBR, _PS):
        _rate(bits)
        core = _object_type(bits)
    if core not in _AAC_OBJECTS:
        raise ParameterSetError(f"audio object type {core} is no AAC")
    short = bits.u(1)
    if bits.u(1):
        bits.u(14)  # coreCoderDelay
    if bits.u(1):
        raise ParameterSetError("AAC with extensions is not supported")
    if channels == 0:
        raise ParameterSetError("AAC with a channel plan of its own is not supported")
    return AacConfig(signalled, rate, _CHANNELS[channels], 960 if short else 1024)


def parse_audio_specific_config(config: bytes) -> AacConfig:
    """The config as it stands in a session description. Raises ParameterSetError."""
    return _read_config(BitReader(config, escaped=False))


def low_complexity_config(rate: int, channels: int) -> bytes:
    """The config of plain AAC-LC, for cameras that send none. Raises ParameterSetError for rates that have no index."""
    if rate not in _RATES or channels not in _CHANNELS[1:]:
        raise ParameterSetError("the camera does not say how its sound is coded")
    value = _LOW_COMPLEXITY << 11 | _RATES.index(rate) << 7 | _CHANNELS.index(channels) << 3
    return value.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class MuxConfig:
    """What of a StreamMuxConfig is needed to take payloads apart."""

    config: bytes
    """The AudioSpecificConfig inside, moved to a byte boundary."""
    sub_frames: int
    """Frames in one AudioMuxElement."""


def parse_stream_mux_config(data: bytes) -> MuxConfig:
    """One program, one layer, frames of any length: all that RFC 6416 asks for. Raises ParameterSetError."""
    bits = BitReader(data, escaped=False)
    if bits.u(1):
        raise ParameterSetError("LATM of version 1 is not supported")
    same_framing, sub_frames, programs, layers = bits.u(1), bits.u(6) + 1, bits.u(4), bits.u(3)
    if not same_framing or programs or layers or sub_frames > _MAX_SUB_FRAMES:
        raise ParameterSetError("LATM with several streams is not supported")
    start = bits.position
    _read_config(bits)
    end = bits.position
    if bits.u(3):
        raise ParameterSetError("LATM with frames of a fixed length is not supported")
    bits.u(8)  # latmBufferFullness
    if bits.u(1):
        raise ParameterSetError("LATM with other data is not supported")
    size = end - start
    value = int.from_bytes(data, "big") >> (len(data) * 8 - end) & ((1 << size) - 1)
    whole = (size + 7) // 8
    return MuxConfig((value << (whole * 8 - size)).to_bytes(whole, "big"), sub_frames)
