"""Which backups stay: the newest of each of the last days, weeks and months that have one."""

from collections.abc import Callable, Iterable
from datetime import datetime


def kept(taken: Iterable[datetime], *, daily: int, weekly: int, monthly: int) -> set[datetime]:
    """Those of `taken` (UTC) that stay. The newest always does. Days without a backup do not count: nothing ages away."""
    newest_first = sorted(taken, reverse=True)
    stay = set(newest_first[:1])
    rules: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (daily, lambda at: at.date()),
        (weekly, lambda at: at.isocalendar()[:2]),
        (monthly, lambda at: (at.year, at.month)),
    )
    for number, period_of in rules:
        periods: set[object] = set()
        for at in newest_first:
            period = period_of(at)
            if period not in periods and len(periods) < number:
                periods.add(period)
                stay.add(at)
    return stay
