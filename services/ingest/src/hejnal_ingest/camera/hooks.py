"""How other rooms look at a camera's pictures and steer what is recorded, without knowing how it is pulled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hejnal_contracts.cameras import StreamName
from hejnal_contracts.media import GapCause
from hejnal_media.access_unit import AccessUnit, CodecParameters


class StreamObserver(Protocol):
    """Sees every picture of one stream as it comes, on the event loop: it must be quick and must not raise."""

    def parameters_changed(self, parameters: CodecParameters) -> None:
        """The key frame that follows needs these."""

    def observe(self, unit: AccessUnit) -> None:
        """The next picture."""

    def interrupted(self) -> None:
        """Pictures are missing after the last one, or the session has ended."""


ObserverFactory = Callable[[str, StreamName], Sequence[StreamObserver]]
"""Observers of a camera's stream, made when it is pulled for the first time: `(camera_id, stream)`."""


def no_observers(_camera_id: str, _stream: StreamName) -> Sequence[StreamObserver]:
    """Nobody looks."""
    return ()


@dataclass(frozen=True, slots=True)
class RecordingChoice:
    """Which stream is to be recorded from the next key frame on, and why the run before ends."""

    stream: StreamName
    cause: GapCause
    detail: str = ""
