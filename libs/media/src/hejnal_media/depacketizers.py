"""The right depacketizer for a track of a session description."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from hejnal_media.h264 import H264Depacketizer
from hejnal_media.h265 import H265Depacketizer, parameter_sets_of, uses_decoding_order_numbers
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
    sink: AudioSink,  # noqa: ARG001
    *,
    payload_type: int,  # noqa: ARG001
    clock_rate: int,  # noqa: ARG001
    channels: int,  # noqa: ARG001
    parameters: Mapping[str, str],  # noqa: ARG001
    now_us: Callable[[], int] = _wall_clock_us,  # noqa: ARG001
) -> Depacketizer:
    """For an `m=audio` section, like `video_depacketizer`. Raises UnsupportedCodecError."""
    raise UnsupportedCodecError(f"sound coded as {encoding[:40] or 'something unnamed'} is not supported")
