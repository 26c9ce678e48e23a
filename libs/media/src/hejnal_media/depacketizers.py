"""The right depacketizer for a track of a session description."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from hejnal_media.audio import (
    AudioDepacketizer,
    G711Depacketizer,
    Mpeg4GenericDepacketizer,
    Mpeg4LatmDepacketizer,
    OpusDepacketizer,
)
from hejnal_media.audio.g711 import CODECS
from hejnal_media.h264 import H264Depacketizer
from hejnal_media.h265 import H265Depacketizer, parameter_sets_of, uses_decoding_order_numbers
from hejnal_media.nal import ParameterSetError
from hejnal_media.sink import AccessUnitSink, AudioSink


class UnsupportedCodecError(ValueError):
    """The track is coded in a way that we do not take; the text says which."""


class Depacketizer(Protocol):
    """What a session asks of any depacketizer: it feeds one, and reads its figures for receiver reports."""

    packets_lost: int
    octets: int
    highest_sequence: int
    ssrc: int

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes whole interleaved frames of `channel`; gives the position of the first byte not taken."""

    def flush(self) -> None:
        """Gives out what is whole but for a following packet. To be called when the stream has ended."""

    def ticks_of(self, timestamp: int) -> int | None:
        """The ticks of a frame with this RTP timestamp; None before the first."""


class VideoDepacketizer(Depacketizer, Protocol):
    """The same, with what only pictures have."""

    pictures: int
    pictures_dropped: int
    parameter_set_error: str


def _wall_clock_us() -> int:
    return time.time_ns() // 1000


def video_depacketizer(
    encoding: str,
    sink: AccessUnitSink,
    *,
    payload_type: int,
    parameters: Mapping[str, str],
    parameter_sets: tuple[bytes, ...] = (),
    now_us: Callable[[], int] = _wall_clock_us,
) -> VideoDepacketizer:
    """For an `m=video` section: `encoding` in upper case, `parameters` its fmtp with keys in lower case.

    `parameter_sets` are H.264's from `sprop-parameter-sets`; those of H.265 are read from `parameters`. Raises
    UnsupportedCodecError.
    """
    if encoding == "H264":
        if parameters.get("packetization-mode", "1") == "2":
            raise UnsupportedCodecError("H.264 packetization mode 2 is not supported")
        return H264Depacketizer(sink, payload_type=payload_type, parameter_sets=parameter_sets, now_us=now_us)
    if encoding == "H265":
        if uses_decoding_order_numbers(parameters):
            raise UnsupportedCodecError("H.265 packets out of decoding order are not supported")
        sets = parameter_sets_of(parameters)
        return H265Depacketizer(sink, payload_type=payload_type, parameter_sets=sets, now_us=now_us)
    raise UnsupportedCodecError(f"video coded as {encoding[:40] or 'something unnamed'} is not supported")


def audio_depacketizer(
    encoding: str,
    sink: AudioSink,
    *,
    payload_type: int,
    clock_rate: int,
    channels: int,
    parameters: Mapping[str, str],
    now_us: Callable[[], int] = _wall_clock_us,
) -> AudioDepacketizer:
    """For an `m=audio` section, like `video_depacketizer`. Raises UnsupportedCodecError."""
    try:
        if encoding in CODECS:
            return G711Depacketizer(
                sink, encoding=encoding, clock_rate=clock_rate, channels=channels, payload_type=payload_type, now_us=now_us
            )
        if encoding == "OPUS":
            return OpusDepacketizer(sink, channels=channels, payload_type=payload_type, now_us=now_us)
        if encoding == "MPEG4-GENERIC":
            return Mpeg4GenericDepacketizer(
                sink,
                clock_rate=clock_rate,
                channels=channels,
                parameters=parameters,
                payload_type=payload_type,
                now_us=now_us,
            )
        if encoding == "MP4A-LATM":
            return Mpeg4LatmDepacketizer(
                sink, clock_rate=clock_rate, parameters=parameters, payload_type=payload_type, now_us=now_us
            )
    except ParameterSetError as error:
        raise UnsupportedCodecError(f"sound of the camera: {error}") from error
    raise UnsupportedCodecError(f"sound coded as {encoding[:40] or 'something unnamed'} is not supported")
