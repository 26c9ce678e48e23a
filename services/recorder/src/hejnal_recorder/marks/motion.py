"""Motion, told from the sizes of fragments: what moves costs bits. Nothing is decoded, nothing is kept beside the index. Pure.

A fragment's bit rate is compared with the median of the five minutes up to it (cameras at night, in rain or with another
quality setting have medians of their own). It says where to look first, not that nothing happened elsewhere.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hejnal_recorder.timeline.spans import Interval

WINDOW = timedelta(minutes=5)
FEWEST = 10
"""With fewer fragments before it nothing is said of one."""
THRESHOLD = 1.15
"""Up to this multiple of the median it is noise."""
TOP = 100
"""Level of four times the median and more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment as far as motion is concerned."""

    starts_at: datetime
    ends_at: datetime
    size_bytes: int

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self.size_bytes / max(0.001, (self.ends_at - self.starts_at).total_seconds())


def levels(pieces: Iterable[Piece]) -> list[tuple[Piece, int]]:
    """Each piece with its level, 0 (still) to 100; in order of time as given."""
    window: deque[Piece] = deque()
    rates: list[float] = []
    found = []
    for piece in pieces:
        while window and window[0].starts_at < piece.starts_at - WINDOW:
            rates.pop(bisect_left(rates, window.popleft().rate))
        found.append((piece, _level(piece.rate, rates)))
        window.append(piece)
        insort(rates, piece.rate)
    return found


def binned(found: Sequence[tuple[Piece, int]], interval: Interval, bins: int) -> list[int]:
    """The highest level of each of `bins` equal parts of the interval; -1 where there is no footage."""
    step = (interval.ends_at - interval.starts_at) / bins
    highest = [-1] * bins
    for piece, level in found:
        first = max(0, (piece.starts_at - interval.starts_at) // step)
        last = min(bins - 1, math.ceil((piece.ends_at - interval.starts_at) / step) - 1)
        for number in range(first, last + 1):
            highest[number] = max(highest[number], level)
    return highest


def _level(rate: float, rates: Sequence[float]) -> int:
    if len(rates) < FEWEST:
        return 0
    ratio = rate / max(1.0, rates[len(rates) // 2])
    return 0 if ratio <= THRESHOLD else min(TOP, round(TOP * math.log(ratio, 4)))
