"""Puts pictures of a replay into a gap, so that they fill it and touch nothing else. Pure.

A gap begins in the middle of a group of pictures, where the link broke, and a decoder begins with a key frame. The pictures
from that key frame up to the gap are already in the spool; they are written again, each one tick (11 µs) long, so that the
fragment can be decoded and yet covers the gap only.
"""

from dataclasses import dataclass

from hejnal_media.access_unit import MAX_GOP_BYTES, AccessUnit

_MAX_PREROLL = 10_000
_USUAL_STEP_US = 40_000
_HOLE_STEPS = 5
_HOLE_US = 300_000
"""Pictures further apart than this and than five usual steps have something missing between them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Server time, microseconds since the epoch."""

    from_us: int
    until_us: int

    def ticks(self, server_us: int) -> int:
        """90 kHz ticks since the beginning; the conversion back never leads past `server_us`."""
        return (server_us - self.from_us) * 9 // 100

    def instant_us(self, ticks: int) -> int:
        """Server time of ticks."""
        return self.from_us + ticks * 100 // 9


@dataclass(frozen=True, slots=True)
class Placed:
    """What to do with a picture."""

    units: tuple[AccessUnit, ...] = ()
    """To be added to the run, in this order."""
    new_run: bool = False
    """Something is missing before them: the run that lasts ends, another begins."""
    complete: bool = False
    """The gap is over with this picture, which belongs to what follows it. With `new_run` its end is missing."""


class GapPlacer:
    """Fed with the pictures of one replay in order. The times may jitter by less than half a picture."""

    def __init__(self, interval: Interval) -> None:
        self._interval = interval
        self._preroll: list[AccessUnit] = []
        self._preroll_bytes = 0
        self._step_us = _USUAL_STEP_US
        self._before_us: int | None = None
        self._last_ticks: int | None = None
        self._floor = 0
        self._broken = False

    @property
    def any(self) -> bool:
        """True when a picture was placed."""
        return self._last_ticks is not None

    @property
    def next_ticks(self) -> int:
        """When the next picture is due; the end of the gap when it is not due before it, give or take half a picture."""
        step = max(1, self._step_us * 9 // 100)
        return self.end_ticks if self.at_end else min(self.end_ticks, (self._last_ticks or 0) + step)

    @property
    def end_ticks(self) -> int:
        """The end of the gap."""
        return self._interval.ticks(self._interval.until_us)

    @property
    def at_end(self) -> bool:
        """True when the last picture that was placed is the last one of the gap, by the usual step."""
        if self._last_ticks is None:
            return False
        left_us = self._interval.until_us - self._interval.instant_us(self._last_ticks)
        return left_us <= self._step_us * 3 // 2

    def broken(self) -> None:
        """Pictures are missing before the next one."""
        self._broken = True
        self._preroll.clear()

    def add(self, unit: AccessUnit, server_us: int) -> Placed:
        """The next picture and its server time."""
        self._measure(server_us)
        interval, half_us = self._interval, self._step_us // 2
        if server_us >= interval.until_us - half_us:
            return Placed(complete=True, new_run=not self.at_end and self._is_hole(server_us))
        if server_us < interval.from_us - half_us:
            self._keep(unit)
            return Placed()
        hole = self._last_ticks is not None and self._is_hole(server_us)
        starts = self._last_ticks is None or hole
        preroll = self._preroll if not unit.key_frame else []
        if starts and not unit.key_frame and not preroll:
            return Placed()  # nothing to begin with yet
        self._broken = False
        if hole and self._last_ticks is not None:
            self._floor = self._last_ticks + 1
        units = [self._at(one, self._floor + number) for number, one in enumerate(preroll)]
        self._floor += len(units)
        ticks = max(interval.ticks(server_us), self._floor)  # no later than those before it: B-frames come so
        if ticks >= self.end_ticks:
            return Placed(complete=True, new_run=hole)
        self._preroll = []
        self._last_ticks = max(ticks, self._last_ticks or 0)
        units.append(self._at(unit, ticks))
        return Placed(tuple(units), new_run=hole)

    def _is_hole(self, server_us: int) -> bool:
        """Whether something is missing between the last picture that was placed, if any, and one of this time."""
        if self._broken or self._last_ticks is None:
            return True
        return server_us - self._interval.instant_us(self._last_ticks) > max(_HOLE_US, _HOLE_STEPS * self._step_us)

    def _at(self, unit: AccessUnit, ticks: int) -> AccessUnit:
        return AccessUnit(ticks, self._interval.instant_us(ticks), unit.key_frame, unit.pieces, unit.size_bytes)

    def _keep(self, unit: AccessUnit) -> None:
        if unit.key_frame:
            self._preroll, self._preroll_bytes = [], 0
        elif not self._preroll:
            return
        self._preroll.append(unit)
        self._preroll_bytes += unit.size_bytes
        if len(self._preroll) > _MAX_PREROLL or self._preroll_bytes > MAX_GOP_BYTES:
            self._preroll = []

    def _measure(self, server_us: int) -> None:
        before, self._before_us = self._before_us, server_us
        if before is not None and 1_000 <= server_us - before < self._step_us * _HOLE_STEPS:
            self._step_us += (server_us - before - self._step_us) // 4
