"""What a stream's puller asks of any source."""

from dataclasses import dataclass
from typing import Protocol

from hejnal_contracts.cameras import FaultCause


class SourceError(Exception):
    """A source could not be opened, or has ended. `detail` is for people and holds no secret.

    `retry_after_s`: it makes no sense to try before; None when nothing is known.
    """

    def __init__(self, cause: FaultCause, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{cause.value}: {detail}")
        self.cause = cause
        self.detail = detail
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What has come since the source was opened."""

    pictures: int = 0
    """Given out."""
    dropped: int = 0
    """Came, and were left out: torn, or without a key frame to begin with."""
    octets: int = 0
    packets_lost: int = 0
    anything: bool = False
    """Bytes of the video have come, be it no whole picture."""
    sound: bool = False
    """Sound comes."""
    trouble: str = ""
    """Why key frames are of no use, for people."""


class Source(Protocol):
    """One session with one stream; after an error a new one is made. It feeds the sink it was made with, on the event loop."""

    async def open(self) -> None:
        """Returns when pictures are under way. Raises SourceError with the true cause, within a bounded time."""

    async def run(self) -> None:
        """Lasts as long as the session; always ends with SourceError."""

    async def close(self) -> None:
        """Leaves nothing open, or nothing that the event loop has to wait for. Bounded; also after a failed `open`."""

    def receive_in_batches(self, size_bytes: int) -> None:
        """So many bytes may wait before they are handed over; 1: none. A source that cannot do so ignores it."""

    def figures(self) -> SourceFigures:
        """Counters."""

    def clock_offset_us(self) -> int | None:
        """The camera's clock minus the server's; None when it is not known."""

    def camera_time_us(self, ticks: int) -> int | None:
        """The camera's own time of a picture, microseconds since the epoch; None when it is not known."""

    def sound_time_us(self, ticks: int) -> int | None:
        """The same of a sound frame, by its own ticks."""
