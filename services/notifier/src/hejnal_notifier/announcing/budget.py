"""The month's SMS budget: what a version would cost is known before it is queued."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Language, Severity
from hejnal_notifier import metrics
from hejnal_notifier.sending.job import AnnouncementContent, content_of
from hejnal_notifier.sending.spending import spent_in_month

log = structlog.get_logger()

_ADDRESSED = text(
    "select r.language, count(*) as messages from deliveries d join recipients r using (resident_id) "
    "where d.version_id = :version_id and d.channel = 'sms' and d.state = 'queued' group by r.language"
)
_COMMITTED = text(
    "select coalesce(sum(v.sms_cost_grosze * least(1.0, waiting.messages / nullif(v.sms_messages, 0)::numeric)), 0) "
    "from versions v join lateral (select count(*)::numeric as messages from deliveries d where d.version_id = v.version_id "
    "and d.channel = 'sms' and d.state in ('queued', 'sending')) waiting on true "
    "where v.sms_cost_grosze > 0 and v.version_id <> :version_id and v.valid_until > :now"
)
_NOTE_COST = text(
    "update versions set sms_cost_grosze = :cost, sms_messages = :messages, over_budget = :over where version_id = :version_id"
)
_HOLD_BACK = text(
    "update deliveries set state = 'failed', cause = 'over_budget', changed_at = :now "
    "where version_id = :version_id and channel = 'sms' and state = 'queued'"
)
# planning two versions at once must not let both pass below the same limit
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('hejnal sms budget'))")


@dataclass(frozen=True, slots=True)
class SmsBudget:
    """What SMS may cost in a calendar month (the town's time), and what a message costs.

    `parts_of` gives the SMS parts of a version in a language.
    """

    limit_grosze: int | None
    price_grosze: int
    parts_of: Callable[[AnnouncementContent, Language], int]

    async def keep(self, session: AsyncSession, version: Any, now: datetime) -> int:
        """Hold a version's SMS back when they would pass the limit; how many were held back.

        An emergency passes: the person who issued it has decided so, and the log and `versions.over_budget` say it.
        """
        rows = (await session.execute(_ADDRESSED, {"version_id": version.version_id})).all()
        messages = sum(row.messages for row in rows)
        if not messages:
            return 0
        content = content_of(version)
        cost = sum(row.messages * self.parts_of(content, Language(row.language)) for row in rows) * self.price_grosze
        over = False
        if self.limit_grosze is not None:
            await session.execute(_ONE_AT_A_TIME)
            used = await spent_in_month(session, now)
            used += int((await session.execute(_COMMITTED, {"version_id": version.version_id, "now": now})).scalar_one())
            over = used + cost > self.limit_grosze
        key = {"version_id": version.version_id}
        await session.execute(_NOTE_COST, {**key, "cost": cost, "messages": messages, "over": over})
        if not over:
            return 0
        told = {"announcement_id": version.announcement_id, "version": version.version, "cost_zl": cost / 100}
        if content.severity is Severity.EMERGENCY:
            log.warning("emergency_passes_sms_budget", decided_by=version.issued_by, **told)
            metrics.OVER_BUDGET.labels("passed").inc()
            return 0
        log.error("sms_held_back_by_budget", messages=messages, **told)
        metrics.OVER_BUDGET.labels("held_back").inc()
        await session.execute(_HOLD_BACK, {**key, "now": now})
        return int(messages)
