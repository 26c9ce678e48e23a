"""The live workers that are there, in a table: each says so every second; who is silent is passed over, then forgotten."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway import metrics
from hejnal_gateway.live.tables import live_views, live_workers
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

log = structlog.get_logger()

BEAT_S = 0.8
_SILENT_S = 3.0
_DEAD_S = 10.0
_SUSPECT_S = 3.0
_FORGET_EVERY_S = 2.0

# Asked more than once a second for ever: made once.
_BEAT = (
    insert(live_workers)
    .values(
        worker_id=bindparam("worker_id"),
        url=bindparam("url"),
        seen_at=func.clock_timestamp(),
        started_at=func.clock_timestamp(),
    )
    .on_conflict_do_update(index_elements=["worker_id"], set_={"seen_at": func.clock_timestamp()})
    .returning(text("(xmax = 0)"))  # true of a row that was not there
)
_FRESH = select(live_workers.c.worker_id, live_workers.c.url).where(
    live_workers.c.seen_at > func.clock_timestamp() - text(f"interval '{_SILENT_S} seconds'")
)
_FORGET = (
    delete(live_workers)
    .where(live_workers.c.seen_at < func.clock_timestamp() - text(f"interval '{_DEAD_S} seconds'"))
    .returning(live_workers.c.worker_id)
)


@dataclass(frozen=True, slots=True)
class Own:
    """This process as a worker: how others reach it, and what to do when they have taken it for dead."""

    worker_id: str
    url: str
    fenced: Callable[[], None]


class WorkerRegister:
    """Keeps this process's row fresh (if it is a worker) and knows the others'.

    Times are the database's, so clocks of machines do not matter. While the database is away the workers last known count on;
    nobody is taken for dead before the database has answered for as long as a dead worker must have been silent.
    """

    def __init__(
        self, database: Database, clock: Clock, own: Own | None, record_lost_ends: Callable[[], Awaitable[int]] | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._own = own
        self._record_lost_ends = record_lost_ends
        self._urls: dict[str, str] = {}
        self._suspects: dict[str, float] = {}
        self._seen_before = False
        self._answering_since: float | None = None
        self._forget_at = 0.0

    @property
    def living(self) -> dict[str, str]:
        """URLs of the workers that can be asked now, this one among them if it is one."""
        now = self._clock.monotonic()
        self._suspects = {worker_id: until for worker_id, until in self._suspects.items() if until > now}
        found = {worker_id: url for worker_id, url in self._urls.items() if worker_id not in self._suspects}
        if self._own is not None:
            found[self._own.worker_id] = self._own.url
        return found

    def suspect(self, worker_id: str) -> None:
        """It did not answer: pass it over until it has had time to be found silent."""
        self._suspects[worker_id] = self._clock.monotonic() + _SUSPECT_S

    async def relaying(self, camera_id: str) -> dict[str, int]:
        """How many views of a camera each worker has."""
        query = (
            select(live_views.c.worker_id, func.count())
            .where(live_views.c.camera_id == camera_id)
            .group_by(live_views.c.worker_id)
        )
        async with self._database.read() as session:
            return {row[0]: row[1] for row in await session.execute(query)}

    async def worker_of(self, viewer_id: str) -> str | None:
        """Who has that view."""
        async with self._database.read() as session:
            return (await session.execute(select(live_views.c.worker_id).where(live_views.c.viewer_id == viewer_id))).scalar()

    async def run(self) -> None:
        """Say that we are there, look who else is, forget the dead."""
        while True:
            try:
                async with asyncio.timeout(_SILENT_S):
                    await self.beat()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._answering_since = None
                log.warning("live_workers_not_read", error=repr(error))
            else:
                await self._forget_dead()
            await asyncio.sleep(BEAT_S * random.uniform(0.8, 1.2))

    async def beat(self) -> None:
        """One turn: our row, and the others'."""
        fenced = False
        async with self._database.transaction() as session:
            if self._own is not None:
                own = {"worker_id": self._own.worker_id, "url": self._own.url}
                fenced = bool((await session.execute(_BEAT, own)).scalar_one()) and self._seen_before
            rows = (await session.execute(_FRESH)).all()
        self._urls = {row.worker_id: row.url for row in rows}
        metrics.LIVE_WORKERS.set(len(self._urls))
        self._seen_before = True
        if self._answering_since is None:
            self._answering_since = self._clock.monotonic()
        if fenced and self._own is not None:
            log.warning("live_worker_was_taken_for_dead", worker_id=self._own.worker_id)
            self._own.fenced()

    async def _forget_dead(self) -> None:
        """Remove workers silent for long; the ends of their views are written down by whoever finds them first."""
        if self._record_lost_ends is None or self._answering_since is None:
            return
        if self._clock.monotonic() < max(self._answering_since + _DEAD_S, self._forget_at):
            return
        self._forget_at = self._clock.monotonic() + _FORGET_EVERY_S
        try:
            async with self._database.transaction() as session:
                gone = (await session.execute(_FORGET)).all()
            lost = await self._record_lost_ends()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("dead_live_workers_not_forgotten", error=repr(error))
            return
        if gone or lost:
            log.warning("live_workers_lost", workers=[row[0] for row in gone], views=lost)

    async def sign_off(self) -> None:
        """This worker ends: nobody need ask it any more."""
        if self._own is None:
            return
        try:
            async with asyncio.timeout(2), self._database.transaction() as session:
                await session.execute(delete(live_workers).where(live_workers.c.worker_id == self._own.worker_id))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("live_worker_not_signed_off", error=repr(error))
