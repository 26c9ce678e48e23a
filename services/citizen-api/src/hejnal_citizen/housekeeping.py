"""What is done now and then: expired codes, sessions and keys go, and photo folders that no report owns."""

import asyncio

import structlog

from hejnal_citizen import idempotency, metrics, rates
from hejnal_citizen.announcements import attachments
from hejnal_citizen.footage_requests import store as footage_requests
from hejnal_citizen.reports.moderation import forget_unblurred
from hejnal_citizen.residents import codes, failures, sessions
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import query
from hejnal_runtime.inbox import forget_old
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

INBOX_DAYS = 45
"""Longer than the topic `deliveries` is kept."""

_KNOWN_REPORTS = query("select id from reports where id = any(cast(:ids as text[]))")


class Housekeeping:
    """Runs at start and every `housekeeping_every_s`; a failure is logged and tried again next time."""

    def __init__(self, res: Resources) -> None:
        self._res = res

    async def run(self) -> None:
        """Keep house until cancelled."""
        await PeriodicLoop("housekeeping_postponed", self.once, every_s=self._res.settings.housekeeping_every_s).run()

    async def once(self) -> None:
        """One round."""
        now = self._res.clock.now()
        async with self._res.database.transaction() as session:
            await codes.forget_old(session, now=now)
            await sessions.forget_old(session, now=now)
            await failures.forget_lost(session, now=now)
            await idempotency.forget_old(session, now=now)
            await rates.forget_old(session, now=now)
            await attachments.forget_unused(session, now=now)
            await forget_old(session, INBOX_DAYS)
            keep_days = self._res.settings.footage_request_keep_days
            await footage_requests.forget_old(session, keep_days=keep_days, now=now)
        await forget_unblurred(self._res)
        await self._remove_orphans()
        metrics.HOUSEKEEPING_AT.set(now.timestamp())

    async def _remove_orphans(self) -> None:
        photos = self._res.photos
        for upload in await asyncio.to_thread(photos.abandoned_uploads):
            await asyncio.to_thread(photos.abandon, upload)
        candidates = await asyncio.to_thread(photos.recent_reports)
        if not candidates:
            return
        async with self._res.database.read() as session:
            known = {row.id for row in await session.execute(_KNOWN_REPORTS, {"ids": candidates})}
        for report_id in sorted(set(candidates) - known):
            log.warning("photo_orphan_removed", report_id=report_id)
            await asyncio.to_thread(photos.drop, report_id)
            metrics.ORPHANS.inc()
