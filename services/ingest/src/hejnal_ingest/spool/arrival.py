"""Server time of pictures, from when they arrived and what their RTP time says. Pure."""

from collections import deque

_WINDOW_GOPS = 3
_MIN_STEP_US = 1000


def ticks_to_us(ticks: int) -> int:
    """90 kHz ticks in microseconds."""
    return ticks * 100 // 9


class ArrivalTimeline:
    """Places a run on server time.

    A picture arrives late (large key frames, a busy link), never early: so the smallest (arrival - RTP time) of the last
    groups of pictures is the truest. Starts never go backwards, and the run never begins before `not_before_us`.
    """

    def __init__(self, not_before_us: int = 0) -> None:
        self._mins: deque[int] = deque(maxlen=_WINDOW_GOPS)
        self._current: int | None = None
        self._last_us = not_before_us

    def note(self, ticks: int, received_at_us: int) -> None:
        """A picture of the current group has arrived."""
        offset = received_at_us - ticks * 100 // 9
        if self._current is None or offset < self._current:
            self._current = offset

    def end_group(self) -> None:
        """The group is complete."""
        if self._current is not None:
            self._mins.append(self._current)
            self._current = None

    @property
    def origin_us(self) -> int:
        """Server time of tick 0, as far as the last groups tell. Raises ValueError before the first group has ended."""
        return min(self._mins)

    def instant_us(self, ticks: int) -> int:
        """Server time of `ticks`; later than every instant given before."""
        instant = ticks_to_us(ticks) + min(self._mins)
        self._last_us = max(instant, self._last_us + _MIN_STEP_US)
        return self._last_us
