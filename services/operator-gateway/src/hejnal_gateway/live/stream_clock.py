"""RTP time of a stream against the server's clock: one timeline over drops of the camera, and when its pictures came."""

import random

TICKS_PER_S = 90_000
_LEAK = 500e-6
"""How fast a camera's clock may run away from ours (500 ppm; crystals keep 100)."""
_CLOCK_SET_US = 5_000_000
"""No link makes pictures so late: the server's clock has been set."""


class StreamClock:
    """Turns the ticks of a camera's runs into RTP time that never goes back, and RTP time into the server's clock.

    A picture arrives late by what the camera's link and its size cost; the arrivals that were least late say where the
    camera's clock stands (minimum filter), so that jitter of the link does not move the mapping.
    """

    def __init__(self, rate: int = TICKS_PER_S) -> None:
        self.rate = rate
        """Ticks per second."""
        self.newest = random.randrange(1 << 32)
        """RTP time of the newest picture."""
        self.received_at_us = 0
        """Server time at which ingest had its last byte; 0 before the first."""
        self._base: int | None = None
        self._ticks = 0
        self._floor_us = 0.0

    @property
    def running(self) -> bool:
        """True once a picture of this run has come."""
        return self._base is not None

    def begin_run(self) -> None:
        """The camera's ticks begin anew."""
        self._base = None

    def take(self, ticks: int, received_at_us: int) -> int:
        """RTP time of the next picture; a new run goes on after as much time as has passed."""
        late_us = received_at_us - ticks * 1e6 / self.rate
        if self._base is None:
            if self.received_at_us:
                passed = (received_at_us - self.received_at_us) * self.rate // 1_000_000
                self.newest = (self.newest + max(self.rate // 1000, passed)) & 0xFFFFFFFF
            self._base = self.newest - ticks
            self._floor_us = late_us
        else:
            leaked = self._floor_us + max(0, received_at_us - self.received_at_us) * _LEAK
            self._floor_us = late_us if late_us - leaked > _CLOCK_SET_US else min(leaked, late_us)
        self._ticks = ticks
        self.received_at_us = received_at_us
        self.newest = (self._base + ticks) & 0xFFFFFFFF
        return self.newest

    @property
    def newest_at_us(self) -> float:
        """Server time of the newest picture, without the jitter of its way."""
        return self._floor_us + self._ticks * 1e6 / self.rate

    def at(self, now_us: float) -> int:
        """RTP time that stands for a server time (Unix, µs)."""
        return (self.newest + int((now_us - self.newest_at_us) * self.rate / 1e6)) & 0xFFFFFFFF
