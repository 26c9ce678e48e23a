"""The camera's own clock, from its sender reports: None rather than wrong.

A report says what the camera's clock showed at an RTP time. Cameras lie in both halves: the clock counts from 1900 or 1970,
stands still or jumps, the RTP time is that of another stream or zero. So each report is judged by the others: a report is
good when clock and RTP time have gone on together since the reports before it.
"""

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hejnal_media.access_unit import CLOCK_RATE
from hejnal_media.rtcp import SenderReport

_EARLIEST_UNIX_US = 1_000_000_000_000_000  # 2001: before that a camera counts from its start
_FUTURE_US = 5 * 365 * 86_400_000_000
_KEPT = 64
_JUDGES = 3
_TOLERANCE_US = 250_000
_TOLERANCE_PER_S_US = 2_000
_FAR_S = 10.0
"""A report whose RTP time is that far from the pictures' is not about them."""
_OLD_S = 90.0
_DRIFT_SPAN_S = 60.0


@dataclass(slots=True)
class _Sample:
    report: SenderReport
    received_at_us: int
    monotonic_s: float
    ticks: int | None
    clock_rate: int

    @property
    def origin_us(self) -> int:
        """The camera's clock at tick 0."""
        return self.report.unix_us - (self.ticks or 0) * 1_000_000 // self.clock_rate


class CameraClock:
    """Takes a stream's sender reports. `ticks_of` turns their RTP time into ticks of its frames, None before the first."""

    def __init__(
        self,
        ticks_of: Callable[[int], int | None] = lambda _raw: None,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        clock_rate: int = CLOCK_RATE,
    ) -> None:
        self._clock_rate = clock_rate
        self._ticks_of = ticks_of
        self._monotonic = monotonic
        self._samples: deque[_Sample] = deque(maxlen=_KEPT)
        self.report: SenderReport | None = None
        """The newest report, whatever it is worth (a receiver report refers to it)."""
        self.received_at_us = 0
        self.monotonic_s = 0.0

    def take(self, report: SenderReport, received_at_us: int) -> None:
        """A report that came at `received_at_us` (server time)."""
        self.report, self.received_at_us, self.monotonic_s = report, received_at_us, self._monotonic()
        if _EARLIEST_UNIX_US <= report.unix_us <= received_at_us + _FUTURE_US:
            ticks = self._ticks_of(report.rtp_timestamp)
            self._samples.append(_Sample(report, received_at_us, self.monotonic_s, ticks, self._clock_rate))
        else:
            self._samples.clear()  # it has forgotten the date

    def camera_time_us(self, ticks: int) -> int | None:
        """What the camera's clock showed at `ticks`, of a picture that has just come; None when that is not known for sure."""
        for sample in self._samples:
            if sample.ticks is None:
                sample.ticks = self._ticks_of(sample.report.rtp_timestamp)
        good = self._good(by_origin=True)
        if not good or good[-1].ticks is None:
            return None
        newest = good[-1]
        age_s = self._monotonic() - newest.monotonic_s
        between_s = (ticks - (newest.ticks or 0)) / self._clock_rate
        if age_s > _OLD_S or abs(between_s - age_s) > _FAR_S:
            return None
        return int(statistics.median(sample.origin_us for sample in good[-8:])) + ticks * 1_000_000 // self._clock_rate

    @property
    def offset_us(self) -> int | None:
        """Camera clock minus server clock; None when the camera does not know the date or its clock jumps about.

        A report comes late, never early: of those that agree the largest difference is the truest.
        """
        good = self._good(by_origin=False)
        return max(_offset_us(sample) for sample in good[-8:]) if good else None

    @property
    def drift_ppm(self) -> float | None:
        """How fast the camera's clock runs away from the server's; None until a minute of good reports is there."""
        good = self._good(by_origin=False)
        if len(good) < 6 or good[-1].monotonic_s - good[0].monotonic_s < _DRIFT_SPAN_S:
            return None
        third = len(good) // 3
        early, late = good[:third], good[-third:]
        span_s = statistics.fmean(s.monotonic_s for s in late) - statistics.fmean(s.monotonic_s for s in early)
        gained_us = statistics.median(map(_offset_us, late)) - statistics.median(map(_offset_us, early))
        return gained_us / span_s

    def _good(self, *, by_origin: bool) -> list[_Sample]:
        """The reports since the last step that agree with the newest; empty unless most of the last few do."""
        samples = list(self._samples)
        if by_origin:
            samples = [sample for sample in samples if sample.ticks is not None]
        if not samples:
            return []
        newest = samples[-1]

        def agrees(sample: _Sample) -> bool:
            apart_s = newest.monotonic_s - sample.monotonic_s
            difference_us = newest.origin_us - sample.origin_us if by_origin else _offset_us(newest) - _offset_us(sample)
            frozen = sample is not newest and sample.report.ntp == newest.report.ntp and apart_s > 0.5
            return not frozen and abs(difference_us) <= _TOLERANCE_US + _TOLERANCE_PER_S_US * apart_s

        judges = samples[-_JUDGES:]
        if sum(map(agrees, judges)) < min(2, len(judges)):
            return []
        return [sample for sample in samples if agrees(sample)]


def _offset_us(sample: _Sample) -> int:
    return sample.report.unix_us - sample.received_at_us
