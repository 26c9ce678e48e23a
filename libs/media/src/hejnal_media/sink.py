"""Who takes the pictures and the sound that depacketizers find."""

from enum import StrEnum
from typing import Protocol

from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, CodecParameters


class BreakReason(StrEnum):
    """Why pictures are missing before the next key frame."""

    LOSS = "loss"
    TIME_JUMP = "time_jump"
    TOO_LARGE = "too_large"
    SPLIT = "split"


class AccessUnitSink(Protocol):
    """Takes what a video depacketizer finds. The calls come in stream order; they must not block."""

    def codec_changed(self, parameters: CodecParameters) -> None:
        """The key frame that follows needs other parameters than those before it (also called before the first)."""

    def access_unit(self, unit: AccessUnit) -> None:
        """A whole picture; the first after a change or break is a key frame."""

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """Pictures were lost after the last one; the next is a key frame."""


class AudioSink(Protocol):
    """Takes what an audio depacketizer finds. The calls come in stream order; they must not block."""

    def audio_changed(self, parameters: AudioParameters) -> None:
        """The frames that follow are coded so (also called before the first)."""

    def audio_frame(self, frame: AudioFrame) -> None:
        """A whole frame. Lost ones are left out: the next frame's `ticks` say how much is missing."""


class MediaSink(AccessUnitSink, AudioSink, Protocol):
    """Takes both."""
