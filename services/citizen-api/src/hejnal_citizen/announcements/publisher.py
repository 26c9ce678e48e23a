"""Publishes drafts when their time has come, and sends back what nobody approved in time."""

from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import metrics
from hejnal_citizen.announcements import submission
from hejnal_citizen.announcements.submission import Why
from hejnal_citizen.audit import act
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, is_transient
from hejnal_runtime.outbox import publish as publish_facts
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

LONGEST_PAUSE_S = 15.0
MEASURE_EVERY_S = 10.0

# skip locked: each replica takes another one; whoever holds the lock publishes and changes the state in one transaction
_DUE = query(
    """
    select * from announcement_drafts where state = 'scheduled' and coalesce(publish_at, :now) <= :now
    order by publish_at limit 1 for update skip locked
    """
)
_UNDECIDED = query(
    """
    select * from announcement_drafts where state = 'waiting_approval' and approval_until <= :now
    order by approval_until limit 1 for update skip locked
    """
)

_WAITING = query(
    "select count(*) as drafts, min(submitted_at) as oldest from announcement_drafts where state = 'waiting_approval'"
)


class Publisher:
    """The loop. After an outage it publishes what is still valid, and says of the rest that it was not."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._measure_at = 0.0

    async def run(self) -> None:
        """Publish for ever; a database that is away is tried again."""
        every_s = self._res.settings.publish_poll_s
        await PeriodicLoop("publishing_interrupted", self._round, every_s=every_s, longest_s=LONGEST_PAUSE_S).run()

    async def _round(self) -> bool:
        if await self.once():
            return True
        if self._res.clock.monotonic() >= self._measure_at:
            await self.measure()
            self._measure_at = self._res.clock.monotonic() + MEASURE_EVERY_S
        return False

    async def once(self) -> bool:
        """Settle one draft, in one transaction; False when none is due."""
        now = self._res.clock.now()
        async with self._res.database.transaction() as session:
            row = (await session.execute(_DUE, {"now": now})).first()
            if row is not None:
                await self._publish(session, row)
                return True
            row = (await session.execute(_UNDECIDED, {"now": now})).first()
            if row is None:
                return False
            await self._give_back(session, row, "approval_timed_out", "Nobody decided about it in time.")
            return True

    async def measure(self) -> None:
        """Tell the metrics how many drafts wait for a second person, and how long the oldest does."""
        async with self._res.database.read() as session:
            waiting = (await session.execute(_WAITING)).one()
        metrics.DRAFTS_WAITING.set(waiting.drafts)
        waited = self._res.clock.now() - waiting.oldest if waiting.oldest else None
        metrics.DRAFT_WAITING_S.set(max(0.0, waited.total_seconds()) if waited else 0.0)

    async def _publish(self, session: AsyncSession, row: Any) -> None:
        try:
            async with session.begin_nested():
                await submission.publish(session, self._res, row)
            late_s = (self._res.clock.now() - (row.publish_at or row.submitted_at)).total_seconds()
            log.info("draft_published", draft_id=row.id, late_s=round(late_s, 1))
            metrics.DRAFTS.labels("published").inc()
            return
        except AppError as error:
            why: Why = "refused"
            if error.slug in {"version-conflict", "announcement-cancelled"}:
                why = "changed_meanwhile"
            elif any(one.get("code") == "in-the-past" for one in error.errors):
                why = "no_longer_valid"
            detail = error.detail
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("draft_not_published", draft_id=row.id)
            why, detail = "refused", "It could not be published. Look through it and submit it again; the log says why."
        await self._give_back(session, row, why, detail)

    async def _give_back(self, session: AsyncSession, row: Any, why: Why, detail: str) -> None:
        now = self._res.clock.now()
        log.error("scheduled_draft_returned", draft_id=row.id, why=why, detail=detail)
        metrics.DRAFTS.labels(why).inc()
        await submission.give_back(session, row.id, why, detail, "", now)
        author = Staff(row.submitted_by, row.submitted_role)
        entry = act(author, "announcement-draft.returned", row.id, now=now, reason=f"{why}: {detail}"[:300])
        await publish_facts(session, entry.model_copy(update={"outcome": "failed"}), source=SERVICE)
