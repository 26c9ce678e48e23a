"""Something moves: from the sizes of the pictures between key frames. Pure."""

from dataclasses import dataclass

from hejnal_ingest.picture.suspicion import SizeHabits
from hejnal_ingest.picture.window import StreamWindow

_ABOVE_USUAL = 1.8
_QUIET_US = 10_000_000
_SPACING_US = 30_000_000


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion began (`ended_at_us` None), or is over."""

    started_at_us: int
    ended_at_us: int | None = None


class MotionWatch:
    """More than usual happens in the picture. A place where something always moves is at rest by its own measure."""

    def __init__(self) -> None:
        self._started_at_us: int | None = None
        self._moved_at_us = 0
        self._ended_at_us = 0

    def take(self, window: StreamWindow, habits: SizeHabits) -> Motion | None:
        """The next window."""
        if not habits.learned or not window.inter_count:
            return None
        at_us = window.ended_at_us
        usual = habits.inter
        if window.inter_median_bytes > max(_ABOVE_USUAL * usual.quantile(0.5), usual.quantile(0.9)):
            self._moved_at_us = at_us
            if self._started_at_us is None and at_us - self._ended_at_us >= _SPACING_US:
                self._started_at_us = at_us - int(window.duration_s * 1e6)
                return Motion(self._started_at_us)
        elif self._started_at_us is not None and at_us - self._moved_at_us >= _QUIET_US:
            return self.stop()
        return None

    def stop(self) -> Motion | None:
        """The stream ends: so does motion."""
        if self._started_at_us is None:
            return None
        motion = Motion(self._started_at_us, self._moved_at_us)
        self._started_at_us = None
        self._ended_at_us = self._moved_at_us
        return motion
