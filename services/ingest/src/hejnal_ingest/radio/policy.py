"""When to record the sub stream instead of the main one, and when to go back. Pure: time and measurements are handed in.

Down: the pictures of the main stream are later and later (TCP holds what the link cannot carry), or stay late, or the stream
breaks off again and again while they are. Up: after a while the main stream is pulled beside the recorded one, and given up at
the first sign of lateness. Back on the main stream a second fall makes the next stay on the sub stream twice as long.
"""

import itertools
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from hejnal_contracts.cameras import StreamName

_GROWTH_S = 2.0
_GROWTH_LOOKS = 3
_JITTER_S = 0.05


@dataclass(frozen=True, slots=True)
class LinkThresholds:
    """Seconds."""

    growing_s: float = 0.8
    """So late and still growing is too thin: what lies in the camera's buffers is lost when the stream is changed."""
    late_s: float = 1.5
    """So late, for `late_for_s`, is too thin."""
    late_for_s: float = 4.0
    very_late_s: float = 4.0
    """So late and not catching up is too thin at once."""
    warm_up_s: float = 5.0
    """What comes late in the first seconds of a stream says nothing about its link."""
    breaks: int = 2
    """So many breaks of a late stream within `breaks_within_s` are too thin."""
    breaks_within_s: float = 60.0
    stay_s: float = 20.0
    """At least so long on the sub stream."""
    longest_stay_s: float = 900.0
    between_probes_s: float = 30.0
    probe_s: float = 6.0
    """A main stream that comes in time for so long has room."""
    probe_late_s: float = 0.7
    first_picture_s: float = 8.0
    """A main stream that gives nothing for so long has none."""
    healthy_s: float = 600.0
    """So long on the main stream, and the next stay on the sub stream is short again."""


class Step(StrEnum):
    """What to do now."""

    RECORD_SUB = "record_sub"
    PROBE_MAIN = "probe_main"
    END_PROBE = "end_probe"
    RECORD_MAIN = "record_main"


class LinkPolicy:
    """One camera. Call the measurements as they come, then `decide`. Times are monotonic seconds."""

    def __init__(self, now_s: float, thresholds: LinkThresholds | None = None) -> None:
        self._limits = thresholds or LinkThresholds()
        self.recorded: StreamName = "main"
        self._since_s = now_s
        self._late_since_s: float | None = None
        self._lag_s = 0.0
        self._lags: deque[tuple[float, float]] = deque(maxlen=16)
        self._breaks: deque[float] = deque(maxlen=16)
        self._stay_s = self._limits.stay_s
        self._probe_since_s: float | None = None
        self._probe_picture_s: float | None = None
        self._next_probe_s = 0.0
        self.reason = ""
        """Why the last step was taken, for people."""

    @property
    def probing(self) -> bool:
        """True while the main stream is pulled beside the recorded one."""
        return self._probe_since_s is not None

    @property
    def late(self) -> bool:
        """True while the link has nothing to spare."""
        return self.recorded == "sub" or self._late_since_s is not None

    def main_lag(self, lag_s: float, now_s: float) -> None:
        """How late the main stream's pictures are."""
        self._lag_s = lag_s
        self._lags.append((now_s, lag_s))
        if self._probe_since_s is not None and self._probe_picture_s is None:
            self._probe_picture_s = now_s
        if lag_s < self._limits.late_s:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = now_s

    def main_broke(self, now_s: float) -> None:
        """The main stream broke off while its pictures were late."""
        self._breaks.append(now_s)
        if self._probe_since_s is not None:
            self._lag_s = self._limits.very_late_s

    def decide(self, now_s: float) -> Step | None:
        """The step to take now, if any; it is taken as done."""
        return self._on_main(now_s) if self.recorded == "main" else self._on_sub(now_s)

    def _on_main(self, now_s: float) -> Step | None:
        limits = self._limits
        if now_s - self._since_s >= limits.healthy_s:
            self._stay_s = limits.stay_s
        breaks = sum(1 for at in self._breaks if now_s - at <= limits.breaks_within_s)
        if now_s - self._since_s < limits.warm_up_s:
            return None
        if breaks >= limits.breaks:
            self.reason = f"the link broke {breaks} times under the main stream"
        elif (
            (self._lag_s >= limits.very_late_s and not self._catching_up())
            or self._growing(now_s)
            or (self._late_since_s is not None and now_s - self._late_since_s >= limits.late_for_s)
        ):
            self.reason = f"the main stream came {self._lag_s:.1f} s late"
        else:
            return None
        self.recorded, self._since_s = "sub", now_s
        self._next_probe_s = now_s + self._stay_s
        self._stay_s = min(limits.longest_stay_s, 2 * self._stay_s)
        self._forget()
        return Step.RECORD_SUB

    def _catching_up(self) -> bool:
        return len(self._lags) >= 2 and self._lags[-1][1] < self._lags[-2][1] - _JITTER_S

    def _growing(self, now_s: float) -> bool:
        """Later with every look: a link that only stood still for a moment catches up."""
        recent = [lag_s for at_s, lag_s in self._lags if now_s - at_s <= _GROWTH_S]
        rises = all(later >= earlier - _JITTER_S for earlier, later in itertools.pairwise(recent))
        return (
            len(recent) >= _GROWTH_LOOKS
            and rises
            and self._lag_s >= self._limits.growing_s
            and recent[-1] - recent[0] >= self._limits.growing_s / 2
        )

    def _on_sub(self, now_s: float) -> Step | None:
        limits = self._limits
        if self._probe_since_s is None:
            if now_s < self._next_probe_s:
                return None
            self._forget()
            self._probe_since_s = now_s
            return Step.PROBE_MAIN
        if self._lag_s >= limits.probe_late_s:
            return self._end_probe(now_s, f"the main stream came {self._lag_s:.1f} s late")
        if self._probe_picture_s is None:
            if now_s - self._probe_since_s >= limits.first_picture_s:
                return self._end_probe(now_s, "the main stream gave no picture")
            return None
        if now_s - self._probe_picture_s < limits.probe_s:
            return None
        self.reason = f"the main stream came in time for {limits.probe_s:g} s"
        self.recorded, self._since_s = "main", now_s
        self._forget()
        return Step.RECORD_MAIN

    def _end_probe(self, now_s: float, reason: str) -> Step:
        self.reason = reason
        self._next_probe_s = now_s + self._limits.between_probes_s
        self._forget()
        return Step.END_PROBE

    def _forget(self) -> None:
        self._probe_since_s = self._probe_picture_s = self._late_since_s = None
        self._lag_s = 0.0
        self._lags.clear()
        self._breaks.clear()
