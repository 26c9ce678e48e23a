"""When to try a camera again."""

import random
from collections.abc import Callable

STEPS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
HEALTHY_S = 60.0
_JITTER = 0.2


class BackOff:
    """1, 2, 5, 10, 30, 60, 60 … seconds, each ± 20 %; from the start again after a healthy minute."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def next_s(self, *, healthy_s: float) -> float:
        """How long to wait now, after a try that gave `healthy_s` seconds of pictures."""
        if healthy_s >= HEALTHY_S:
            self._failures = 0
        step = STEPS_S[min(self._failures, len(STEPS_S) - 1)]
        self._failures += 1
        return step * self._uniform(1 - _JITTER, 1 + _JITTER)

    def reset(self) -> None:
        """Something has changed: begin with short pauses again."""
        self._failures = 0
