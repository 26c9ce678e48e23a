"""When is it worth decoding a picture out of turn? From sizes alone, against what is usual for the camera. Pure."""

import math
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from hejnal_ingest.picture.levels import Levels
from hejnal_ingest.picture.window import StreamWindow

_LEARNED_AFTER = 30
_FREEZE_WINDOWS = 2
_STILL_BYTES = 400
_STILL_SHARE = 0.25
_COLLAPSE = 0.6
_SWELL = 1.6
_BURST = 2.0
_NOISE_SWELL = 2.5
_NOISE_WINDOWS = 4
_RECENT_KEYS = 9
_STEP = 0.12
_STEP_ABOVE_USUAL = 1.25


class Suspicion(StrEnum):
    """What the sizes look like."""

    FROZEN = "frozen"
    """Nothing changes from picture to picture, or one group of pictures comes again and again."""
    COLLAPSED = "collapsed"
    """Key frames have become small: little is to be seen."""
    STEPPED = "stepped"
    """One burst of large pictures, or key frames of another size than just before: the scene has changed at once."""
    SWOLLEN = "swollen"
    """Key frames have become large."""
    NOISY = "noisy"
    """Every picture has become large."""


class SizeHabits:
    """The usual sizes of a stream in one light."""

    def __init__(self) -> None:
        self.key = Levels()
        self.inter = Levels()
        self.burst = Levels()
        self.step = Levels()
        """How far key frames stray from those just before, in thousandths of the logarithm."""

    def learn(self, window: StreamWindow, step: float) -> None:
        """A window of a healthy camera."""
        if window.key_bytes:
            self.step.learn(1 + int(1000 * step))
        if window.key_bytes:
            self.key.learn(window.key_bytes)
        if window.inter_count:
            self.inter.learn(window.inter_median_bytes)
            self.burst.learn(window.inter_max_bytes)

    @property
    def learned(self) -> bool:
        """True when enough is known to be surprised."""
        return self.key.count >= _LEARNED_AFTER

    def dump(self) -> dict[str, Any]:
        """For the state file."""
        return {"key": self.key.dump(), "inter": self.inter.dump(), "burst": self.burst.dump(), "step": self.step.dump()}

    @classmethod
    def load(cls, dumped: object) -> "SizeHabits":
        """From the state file."""
        habits = cls()
        if isinstance(dumped, dict):
            habits.key, habits.inter = Levels.load(dumped.get("key")), Levels.load(dumped.get("inter"))
            habits.burst, habits.step = Levels.load(dumped.get("burst")), Levels.load(dumped.get("step"))
        return habits


class SizeWatch:
    """Takes the windows of one run and names what is odd."""

    def __init__(self) -> None:
        self._still = 0
        self._repeated = 0
        self._noisy = 0
        self._before: StreamWindow | None = None
        self._recent: deque[int] = deque(maxlen=_RECENT_KEYS)
        self.step = 0.0
        """How far the last key frame strayed from those before it."""

    def restart(self) -> None:
        """A new run."""
        self.__init__()  # type: ignore[misc]

    def take(self, window: StreamWindow, habits: SizeHabits) -> Suspicion | None:
        """The next window; the gravest suspicion it raises."""
        return next(self._suspicions(window, habits), None)

    def _suspicions(self, window: StreamWindow, habits: SizeHabits) -> Iterator[Suspicion]:
        before, self._before = self._before, window
        self._count_still(window, before, habits)
        self._measure_step(window)
        if not habits.learned:
            return
        key_usual = habits.key.quantile(0.5)
        swollen = window.inter_count and window.inter_median_bytes > _NOISE_SWELL * habits.inter.quantile(0.95)
        self._noisy = self._noisy + 1 if swollen else 0
        if self._still >= _FREEZE_WINDOWS or self._repeated >= _FREEZE_WINDOWS:
            yield Suspicion.FROZEN
        if window.key_bytes and window.key_bytes < _COLLAPSE * habits.key.quantile(0.05):
            yield Suspicion.COLLAPSED
        if self._noisy >= _NOISE_WINDOWS:
            yield Suspicion.NOISY
        if self.step > max(_STEP, _STEP_ABOVE_USUAL * habits.step.quantile(0.97) / 1000):
            yield Suspicion.STEPPED
        if window.inter_max_bytes > _BURST * habits.burst.quantile(0.98) and window.inter_max_bytes > 0.3 * key_usual:
            yield Suspicion.STEPPED
        if window.key_bytes > _SWELL * habits.key.quantile(0.95):
            yield Suspicion.SWOLLEN

    def _measure_step(self, window: StreamWindow) -> None:
        if not window.key_bytes:
            return
        recent = sorted(self._recent)
        self.step = abs(math.log(window.key_bytes / recent[len(recent) // 2])) if len(recent) >= _RECENT_KEYS // 2 else 0.0
        self._recent.append(window.key_bytes)

    def _count_still(self, window: StreamWindow, before: StreamWindow | None, habits: SizeHabits) -> None:
        if window.inter_count >= 3:
            near_nothing = window.inter_max_bytes < max(_STILL_BYTES, window.key_bytes // 100)
            usual = habits.inter.quantile(0.05)
            self._still = self._still + 1 if near_nothing and window.inter_median_bytes < _STILL_SHARE * usual else 0
        same = before is not None and (
            (window.key_bytes, window.inter_count, window.total_bytes, window.inter_max_bytes)
            == (before.key_bytes, before.inter_count, before.total_bytes, before.inter_max_bytes)
        )
        self._repeated = self._repeated + 1 if same and window.key_bytes else 0
