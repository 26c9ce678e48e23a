"""Sweeping out what is over: sessions, counters of wrong tries, old camera events."""

from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.accounts import ceremonies, throttle
from hejnal_gateway.accounts.sessions import Sessions
from hejnal_gateway.cameras.events import CameraEvents
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

_EVERY_S = 3600.0


class Housekeeping:
    """Runs once an hour; nothing depends on its being on time."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        events: CameraEvents,
        clock: Clock,
        *,
        forget_after_s: int,
        events_keep_days: int,
        motion_keep_days: int,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._forget_after = timedelta(seconds=forget_after_s)
        self._events = events
        self._events_keep = timedelta(days=events_keep_days)
        self._motion_keep = timedelta(days=motion_keep_days)

    async def run(self) -> None:
        """Sweep for ever; a database that is away is swept next time."""
        loop = PeriodicLoop("not_swept", self._once, every_s=_EVERY_S, passing=(SQLAlchemyError,), begin_with_pause=True)
        await loop.run()

    async def _once(self) -> None:
        ended = await self._sessions.forget_old()
        async with self._database.transaction() as session:
            await throttle.forget_old(session, self._clock.now() - self._forget_after)
            await ceremonies.forget_old(session, self._clock.now())
        now = self._clock.now()
        await self._events.forget_old(before=now - self._events_keep, motion_before=now - self._motion_keep)
        log.info("swept", sessions=ended)
