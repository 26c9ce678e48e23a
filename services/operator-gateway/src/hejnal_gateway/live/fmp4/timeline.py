"""Times of one viewer's fragments: without holes, whatever the camera does.

A player stops at a hole in its buffer, and drops pictures until the next key frame when decode times jump by more than two
picture durations (Media Source Extensions §3.5.8, step 6). A live picture needs neither: pictures that are late or lost just
shorten the timeline. Times are ticks of 90 kHz.
"""

import itertools
from bisect import insort
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

SQUEEZED_TICKS = 180
"""Between the pictures of a group that is shown at once up to its newest: 2 ms."""
_FIRST_GUESS_TICKS = 3600
_FASTEST_TICKS, _SLOWEST_TICKS = 750, 90_000
_LEARNING = 0.1
_WIDEST_STEP = 16
_DEEPEST = 16
_GROUP_WORTH_LEARNING = 5


class Times(NamedTuple):
    """When a picture is decoded, how long it is shown, and how much later than it is decoded."""

    decode_ticks: int
    duration_ticks: int
    composition_offset_ticks: int


class Timeline:
    """Gives each picture its times; `begin` for a group of pictures, then `following` for each later picture."""

    def __init__(self) -> None:
        self._usual = float(_FIRST_GUESS_TICKS)
        self._decoded_at: int | None = None
        self._shown_until = 0
        self._jump = 1
        self._recent: list[int] = []
        self._depth = 0
        self._knee, self._knee_at = 0, 0
        self._highest, self._before_highest = 0, 0
        self._highest_at = 0
        self._lasts = _FIRST_GUESS_TICKS
        self._latest: deque[int] = deque(maxlen=_DEEPEST)

    @property
    def _duration(self) -> int:
        return int(self._usual)

    def begin(self, ticks: Sequence[int]) -> list[Times]:
        """Times of a group of pictures in decoding order: close together, so that the newest is shown at once."""
        self._learn_group(ticks)
        start = 0 if self._decoded_at is None else self._decoded_at + self._lasts
        places = self._squeezed(sorted(ticks))
        shown = [max(start, self._shown_until) + places[value] for value in ticks]
        count = len(ticks)
        times = [
            Times(start + number * SQUEEZED_TICKS, SQUEEZED_TICKS, at - start - number * SQUEEZED_TICKS)
            for number, at in enumerate(shown)
        ]
        times[-1] = times[-1]._replace(duration_ticks=self._duration)
        self._decoded_at, self._lasts = start + (count - 1) * SQUEEZED_TICKS, self._duration
        records = sorted(set(itertools.accumulate(ticks, max)))[-2:]
        self._before_highest, self._highest, self._highest_at = records[0], records[-1], max(shown)
        self._latest.clear()
        self._latest.extend(shown[-_DEEPEST:])
        self._shown_until = self._highest_at + self._duration
        self._knee, self._knee_at = self._highest, self._highest_at
        self._recent = sorted(shown)[-self._depth - 1 :]
        return times

    def following(self, ticks: int) -> Times:
        """Times of the next picture in decoding order."""
        assert self._decoded_at is not None
        if ticks > self._highest:
            distance = ticks - self._highest
            if distance > (self._jump + 1) * self._usual:  # a hole: what follows moves up to it
                self._knee, self._knee_at = ticks, self._highest_at + self._jump * self._duration
            self._learn(distance)
        else:
            self._learn_order(ticks)
        shown = self._place(ticks)
        if ticks > self._highest:
            self._before_highest, self._highest, self._highest_at = self._highest, ticks, shown
        self._latest.append(shown)
        insort(self._recent, shown)
        while len(self._recent) > self._depth + 1:
            self._recent.pop(0)
        # a tick less than twice: Chromium compares whole microseconds, each cut off by itself
        decoded = min(max(self._recent[0], self._decoded_at + 1), self._decoded_at + 2 * self._lasts - 1)
        self._decoded_at, self._lasts = decoded, self._duration
        self._shown_until = max(self._shown_until, shown + self._duration)
        return Times(decoded, self._duration, shown - decoded)

    def _squeezed(self, in_order: Sequence[int]) -> dict[int, int]:
        """Where each picture of a group lies from the group's beginning; a hole within takes no more than a few pictures do."""
        places, at = {in_order[0]: 0}, 0.0
        for before, after in itertools.pairwise(in_order):
            at += min(after - before, _WIDEST_STEP * self._usual) * SQUEEZED_TICKS / self._usual
            places[after] = round(at)
        return places

    def _place(self, ticks: int) -> int:
        """Where a picture lies: as far behind the knee as it is, squeezed before it; the order never changes."""
        distance = ticks - self._knee
        if distance >= 0:
            return self._knee_at + distance
        return self._knee_at + round(distance * SQUEEZED_TICKS / self._usual)

    def _learn(self, distance: int) -> None:
        usual = min(distance / self._jump, 3 * self._usual, _SLOWEST_TICKS)
        self._usual += _LEARNING * (max(usual, _FASTEST_TICKS) - self._usual)

    def _learn_order(self, ticks: int) -> None:
        """A picture that is shown before one that came earlier: so they are reordered, by so much, in steps of so much."""
        place = self._place(ticks)
        self._depth = max(self._depth, sum(shown > place for shown in self._latest))
        step = min(self._highest - ticks, ticks - self._before_highest)
        if step >= _FASTEST_TICKS:
            self._jump = max(self._jump, min(_WIDEST_STEP, round((self._highest - self._before_highest) / step)))
            self._usual = min(self._usual, 1.5 * step)

    def _learn_group(self, ticks: Sequence[int]) -> None:
        """How far apart the pictures usually are, and how they are reordered; from a few pictures nothing is learnt."""
        if len(ticks) < _GROUP_WORTH_LEARNING:
            return
        in_order = sorted(ticks)
        steps = sorted(after - before for before, after in itertools.pairwise(in_order) if after > before)
        if steps:
            self._usual = float(min(max(steps[len(steps) // 2], _FASTEST_TICKS), _SLOWEST_TICKS))
        depth, highest, jump = 0, ticks[0], 1.0
        ahead: list[int] = []
        for value in ticks:
            ahead = [other for other in ahead if other > value]
            depth = max(depth, len(ahead))
            ahead.append(value)
            if value > highest:
                jump = max(jump, (value - highest) / self._usual)
                highest = value
        self._depth = min(depth, _DEEPEST)
        self._jump = min(_WIDEST_STEP, round(jump)) if depth else 1
