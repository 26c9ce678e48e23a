"""Buckets of a time bar: which step fits, and spreading stretches of time over them. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hejnal_recorder.timeline.spans import Interval

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
STEPS_S = (_MINUTE_S, 5 * _MINUTE_S, 15 * _MINUTE_S, _HOUR_S, 3 * _HOUR_S, 6 * _HOUR_S, 12 * _HOUR_S, _DAY_S, 7 * _DAY_S)
LONGEST_FROM_ROWS = timedelta(hours=48)
"""Buckets shorter than an hour are made from segments and gaps, for at most so long; the rest from sums kept per hour and day."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Buckets of `step_s` seconds, aligned to UTC, that cover the interval asked for."""

    starts_at: datetime
    ends_at: datetime
    step_s: int

    @property
    def level(self) -> str | None:
        """Which sums serve it: `hour`, `day`; None when rows do."""
        if self.step_s < _HOUR_S:
            return None
        return "hour" if self.step_s < _DAY_S else "day"

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return int((self.ends_at - self.starts_at).total_seconds()) // self.step_s

    def number_of(self, instant: datetime) -> int:
        """The bucket that an instant falls into."""
        return (instant - self.starts_at) // timedelta(seconds=self.step_s)

    def start_of(self, number: int) -> datetime:
        """Where a bucket begins."""
        return self.starts_at + timedelta(seconds=number * self.step_s)


@dataclass(slots=True)
class Bucket:
    """What is there in one bucket. Times in microseconds, so that sums are exact."""

    footage_us: int = 0
    gaps_us: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)


def fitting_scale(interval: Interval, wanted_buckets: int) -> Scale:
    """The finest scale that needs at most `wanted_buckets` (one more where the ends do not fall on a step)."""
    for step_s in STEPS_S:
        if step_s < _HOUR_S and interval.ends_at - interval.starts_at > LONGEST_FROM_ROWS:
            continue
        if interval.duration_s <= step_s * wanted_buckets:
            break
    step = timedelta(seconds=step_s)
    first = (interval.starts_at - _EPOCH) // step
    last = math.ceil((interval.ends_at - _EPOCH) / step)
    return Scale(_EPOCH + first * step, _EPOCH + last * step, step_s)


class Buckets:
    """The buckets of a scale while they are filled."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._filled: dict[int, Bucket] = {}

    def at(self, instant: datetime) -> Bucket | None:
        """The bucket of an instant; None outside the scale."""
        number = self.scale.number_of(instant)
        return self._filled.setdefault(number, Bucket()) if 0 <= number < self.scale.count else None

    def add_amount(self, instant: datetime, kind: str, amount: int) -> None:
        """One kept sum: `footage`, `gap:<cause>`, `event:<type>`; others are none of a time bar's business."""
        bucket = self.at(instant)
        if bucket is None:
            return
        what, _, name = kind.partition(":")
        if what == "footage":
            bucket.footage_us += amount
        elif what == "gap":
            bucket.gaps_us[name] = bucket.gaps_us.get(name, 0) + amount
        elif what == "event":
            bucket.events[name] = bucket.events.get(name, 0) + amount

    def add_time(self, starts_at: datetime, ends_at: datetime, kind: str) -> None:
        """A stretch of time, cut at the edges of the buckets."""
        at, ends_at = max(starts_at, self.scale.starts_at), min(ends_at, self.scale.ends_at)
        while at < ends_at:
            end = min(ends_at, self.scale.start_of(self.scale.number_of(at) + 1))
            self.add_amount(at, kind, (end - at) // _MICROSECOND)
            at = end

    def filled(self) -> Iterable[tuple[datetime, Bucket]]:
        """Buckets with anything in them, in order."""
        return [(self.scale.start_of(number), self._filled[number]) for number in sorted(self._filled)]
