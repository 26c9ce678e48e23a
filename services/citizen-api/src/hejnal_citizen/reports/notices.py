"""Words to reporters and followers by e-mail or SMS: kept in the transaction of what happened, handed to notifier by a loop."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.reports.notice_words import NoticeKind, words
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

EVERY_S = 2.0
MOST_AT_ONCE = 50
LEASE = timedelta(seconds=60)
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 900.0
GIVEN_UP_AFTER = timedelta(hours=24)

# Who is told: the reporter (their own contact, else the signed-in resident's first that works), and who said "me too".
_RECIPIENTS = query(
    """
    with wanted as (
        select contact, resident_id, language, true as own from reports where id = :report_id and :reporter
        union all
        select contact, resident_id, language, false from report_followers where report_id = :report_id and :followers
    )
    select distinct on (address) address, channel, language, own from (
        select w.contact as address, case when w.contact like '%@%' then 'email' else 'sms' end as channel, w.language, w.own
        from wanted w where w.contact is not null
        union all
        select c.address, c.channel, r.language, w.own from wanted w join residents r on r.id = w.resident_id
        cross join lateral (
            select address, channel from contacts c
            where c.resident_id = w.resident_id and c.channel in ('email', 'sms') and c.failed is null order by c.id limit 1) as c
        where w.contact is null
    ) as all_of_them order by address, own desc
    """
)
_INSERT = command(
    """
    insert into report_notices (id, report_id, channel, address, language, subject, body, next_at, created_at)
    values (:id, :report_id, :channel, :address, :language, :subject, :body, :now, :now)
    """
)
_REFERENCE = query("select reference from reports where id = :report_id")
_CLAIM = query(
    """
    update report_notices set attempts = attempts + 1, next_at = :until
    where id in (select id from report_notices where next_at <= :now order by next_at limit :limit for update skip locked)
    returning id, channel, address, language, subject, body, attempts, created_at
    """
)
_DONE = command("delete from report_notices where id = :id")
_LATER = command("update report_notices set next_at = :next_at where id = :id")


@dataclass(frozen=True, slots=True)
class To:
    """Who is told."""

    reporter: bool = True
    followers: bool = False


async def tell(
    session: AsyncSession, res: Resources, report_id: str, kind: NoticeKind, *, to: To, said: str = "", outcome: str | None = None
) -> int:
    """Note a message to each recipient in the caller's transaction; how many there are."""
    values = {"report_id": report_id, "reporter": to.reporter, "followers": to.followers}
    recipients = list(await session.execute(_RECIPIENTS, values))
    if not recipients:
        return 0
    reference = (await session.execute(_REFERENCE, {"report_id": report_id})).scalar_one()
    now = res.clock.now()
    rows = []
    for one in recipients:
        url = f"{res.settings.public_url.rstrip('/')}/zgloszenia/{report_id}"
        if one.own:  # the secret goes to nobody but the reporter's own contact
            url += f"?token={res.secrets.follow_token(report_id)}"
        channel: Literal["email", "sms"] = one.channel
        subject, body = words(kind, Language(one.language), channel, reference=reference, said=said, outcome=outcome, url=url)
        row = {"id": new_id(), "report_id": report_id, "channel": channel, "address": one.address, "language": one.language}
        rows.append(row | {"subject": subject, "body": body, "now": now})
    await session.execute(_INSERT, rows)
    return len(rows)


class NoticeSender:
    """Hands notices to notifier, each under its own key; what it refuses for good is dropped, the rest is tried for a day."""

    def __init__(self, res: Resources) -> None:
        self._res = res

    async def run(self) -> None:
        """Send until cancelled."""

        async def work() -> bool:
            return await self.once() == MOST_AT_ONCE

        await PeriodicLoop("report_notices_postponed", work, every_s=EVERY_S).run()

    async def once(self) -> int:
        """Hand on what is due; how many were tried."""
        now = self._res.clock.now()
        async with self._res.database.transaction() as session:
            rows = list(await session.execute(_CLAIM, {"now": now, "until": now + LEASE, "limit": MOST_AT_ONCE}))
        for row in rows:
            await self._hand_on(row, now)
        return len(rows)

    async def _hand_on(self, row: Any, now: datetime) -> None:
        try:
            await self._res.notifier.send_notice(
                channel=row.channel,
                address=row.address,
                subject=row.subject,
                body=row.body,
                language=Language(row.language),
                idempotency_key=row.id,
            )
        except AppError as error:
            if error.kind is Kind.UNAVAILABLE and now - row.created_at < GIVEN_UP_AFTER:
                pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(row.attempts, 16)) * random.uniform(0.75, 1)
                async with self._res.database.transaction() as session:
                    await session.execute(_LATER, {"id": row.id, "next_at": now + timedelta(seconds=pause_s)})
                return
            log.warning("report_notice_dropped", notice_id=row.id, slug=error.slug)
        async with self._res.database.transaction() as session:
            await session.execute(_DONE, {"id": row.id})
