"""The partitions of the index: one per UTC day in which segments begin, made ahead, dropped when empty and past all retention."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from hejnal_runtime.database import Database

AHEAD = timedelta(days=3)
KEPT = timedelta(days=100)
"""Days younger than this stay, empty or not: ceiling of retention and a margin."""

_MAKE = text("select make_segment_day(day) from unnest(cast(:days as date[])) as day order by day")
_DAYS = text(
    """
    select to_date(right(c.relname, 8), 'YYYYMMDD') as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'segments'::regclass order by 1
    """
)
_DROP = text("select drop_segment_day(cast(:day as date))")


class SegmentDays:
    """Makes partitions before they are needed; remembers which there are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made: set[date] = set()

    def forget(self) -> None:
        """Look again: another recorder may have dropped one."""
        self._made.clear()

    async def make(self, days: Iterable[date]) -> None:
        """These days are there when it returns."""
        missing = sorted(set(days) - self._made)
        if not missing:
            return
        async with self._database.transaction() as session:
            await session.execute(text("set local lock_timeout = '5s'"))
            await session.execute(_MAKE, {"days": missing})
        self._made.update(missing)

    async def keep_up(self, now: datetime) -> list[date]:
        """Make the days to come; drop those that are empty and so old that nothing can come into them. Gives the dropped."""
        today = now.astimezone(UTC).date()
        await self.make(today + timedelta(days=number) for number in range(AHEAD.days + 1))
        async with self._database.read() as session:
            days: list[date] = list((await session.execute(_DAYS)).scalars())
        dropped = []
        for day in days:
            if day < today - KEPT:
                async with self._database.transaction() as session:
                    await session.execute(text("set local lock_timeout = '2s'"))
                    if (await session.execute(_DROP, {"day": day})).scalar_one():
                        dropped.append(day)
        self._made.difference_update(dropped)
        return dropped
