"""Wakes who waits for rows: PostgreSQL tells of new deliveries and of changed progress, so that nobody asks twice a second."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping

import asyncpg
import structlog

from hejnal_runtime.database import Database
from hejnal_runtime.outbox import CONNECTION_ERRORS
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

STILL_THERE_S = 30.0
"""A connection that died without a word is found by a question now and then; until then the slow polls go on."""


class Wakeups:
    """One connection that listens: table name → whom to wake. When it was gone all are woken: who knows what was missed."""

    def __init__(self, database: Database, wakers: Mapping[str, Callable[[], None]]) -> None:
        self._dsn = database.url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._channel = f"wake_{database.schema}"
        self._wakers = wakers

    async def run(self) -> None:
        """Listen for ever; survives the database being away."""
        failures = 0
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=5, command_timeout=10, server_settings={"application_name": "hejnal-notifier-wakeups"}
                )
                ended = asyncio.Event()
                connection.add_termination_listener(lambda _, ended=ended: ended.set())
                await connection.add_listener(self._channel, self._told)
                failures = 0
                for wake in self._wakers.values():
                    wake()
                while not ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        await wait_for(ended.wait(), STILL_THERE_S)
                    await connection.execute("select 1")
            except (OSError, TimeoutError, *CONNECTION_ERRORS) as error:
                failures += 1
                log.warning("wakeups_interrupted", error=repr(error), failures=failures)
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    def _told(self, _connection: object, _pid: int, _channel: str, table: object) -> None:
        if (wake := self._wakers.get(str(table))) is not None:
            wake()
