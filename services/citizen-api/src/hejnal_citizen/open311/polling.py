"""Asks the back office for its answers and puts them to the reporters, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import metrics
from hejnal_citizen.open311.back_office import office
from hejnal_citizen.open311.client import AwayError, Office, RefusedError, Told, UnspokenError
from hejnal_citizen.open311.updates import LONGEST, STATUSES, Outcome, Status, apply, first_time
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
OVERLAP = timedelta(minutes=10)
"""Clocks differ, and what was written while we asked must not be missed; each update counts once anyway."""
FURTHEST_BACK = timedelta(days=30)
NUMBERS_AT_ONCE = 50
MOST_FOLLOWED = 5000
ACTOR = "open311-back-office"

_FOLLOWED = query(
    """
    select p.service_request_id from open311_pushes p join reports r on r.id = p.report_id
    where p.state = 'sent' and (r.status <> 'closed' or r.updated_at > :recently) order by p.updated_at limit :limit
    """
)
_REPORT = query(
    """
    select r.id, r.version, r.status, r.outcome from open311_pushes p join reports r on r.id = p.report_id
    where p.state = 'sent' and p.service_request_id = :number for update of r
    """
)
_STATE = command("update open311_pushes set status = :status, updated_at = :now where report_id = :report_id")
_POLLED = command("update open311_back_office set polled_until = :until")


class BackOfficeFollower:
    """Runs until cancelled; asks every `poll_s` seconds of the settings, while the back office answers."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._client = res.open311
        self._breaker = res.open311_breaker

    async def run(self) -> None:
        """Follow what was handed over."""
        await PeriodicLoop("back_office_not_followed", self.once, every_s=LOOK_EVERY_S).run()

    async def once(self) -> int:
        """Ask when it is time; how many answers were new."""
        now = self._res.clock.now()
        async with self._res.database.read() as session:
            found = await office(session, self._res)
            if found is None or (found.polled_until is not None and now < found.polled_until + timedelta(seconds=found.poll_s)):
                return 0
            recently = now - FURTHEST_BACK
            rows = await session.execute(_FOLLOWED, {"recently": recently, "limit": MOST_FOLLOWED})
            numbers = [row.service_request_id for row in rows]
        if not numbers or self._breaker.is_open():
            return 0
        try:
            told = await self._ask(found, numbers, now)
        except (AwayError, RefusedError, UnspokenError) as error:
            self._breaker.failed()
            log.warning("back_office_did_not_answer", reason=str(error))
            return 0
        self._breaker.worked()
        new = 0
        for one in told:
            new += await self._put(one)
        async with self._res.database.transaction() as session:
            await session.execute(_POLLED, {"until": now})
        return new

    async def _ask(self, found: Office, numbers: Sequence[str], now: datetime) -> list[Told]:
        ours = set(numbers)
        since = max(found.polled_until - OVERLAP, now - FURTHEST_BACK) if found.polled_until else now - FURTHEST_BACK
        try:
            told = await self._client.updates(found, since, now + timedelta(minutes=1))
            return [one for one in told if one.service_request_id in ours]
        except (UnspokenError, RefusedError):
            pass
        told = []
        for at in range(0, len(numbers), NUMBERS_AT_ONCE):
            told += await self._client.states(found, numbers[at : at + NUMBERS_AT_ONCE])
        return told

    async def _put(self, told: Told) -> bool:
        now = self._res.clock.now()
        async with self._res.database.transaction() as session:
            report = (await session.execute(_REPORT, {"number": told.service_request_id})).first()
            if report is None:
                return False
            if not await first_time(session, report.id, told.key, now=now):
                return False
            return await self._apply(session, report, told, now)

    async def _apply(self, session: AsyncSession, report: Any, told: Told, now: datetime) -> bool:
        moved = self._moved(report, told)
        if moved is None:
            return False
        status = "closed" if moved[0] == "closed" else "open"
        await session.execute(_STATE, {"report_id": report.id, "status": status, "now": now})
        try:
            done = await apply(session, self._res, ACTOR, report, moved, told.words[:LONGEST])
        except AppError as error:  # what cannot be put to the report must not stop the answers to others
            log.warning("back_office_answer_unfit", report_id=report.id, slug=error.slug)
            return False
        if done:
            metrics.BACK_OFFICE.labels("answered").inc()
        return done

    @staticmethod
    def _moved(report: Any, told: Told) -> tuple[Status, Outcome | None] | None:
        """The report's new status; None when the back office says no more than that it has it."""
        moved = STATUSES.get(told.status)
        if moved is None:
            return None
        if told.status == "OPEN" and not told.words and report.status != "closed":
            return None
        if told.status == "OPEN" and report.status in {"in_progress", "planned"}:
            return report.status, None
        return moved
