"""What a standby would tell is dropped: the first recorder tells it."""

import asyncio

import structlog
from sqlalchemy import text

from hejnal_runtime.database import Database
from hejnal_runtime.errors import is_transient

log = structlog.get_logger()

PAUSE_S = 5.0
_DROP = text("delete from outbox where id in (select id from outbox order by id limit 5000)")


class Silence:
    """In place of the outbox's relay. A standby that is made the first one tells only what comes after that."""

    def __init__(self, database: Database, *, pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._pause_s = pause_s

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.drop()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("silence_interrupted", error=repr(error))
            await asyncio.sleep(self._pause_s)

    async def drop(self) -> None:
        """Empty the outbox, 5000 facts at a time."""
        async with self._database.transaction() as session:
            await session.execute(_DROP)
