"""What is looked after once in a while: residents' messages that never became whole, and what is kept for 90 days only."""

from datetime import timedelta

import structlog
from sqlalchemy import text

from hejnal_notifier.inbound import take_unfinished
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

UNFINISHED_EVERY_S = 300.0
EMPTY_EVERY_S = 6 * 3600.0
ROWS_AT_ONCE = 2000

_EMPTY_INBOUND = text(
    "update inbound set sender = '', body = '' where (provider, provider_id) in (select provider, provider_id from inbound "
    "where sender <> '' and received_at < :before order by received_at limit :rows for update skip locked)"
)
_EMPTY_RECEIPTS = text(
    "update receipts set raw = '{}', number = '' where receipt_id in (select receipt_id from receipts "
    "where raw <> '{}' and received_at < :before order by received_at limit :rows for update skip locked)"
)


class Housekeeping:
    """Runs beside the senders; a database that is away is tried again at the next turn."""

    def __init__(self, database: Database, clock: Clock, *, keep: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._keep = keep
        self._empty_at = 0.0

    async def run(self) -> None:
        """Look after things for ever."""
        await PeriodicLoop("housekeeping_interrupted", self._once, every_s=UNFINISHED_EVERY_S).run()

    async def _once(self) -> None:
        async with self._database.transaction() as session:
            await take_unfinished(session, self._clock)
        if self._clock.monotonic() >= self._empty_at:
            await self.empty_old()
            self._empty_at = self._clock.monotonic() + EMPTY_EVERY_S

    async def empty_old(self) -> int:
        """Empty what is too old of text and numbers, a batch at a time; how many rows."""
        emptied = 0
        for statement in (_EMPTY_INBOUND, _EMPTY_RECEIPTS):
            while True:
                async with self._database.transaction() as session:
                    values = {"before": self._clock.now() - self._keep, "rows": ROWS_AT_ONCE}
                    count = int((await session.execute(statement, values)).rowcount)  # type: ignore[attr-defined]
                emptied += count
                if count < ROWS_AT_ONCE:
                    break
        if emptied:
            log.info("old_messages_emptied", rows=emptied)
        return emptied
