"""Server time that never jumps by itself: the monotonic clock, led slowly after the wall clock (architecture §3)."""

import asyncio

import structlog

from hejnal_runtime.clock import Clock

log = structlog.get_logger()

_STEP_S = 1.0
_LOOK_S = 1.0
"""A clock that was set is seen so soon: what is received until then has the old time."""
_MAX_SLEW = 500e-6
"""Largest correction per second: 500 ppm, as NTP slews."""


class ServerTime:
    """Microseconds since the epoch. A wall clock that is set anew by more than a second is a step: `steps` counts them."""

    def __init__(self, clock: Clock, *, interval_s: float = 10.0) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._offset_s = self._measure()
        self.steps = 0

    def now_us(self) -> int:
        """The present instant."""
        return int((self._clock.monotonic() + self._offset_s) * 1e6)

    def discipline(self) -> float:
        """Compares with the wall clock and corrects; gives the difference found, seconds."""
        difference = self._measure() - self._offset_s
        if abs(difference) > _STEP_S:
            self._offset_s += difference
            self.steps += 1
            log.warning("server_clock_stepped", difference_s=round(difference, 3))
        else:
            limit = _MAX_SLEW * self._interval_s
            self._offset_s += max(-limit, min(limit, difference))
        return difference

    async def run(self) -> None:
        """Disciplines for ever; a step is followed at once."""
        until_next_s = self._interval_s
        while True:
            await asyncio.sleep(_LOOK_S)
            until_next_s -= _LOOK_S
            if until_next_s <= 0 or abs(self._measure() - self._offset_s) > _STEP_S:
                self.discipline()
                until_next_s = self._interval_s

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
