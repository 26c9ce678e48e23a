"""The instant that deleting goes by: a clock that leaps ahead is not believed at once, for what is deleted stays deleted."""

from datetime import UTC, datetime

import structlog

from hejnal_recorder import metrics
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

LARGEST_LEAP_S = 3600.0
DOUBTED_FOR_S = 24 * 3600.0
"""Time for somebody to set it right. A machine that was suspended leaps too: it deletes a day later."""


class SteadyClock:
    """Follows the wall clock, but for a leap ahead of more than an hour: that one only when it has lasted a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_s = self._measured()
        self._believed_at_s: float | None = None

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        measured_s, monotonic_s = self._measured(), self._clock.monotonic()
        leap_s = measured_s - self._offset_s
        if leap_s > LARGEST_LEAP_S:
            if self._believed_at_s is None:
                self._believed_at_s = monotonic_s + DOUBTED_FOR_S
                log.error("clock_leapt_ahead", by_s=round(leap_s), deletes_by_the_old_time_for_s=DOUBTED_FOR_S)
            if monotonic_s < self._believed_at_s:
                metrics.CLOCK_DOUBTED_S.set(leap_s)
                return datetime.fromtimestamp(monotonic_s + self._offset_s, UTC)
        self._offset_s, self._believed_at_s = measured_s, None
        metrics.CLOCK_DOUBTED_S.set(0)
        return self._clock.now()

    def _measured(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
