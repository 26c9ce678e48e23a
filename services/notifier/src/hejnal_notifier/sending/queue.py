"""The queue in PostgreSQL: claim with a lease, note outcomes in bulk, take over from lost workers.

No statement here runs while a provider is being called.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language
from hejnal_contracts.deliveries import ContactFailed
from hejnal_notifier.delivery import Event, State, allowed_from, settle, target
from hejnal_notifier.sending.job import AnnouncementContent, DirectContent, Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_notifier.severity import OF_RANK, PRIORITIES, priority
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import publish

SOURCE = "notifier"
KNOWN_VERSIONS = 256

# Each priority is a range of its own in the index: rows that wait for the morning are never walked through.
_CLAIM = text(
    """
    with due as materialized (
        select next.delivery_id from generate_series(0, :lowest) as p(priority)
        cross join lateral (
            select delivery_id from deliveries
            where state = 'queued' and channel = :channel and priority = p.priority and not_before <= :now
            order by not_before limit :limit for update skip locked) next
        limit :limit),
    judged as (
        select d.delivery_id,
            case when d.expires_at <= :now then 'expired'
                when d.version_id is not null
                    and (c.contact_id is null or c.failed_at is not null or v.version < a.newest_version)
                then 'cancelled' else 'sending' end as state,
            case when d.expires_at <= :now then 'too_late' when d.version_id is null then null
                when c.contact_id is null or c.failed_at is not null then 'contact_gone'
                when v.version < a.newest_version then 'superseded' end as cause,
            coalesce(c.address, m.address) as address, coalesce(c.push_p256dh, m.push_p256dh) as push_p256dh,
            coalesce(c.push_auth, m.push_auth) as push_auth, coalesce(c.unsubscribe_url, '') as unsubscribe_url,
            coalesce(m.language, r.language) as language, m.kind as direct_kind, m.code
        from due join deliveries d using (delivery_id)
        left join versions v on v.version_id = d.version_id
        left join announcements a on a.announcement_id = v.announcement_id
        left join contacts c on c.resident_id = d.resident_id and c.contact_id = d.contact_id
        left join recipients r on r.resident_id = d.resident_id
        left join direct_messages m on m.delivery_id = d.delivery_id)
    update deliveries d set state = j.state, cause = coalesce(j.cause, d.cause), changed_at = :now,
        attempts = d.attempts + case when j.state = 'sending' then 1 else 0 end,
        claimed_by = case when j.state = 'sending' then :instance end,
        lease_until = case when j.state = 'sending' then cast(:lease_until as timestamptz) end
    from judged j where d.delivery_id = j.delivery_id
    returning d.delivery_id, d.state, d.version_id, d.resident_id, d.contact_id, d.attempts, d.not_before, d.created_at,
        d.expires_at, j.address, j.push_p256dh, j.push_auth, j.unsubscribe_url, j.language, j.direct_kind, j.code
    """
)
_VERSIONS = text(
    "select version_id, announcement_id, version, kind, category, severity, texts, valid_from, valid_until, page_url, drill, "
    "issued_at from versions where version_id = any(:versions)"
)
_NOTE = text(
    """
    update deliveries d set state = o.state, cause = o.cause, detail = o.detail, lease_until = null, changed_at = :now,
        not_before = coalesce(o.not_before, d.not_before), provider_id = coalesce(o.provider_id, d.provider_id),
        in_doubt = d.in_doubt or o.in_doubt, attempts = d.attempts - o.untried,
        sent_at = case when o.state = 'sent' then cast(:now as timestamptz) else d.sent_at end
    from unnest(cast(:ids as uuid[]), cast(:attempts as smallint[]), cast(:states as text[]), cast(:causes as text[]),
        cast(:details as text[]), cast(:not_before as timestamptz[]), cast(:provider_ids as text[]), cast(:in_doubt as bool[]),
        cast(:untried as smallint[])) as o(delivery_id, attempt, state, cause, detail, not_before, provider_id, in_doubt, untried)
    where d.delivery_id = o.delivery_id and d.attempts = o.attempt and d.state = any(:allowed_from)
    returning d.delivery_id, d.version_id, d.state
    """
)
_FORGET_SECRETS = text("update direct_messages set code = null, address = null where delivery_id = any(:ids)")
_CONTACT_FAILED = text(
    "update contacts set failed_at = :now, failed_reason = :reason where resident_id = :resident_id and contact_id = :contact_id "
    "and failed_at is null returning contact_id"
)
_LOST = text(
    "update deliveries set state = 'unknown', in_doubt = true, cause = 'worker_lost', lease_until = null, changed_at = :now "
    "where state = 'sending' and (lease_until < :now or claimed_by = :own) and channel = :channel "
    "returning delivery_id, version_id, priority"
)
_REQUEUE = text(
    "update deliveries set state = 'queued', not_before = :now, changed_at = :now "
    "where delivery_id = any(:ids) and state = any(:allowed_from)"
)
# In the order of ids, so that two writers never wait for each other in a circle.
TOUCH = text(
    "update progress p set changes = p.changes + 1 from "
    "(select version_id from progress where version_id = any(:versions) order by version_id for update) locked "
    "where p.version_id = locked.version_id"
)
_DUE = text("select channel, count(*) as due from deliveries where state = 'queued' and not_before <= :now group by channel")


@dataclass(frozen=True, slots=True)
class Done:
    """A job and what became of it; `outcome` None: given back untried."""

    job: Job
    outcome: Outcome | None
    retry_at: datetime | None = None


class DeliveryQueue:
    """Claims and outcomes of one process."""

    def __init__(self, database: Database, clock: Clock, *, instance: str, lease: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._instance = instance
        self._lease = lease
        self._versions: OrderedDict[int, AnnouncementContent] = OrderedDict()

    async def claim(self, channel: Channel, limit: int) -> tuple[list[Job], bool]:
        """Up to `limit` due deliveries, most urgent first, leased to this process; and whether the queue may hold more.

        What has expired, was superseded or has lost its contact is ended on the way.
        """
        now = self._clock.now()
        lease_until = now + self._lease
        async with self._database.transaction() as session:
            parameters = {"channel": channel.value, "now": now, "limit": limit, "lowest": PRIORITIES - 1}
            parameters |= {"instance": self._instance, "lease_until": lease_until}
            rows = (await session.execute(_CLAIM, parameters)).all()
            claimed = [row for row in rows if row.state == State.SENDING]
            missing = {row.version_id for row in claimed if row.version_id is not None} - self._versions.keys()
            if missing:
                self._remember((await session.execute(_VERSIONS, {"versions": sorted(missing)})).all())
            ended = {row.version_id for row in rows if row.state != State.SENDING and row.version_id is not None}
            if ended:
                await session.execute(TOUCH, {"versions": sorted(ended)})
            gone = [row.delivery_id for row in rows if row.state != State.SENDING and row.version_id is None]
            if gone:
                await session.execute(_FORGET_SECRETS, {"ids": gone})
        return [self._job(channel, row, lease_until) for row in claimed], len(rows) >= limit

    def _remember(self, rows: Sequence[Any]) -> None:
        for row in rows:
            self._versions[row.version_id] = AnnouncementContent(
                version_id=row.version_id,
                announcement_id=row.announcement_id,
                version=row.version,
                kind=row.kind,
                category=row.category,
                severity=OF_RANK[row.severity],
                texts={Language(language): Text.model_validate(words) for language, words in row.texts.items()},
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                page_url=row.page_url,
                drill=row.drill,
                issued_at=row.issued_at,
            )
        while len(self._versions) > KNOWN_VERSIONS:
            self._versions.popitem(last=False)

    def _job(self, channel: Channel, row: Any, lease_until: datetime) -> Job:
        if row.version_id is not None:
            content: AnnouncementContent | DirectContent = self._versions[row.version_id]
        else:
            content = DirectContent(row.direct_kind, row.code or "")
        return Job(
            delivery_id=row.delivery_id,
            channel=channel,
            attempt=row.attempts,
            lease_until=lease_until,
            not_before=row.not_before,
            created_at=row.created_at,
            expires_at=row.expires_at,
            resident_id=row.resident_id,
            contact_id=row.contact_id,
            address=row.address,
            push_p256dh=row.push_p256dh or "",
            push_auth=row.push_auth or "",
            unsubscribe_url=row.unsubscribe_url,
            language=Language(row.language),
            content=content,
        )

    async def note(self, done: Sequence[Done]) -> None:
        """Write outcomes in one transaction, with the facts that follow from them. Safe to repeat."""
        now = self._clock.now()
        by_event: dict[Event, list[Done]] = {}
        for one in done:
            by_event.setdefault(_event(one, now), []).append(one)
        versions: set[int] = set()
        finished: list[UUID] = []
        async with self._database.transaction() as session:
            for event, group in by_event.items():
                for row in await session.execute(_NOTE, _note_parameters(event, group, now)):
                    if row.version_id is not None:
                        versions.add(row.version_id)
                    elif row.state != State.QUEUED:
                        finished.append(row.delivery_id)
            if finished:
                await session.execute(_FORGET_SECRETS, {"ids": finished})
            for one in done:
                if isinstance(one.outcome, Refused) and one.outcome.contact is not None:
                    await self._contact_failed(session, one.job, one.outcome, now)
            if versions:
                await session.execute(TOUCH, {"versions": sorted(versions)})

    async def _contact_failed(self, session: Any, job: Job, outcome: Refused, now: datetime) -> None:
        if not isinstance(job.content, AnnouncementContent) or job.resident_id is None or job.contact_id is None:
            return
        key = {"resident_id": job.resident_id, "contact_id": job.contact_id}
        changed = await session.execute(_CONTACT_FAILED, {**key, "now": now, "reason": outcome.contact})
        if changed.first() is None:
            return
        assert outcome.contact is not None
        fact = ContactFailed(
            announcement_id=job.content.announcement_id,
            resident_id=job.resident_id,
            contact_id=job.contact_id,
            channel=job.channel,
            reason=outcome.contact,
            at=now,
        )
        await publish(session, fact, source=SOURCE)

    async def take_over(self, channel: Channel, *, repeat_is_harmless: bool, own: bool = False) -> tuple[int, int]:
        """Deliveries of lost workers become unknown, then are settled: (how many, of them queued again).

        With `own`, at start: also what this replica's last life left behind.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            instance = self._instance if own else None
            parameters = {"now": now, "own": instance, "channel": channel.value}
            lost = (await session.execute(_LOST, parameters)).all()
            if not lost:
                return 0, 0
            emergency = priority(OF_RANK[max(OF_RANK)])
            again = [
                row.delivery_id
                for row in lost
                if settle(repeat_is_harmless=repeat_is_harmless, emergency=row.priority <= emergency) is Event.REQUEUED
            ]
            if again:
                guard = {"ids": again, "now": now, "allowed_from": allowed_from(Event.REQUEUED)}
                await session.execute(_REQUEUE, guard)
            versions = sorted({row.version_id for row in lost if row.version_id is not None})
            await session.execute(TOUCH, {"versions": versions})
        return len(lost), len(again)

    async def due(self) -> dict[str, int]:
        """How many deliveries are due and not taken, by channel."""
        async with self._database.read() as session:
            return {row.channel: row.due for row in await session.execute(_DUE, {"now": self._clock.now()})}


def _event(done: Done, now: datetime) -> Event:
    if done.outcome is None:
        return Event.RELEASED
    if isinstance(done.outcome, Postponed) and (done.retry_at or now) >= done.job.expires_at:
        return Event.OUTDATED
    return done.outcome.event


def _note_parameters(event: Event, group: Sequence[Done], now: datetime) -> dict[str, Any]:
    outcomes = [one.outcome for one in group]
    return {
        "now": now,
        "allowed_from": allowed_from(event),
        "ids": [one.job.delivery_id for one in group],
        "attempts": [one.job.attempt for one in group],
        "states": [target(event).value] * len(group),
        "causes": [getattr(outcome, "cause", None) for outcome in outcomes],
        "details": [
            (getattr(outcome, "detail", None) or getattr(outcome, "note", None) or "")[:300] or None for outcome in outcomes
        ],
        "not_before": [one.retry_at for one in group],
        "provider_ids": [outcome.provider_id if isinstance(outcome, Accepted) else None for outcome in outcomes],
        "in_doubt": [isinstance(outcome, Postponed) and outcome.in_doubt for outcome in outcomes],
        "untried": [1 if outcome is None else 0 for outcome in outcomes],
    }
