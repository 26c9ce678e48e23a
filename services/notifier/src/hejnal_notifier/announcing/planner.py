"""Plans versions as they wait, most urgent first."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import structlog
from sqlalchemy import text

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.announcing.barrier import SubscriptionsBarrier
from hejnal_notifier.announcing.budget import SmsBudget
from hejnal_notifier.announcing.plan import plan_next
from hejnal_notifier.announcing.policy import ChannelPolicy
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import is_transient
from hejnal_runtime.tracing import continued_span
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

_WAITING = text("select exists (select from versions where planned_at is null)")


class Planner:
    """The loop from stored versions to queued deliveries. `on_planned` wakes the senders."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        barrier: SubscriptionsBarrier,
        *,
        served: set[Channel],
        budget: SmsBudget | None,
        policy: ChannelPolicy,
        poll_s: float,
        on_planned: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._barrier = barrier
        self._served = served
        self._budget = budget
        self._policy = policy
        self._poll_s = poll_s
        self._on_planned = on_planned
        self._wake = asyncio.Event()

    async def wake(self) -> None:
        """A version has been stored."""
        self._wake.set()

    async def run(self) -> None:
        """Plan for ever; a database that is away is tried again."""
        failures = 0
        try:
            while True:
                try:
                    worked = await self._plan_one()
                    failures = 0
                except Exception as error:
                    if not is_transient(error):
                        raise
                    failures += 1
                    log.warning("plan_interrupted", error=repr(error))
                    await asyncio.sleep(min(10.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))
                    continue
                if not worked:
                    with contextlib.suppress(TimeoutError):
                        await wait_for(self._wake.wait(), self._poll_s)
        finally:
            await self._barrier.close()

    async def _plan_one(self) -> bool:
        self._wake.clear()
        async with self._database.read() as session:
            waiting = (await session.execute(_WAITING)).scalar_one()
        if not waiting:
            return False
        caught_up = await self._barrier.wait()
        started = self._clock.monotonic()
        async with self._database.transaction() as session:
            planned = await plan_next(session, self._clock.now(), served=self._served, budget=self._budget, policy=self._policy)
        if planned is None:
            return False
        duration_s = self._clock.monotonic() - started
        metrics.PLANNED_DELIVERIES.inc(planned.deliveries)
        metrics.PLAN_DURATION_S.observe(duration_s)
        with continued_span("plan announcement", planned.traceparent, record=False):
            log.info(
                "version_planned",
                announcement_id=planned.announcement_id,
                version=planned.version,
                deliveries=planned.deliveries,
                called_off=planned.called_off,
                superseded=planned.superseded,
                caught_up=caught_up,
                duration_s=round(duration_s, 3),
            )
        self._on_planned()
        return True
