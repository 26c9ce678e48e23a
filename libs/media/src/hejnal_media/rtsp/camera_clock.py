"""The camera's own clock, from its sender reports."""

import time
from dataclasses import dataclass, field

from hejnal_media.rtcp import SenderReport

_PLAUSIBLE_UNIX_US = 1_000_000_000_000_000  # 2001: before that a camera counts from its start


@dataclass(slots=True)
class CameraClock:
    """The newest sender report and when it came, by our monotonic clock."""

    report: SenderReport
    received_at_us: int
    ticks: int | None = None
    """The report's RTP time in the ticks of the access units; None before the first picture."""
    monotonic_s: float = field(default_factory=time.monotonic)

    def camera_time_us(self, ticks: int) -> int | None:
        """What the camera's clock showed at `ticks`; None when it does not know the date."""
        if self.ticks is None or self.report.unix_us < _PLAUSIBLE_UNIX_US:
            return None
        return self.report.unix_us + (ticks - self.ticks) * 100 // 9
