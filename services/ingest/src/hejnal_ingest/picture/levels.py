"""What sizes are usual for a camera: a histogram on a logarithmic scale that slowly forgets. Pure."""

import math
from array import array
from typing import Any

_PER_OCTAVE = 8
_BINS = 24 * _PER_OCTAVE
_FORGET_AT = 8_000.0
_RECOUNT_EVERY = 8


class Levels:
    """Quantiles of a positive size within 9 %. When full, everything seen so far counts half: old habits fade."""

    __slots__ = ("_bins", "_cached", "_stale", "count")

    def __init__(self) -> None:
        self._bins = array("f", bytes(4 * _BINS))
        self.count = 0.0
        self._cached: dict[float, float] = {}
        self._stale = 0

    def learn(self, size: int) -> None:
        """One more."""
        self._bins[_bin(size)] += 1
        self.count += 1
        self._stale += 1
        if self._stale >= _RECOUNT_EVERY or self.count < 4 * _RECOUNT_EVERY:
            self._cached.clear()
            self._stale = 0
        if self.count >= _FORGET_AT:
            for index in range(_BINS):
                self._bins[index] /= 2
            self.count = float(sum(self._bins))

    def quantile(self, share: float) -> float:
        """The size that `share` of all do not exceed; 0 when nothing is known."""
        found = self._cached.get(share)
        if found is None:
            found = self._cached[share] = self._count_up(share)
        return found

    def _count_up(self, share: float) -> float:
        left = share * self.count
        for index, weight in enumerate(self._bins):
            left -= weight
            if weight and left <= 0:
                return float(2 ** ((index + 0.5) / _PER_OCTAVE))
        return 0.0

    def dump(self) -> dict[str, Any]:
        """For the state file."""
        return {str(index): round(weight, 2) for index, weight in enumerate(self._bins) if weight > 0.01}

    @classmethod
    def load(cls, dumped: object) -> "Levels":
        """From the state file; what does not fit is left out."""
        levels = cls()
        if isinstance(dumped, dict):
            for name, weight in dumped.items():
                if (
                    str(name).isdecimal()
                    and int(name) < _BINS
                    and isinstance(weight, int | float)
                    and 0 < weight < 2 * _FORGET_AT
                ):
                    levels._bins[int(name)] = weight
        levels.count = float(sum(levels._bins))
        return levels


def _bin(size: int) -> int:
    return min(_BINS - 1, int(math.log2(size) * _PER_OCTAVE)) if size > 1 else 0
