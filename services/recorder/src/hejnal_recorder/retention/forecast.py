"""When the disk will be full if cameras go on as they did. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

HORIZON_DAYS = 365
RATE_DAYS = 7


@dataclass(frozen=True, slots=True)
class CameraBytes:
    """What a camera has on the archive's disk, by UTC day of its footage; of that, what holds keep.

    `recorded_by_day` is given where some of what was recorded lies elsewhere by now.
    """

    keep_days: int
    by_day: Mapping[date, int]
    held_by_day: Mapping[date, int]
    recorded_by_day: Mapping[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """`days_until_full` is None when it will not be full within a year."""

    growth_bytes_per_day: int
    """What is recorded a day, before anything is deleted."""
    days_until_full: int | None


def forecast(cameras: list[CameraBytes], free_bytes: int, today: date) -> Forecast:
    """Each camera records what it did on average in the last full days and loses what gets too old and is not held."""
    rates = [_rate(camera, today) for camera in cameras]
    free = float(free_bytes)
    for ahead in range(1, HORIZON_DAYS + 1):
        day = today + timedelta(days=ahead)
        for camera, rate in zip(cameras, rates, strict=True):
            free -= rate
            gone = day - timedelta(days=camera.keep_days + 1)
            if gone < today:
                free += max(0, camera.by_day.get(gone, 0) - camera.held_by_day.get(gone, 0))
            else:
                free += rate
        if free <= 0:
            return Forecast(round(sum(rates)), ahead)
    return Forecast(round(sum(rates)), None)


def _rate(camera: CameraBytes, today: date) -> float:
    """Mean of the last full days on which the camera was there."""
    days = [today - timedelta(days=number) for number in range(1, RATE_DAYS + 1)]
    by_day = camera.by_day if camera.recorded_by_day is None else camera.recorded_by_day
    first = min(by_day, default=today)
    days = [day for day in days if day >= first]
    if not days:  # it began today: what it did so far is the best guess
        return float(by_day.get(today, 0))
    return sum(by_day.get(day, 0) for day in days) / len(days)
