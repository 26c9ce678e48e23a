"""Who takes the pictures a depacketizer finds."""

from enum import StrEnum
from typing import Protocol

from hejnal_media.access_unit import AccessUnit, CodecParameters


class BreakReason(StrEnum):
    """Why pictures are missing before the next key frame."""

    LOSS = "loss"
    TIME_JUMP = "time_jump"
    TOO_LARGE = "too_large"
    SPLIT = "split"


class AccessUnitSink(Protocol):
    """Takes what a depacketizer finds. The calls come in stream order; they must not block."""

    def codec_changed(self, parameters: CodecParameters) -> None:
        """The key frame that follows needs other parameters than those before it (also called before the first)."""

    def access_unit(self, unit: AccessUnit) -> None:
        """A whole picture; the first after a change or break is a key frame."""

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """Pictures were lost after the last one; the next is a key frame."""
