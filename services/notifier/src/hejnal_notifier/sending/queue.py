"""The queue in PostgreSQL: claim with a lease, note outcomes in bulk, take over from lost workers.

No statement here runs while a provider is being called.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier import metrics
from hejnal_notifier.delivery import Event, State, allowed_from, settle, target
from hejnal_notifier.sending.claims import CLAIM
from hejnal_notifier.sending.contact_failures import fail_contact
from hejnal_notifier.sending.digests import follow, items_of
from hejnal_notifier.sending.fallback import Reached, hurry
from hejnal_notifier.sending.job import AnnouncementContent, DigestContent, DirectContent, Job, content_of
from hejnal_notifier.sending.marks import TOUCH, WAKE, apply_meaning
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused, Unanswered
from hejnal_notifier.sending.parts import SentPart, note_parts, settled
from hejnal_notifier.sending.spending import Taken, note_spending
from hejnal_notifier.severity import PRIORITIES, priority
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.quiet_hours import TOWN_TIME

KNOWN_VERSIONS = 256
LOOK = 500
"""Rows judged at once when those looked at first must not be sent: a trial message may stand behind many that expired."""
URGENT = priority(Severity.EMERGENCY)

_VERSIONS = text(
    "select version_id, announcement_id, version, kind, category, severity, texts, valid_from, valid_until, page_url, drill, "
    "issued_at, traceparent from versions where version_id = any(:versions)"
)
_NOTE = text(
    """
    update deliveries d set state = o.state, cause = o.cause, detail = o.detail, lease_until = null, changed_at = :now,
        due_at = case when o.state = 'queued' and o.untried = 0 then coalesce(d.due_at, d.not_before) else d.due_at end,
        not_before = coalesce(o.not_before, d.not_before), provider_id = coalesce(o.provider_id, d.provider_id),
        in_doubt = d.in_doubt or o.in_doubt, attempts = d.attempts - o.untried,
        doubt_since = case when o.in_doubt then coalesce(d.doubt_since, :now) else d.doubt_since end,
        sent_at = case when o.state = 'sent' then cast(:now as timestamptz) else d.sent_at end
    from unnest(cast(:ids as uuid[]), cast(:attempts as smallint[]), cast(:states as text[]), cast(:causes as text[]),
        cast(:details as text[]), cast(:not_before as timestamptz[]), cast(:provider_ids as text[]), cast(:in_doubt as bool[]),
        cast(:untried as smallint[])) as o(delivery_id, attempt, state, cause, detail, not_before, provider_id, in_doubt, untried)
    where d.delivery_id = o.delivery_id and d.attempts = o.attempt and d.state = any(:allowed_from)
    returning d.delivery_id, d.version_id, d.state, d.channel, d.resident_id, d.digest
    """
)
_FORGET_SECRETS = text(
    "update direct_messages set code = null, address = null, subject = null, body = null, push_p256dh = null, push_auth = null "
    "where delivery_id = any(:ids)"
)
_LOST = text(
    "update deliveries set state = 'unknown', in_doubt = true, doubt_since = coalesce(doubt_since, :now), cause = 'worker_lost', "
    "lease_until = null, changed_at = :now where state = 'sending' and (lease_until < :now or claimed_by = :own) "
    "and channel = :channel returning delivery_id, version_id, priority, provider"
)
_OWN = text(
    "select delivery_id, changed_at from deliveries where state = 'sending' and claimed_by = :own and channel = :channel "
    "and provider = :provider for update"
)
_GIVE_BACK = text(
    "update deliveries set state = 'queued', attempts = attempts - 1, lease_until = null, changed_at = :now "
    "where delivery_id = any(:ids) and state = any(:allowed_from)"
)
_REQUEUE = text(
    "update deliveries set state = 'queued', due_at = coalesce(due_at, not_before), not_before = :now, changed_at = :now "
    "where delivery_id = any(:ids) and state = any(:allowed_from)"
)
# Causes that say that the provider was away, not that it wants to be left alone.
AWAY = ("unreachable", "connection_lost", "timeout", "provider_error", "deferred", "unanswered", "worker_lost")
_HURRY_AFTER_OUTAGE = text(
    "update deliveries set not_before = :now where state = 'queued' and channel = :channel and not_before > :now "
    "and attempts > 0 and provider = :provider and cause = any(:causes)"
)
_NEXT_DUE = text(
    "select min(next.not_before) from generate_series(0, :lowest) as p(priority) cross join lateral (select not_before "
    "from deliveries where state = 'queued' and channel = :channel and priority = p.priority order by not_before limit 1) next"
)
_DUE = text(
    "select channel, count(*) as due, min(not_before) as oldest from deliveries "
    "where state = 'queued' and not_before <= :now group by channel"
)


@dataclass(frozen=True, slots=True)
class Done:
    """A job and what became of it; `outcome` None: given back untried."""

    job: Job
    outcome: Outcome | None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What waits in a channel to be taken."""

    deliveries: int = 0
    oldest_s: float = 0.0
    """Since when the oldest could have been taken."""


class DeliveryQueue:
    """Claims and outcomes of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        instance: str,
        lease: timedelta,
        doubt_patience: timedelta = timedelta(minutes=2),
        prices: Mapping[str, int] | None = None,
    ) -> None:
        """`prices`: grosze for an SMS part, by provider."""
        self._database = database
        self._clock = clock
        self._instance = instance
        self._lease = lease
        self._doubt_patience = doubt_patience
        self._prices = prices or {}
        self._versions: OrderedDict[int, AnnouncementContent] = OrderedDict()

    async def claim(self, channel: Channel, limit: int, provider: str, *, fresh: bool = True) -> tuple[list[Job], bool]:
        """Up to `limit` due deliveries, most urgent first, leased to this process; and whether the queue may hold more.

        They are for one provider, whose name is noted before it is called. With `fresh` false only what this provider may have
        taken already. What has expired, was superseded or has lost its contact is ended on the way.
        """
        now = self._clock.now()
        lease_until = now + self._lease
        async with self._database.transaction() as session:
            parameters = {"channel": channel.value, "now": now, "limit": limit, "look": limit, "lowest": PRIORITIES - 1}
            parameters |= {"instance": self._instance, "lease_until": lease_until, "provider": provider, "fresh": fresh}
            parameters |= {"zone": TOWN_TIME.key}
            parameters |= {"urgent": URGENT, "doubt_before": now - self._doubt_patience}
            rows = list((await session.execute(CLAIM, parameters)).all())
            claimed = [row for row in rows if row.state == State.SENDING]
            more = len(rows) >= limit
            if more and len(claimed) < limit:
                look = max(limit, LOOK)
                found = (await session.execute(CLAIM, parameters | {"limit": limit - len(claimed), "look": look})).all()
                rows += found
                claimed += [row for row in found if row.state == State.SENDING]
                more = len(claimed) >= limit or len(found) >= look
            missing = {row.version_id for row in claimed if row.version_id is not None} - self._versions.keys()
            if missing:
                self._remember((await session.execute(_VERSIONS, {"versions": sorted(missing)})).all())
            ended = {row.version_id for row in rows if row.state != State.SENDING and row.version_id is not None}
            digests = [row.delivery_id for row in claimed if row.digest]
            items: dict[UUID, tuple[AnnouncementContent, ...]] = {}
            if digests:
                items, changed = await items_of(session, digests, now)
                ended |= changed
                claimed = [row for row in claimed if not row.digest or row.delivery_id in items]
            ended |= await follow(session, [row.delivery_id for row in rows if row.digest and row.state != State.SENDING], now)
            if ended:
                await session.execute(TOUCH, {"versions": sorted(ended)})
            gone = [row.delivery_id for row in rows if row.state != State.SENDING and row.version_id is None]
            if gone:
                await session.execute(_FORGET_SECRETS, {"ids": gone})
        jobs = [self._job(channel, provider, row, lease_until, items.get(row.delivery_id, ())) for row in claimed]
        return jobs, more

    def _remember(self, rows: Sequence[Any]) -> None:
        for row in rows:
            self._versions[row.version_id] = content_of(row)
        while len(self._versions) > KNOWN_VERSIONS:
            self._versions.popitem(last=False)

    def _job(
        self, channel: Channel, provider: str, row: Any, lease_until: datetime, items: tuple[AnnouncementContent, ...]
    ) -> Job:
        content: AnnouncementContent | DirectContent | DigestContent
        if row.version_id is not None:
            content = self._versions[row.version_id]
        elif row.digest:
            content = DigestContent(items)
        else:
            content = DirectContent(row.direct_kind, row.code or "", row.subject or "", row.body or "")
        return Job(
            delivery_id=row.delivery_id,
            channel=channel,
            provider=provider,
            attempt=row.attempts,
            in_doubt=row.in_doubt,
            lease_until=lease_until,
            not_before=row.not_before,
            due_at=row.due_at,
            created_at=row.created_at,
            expires_at=row.expires_at,
            resident_id=row.resident_id,
            contact_id=row.contact_id,
            address=row.address,
            push_p256dh=row.push_p256dh or "",
            push_auth=row.push_auth or "",
            push_server_key=row.push_server_key,
            unsubscribe_url=row.unsubscribe_url,
            language=Language(row.language),
            content=content,
            traceparent=content.traceparent if isinstance(content, AnnouncementContent) else row.traceparent,
        )

    async def note(self, done: Sequence[Done]) -> None:
        """Write outcomes in one transaction, with the facts that follow from them. Safe to repeat."""
        now = self._clock.now()
        by_event: dict[Event, list[Done]] = {}
        for one in done:
            by_event.setdefault(_event(one, now), []).append(one)
        versions: set[int] = set()
        finished: list[UUID] = []
        failed: list[Reached] = []
        digests: set[UUID] = set()
        moved: set[UUID] = set()
        async with self._database.transaction() as session:
            for event, group in by_event.items():
                for row in (await session.execute(_NOTE, _note_parameters(event, group, now))).all():
                    moved.add(row.delivery_id)
                    if row.version_id is not None:
                        versions.add(row.version_id)
                        if row.channel == Channel.PUSH and row.state == State.FAILED:
                            failed.append((row.version_id, row.resident_id))
                    elif row.digest:
                        digests.add(row.delivery_id)
                    elif row.state != State.QUEUED:
                        finished.append(row.delivery_id)
            if finished:
                await session.execute(_FORGET_SECRETS, {"ids": finished})
            if failed and await hurry(session, failed, now):
                await session.execute(WAKE)
            taken = await self._note_parts(session, [one for one in done if one.job.delivery_id in moved], now)
            for one in done:
                if isinstance(one.outcome, Refused) and one.outcome.contact is not None:
                    await self._contact_failed(session, one.job, one.outcome, now)
            versions |= await follow(session, digests, now)
            if versions:
                await session.execute(TOUCH, {"versions": sorted(versions)})
        for message in taken:
            metrics.SMS_PARTS.labels(message.provider).inc(message.parts)

    async def _note_parts(self, session: AsyncSession, done: Sequence[Done], now: datetime) -> list[Taken]:
        """What was taken in parts, what it costs, and the receipts that came before we knew the provider's ids."""
        accepted = [(one.job, one.outcome) for one in done if isinstance(one.outcome, Accepted)]
        taken = [Taken(job.provider, outcome.parts) for job, outcome in accepted if outcome.parts]
        if taken:
            await note_spending(session, taken, self._prices, now)
        sent = [
            SentPart(job.provider, name, job.delivery_id, number)
            for job, outcome in accepted
            for number, name in enumerate(outcome.part_ids, start=1)
        ]
        if not sent:
            return taken
        for delivery_id in await note_parts(session, sent, now):
            if (outcome := await settled(session, delivery_id)) is not None:
                meaning, cause = outcome
                await apply_meaning(
                    session, now, channel=Channel.SMS, delivery_id=delivery_id, provider_id="", meaning=meaning, cause=cause
                )
        return taken

    async def _contact_failed(self, session: AsyncSession, job: Job, outcome: Refused, now: datetime) -> None:
        if isinstance(job.content, DirectContent) or job.resident_id is None or job.contact_id is None:
            return
        about = job.content.items[0] if isinstance(job.content, DigestContent) else job.content
        assert outcome.contact is not None
        await fail_contact(
            session,
            now,
            announcement_id=about.announcement_id,
            resident_id=job.resident_id,
            contact_id=job.contact_id,
            channel=job.channel,
            reason=outcome.contact,
            address=job.address,
        )

    async def take_over(self, channel: Channel, *, harmless: Sequence[str], own: bool = False) -> tuple[int, int]:
        """Deliveries of lost workers become unknown, then are settled: (how many, of them queued again).

        `harmless` names the providers over which a repeat shows once. With `own`, at start: also what this replica's last life
        left behind.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            instance = self._instance if own else None
            parameters = {"now": now, "own": instance, "channel": channel.value}
            lost = (await session.execute(_LOST, parameters)).all()
            if not lost:
                return 0, 0
            again = [
                row.delivery_id
                for row in lost
                if settle(repeat_is_harmless=row.provider in harmless, emergency=row.priority <= URGENT) is Event.REQUEUED
            ]
            if again:
                guard = {"ids": again, "now": now, "allowed_from": allowed_from(Event.REQUEUED)}
                await session.execute(_REQUEUE, guard)
            versions = sorted({row.version_id for row in lost if row.version_id is not None})
            await session.execute(TOUCH, {"versions": versions})
        return len(lost), len(again)

    async def give_back(self, channel: Channel, provider: str, untouched: Callable[[UUID, datetime], bool]) -> int:
        """At start: what this replica's last life had claimed and certainly not handed over is queued again, without doubt.

        `untouched` is asked with each delivery's id and when it was claimed.
        """
        async with self._database.transaction() as session:
            own = {"own": self._instance, "channel": channel.value, "provider": provider}
            rows = (await session.execute(_OWN, own)).all()
            ids = [row.delivery_id for row in rows if untouched(row.delivery_id, row.changed_at)]
            if ids:
                guard = {"ids": ids, "now": self._clock.now(), "allowed_from": allowed_from(Event.RELEASED)}
                await session.execute(_GIVE_BACK, guard)
        return len(ids)

    async def end_waits(self, channel: Channel, provider: str) -> int:
        """Its outage is over: what waits only because the provider was away is due now; how many."""
        async with self._database.transaction() as session:
            parameters = {"now": self._clock.now(), "channel": channel.value, "provider": provider, "causes": list(AWAY)}
            return int((await session.execute(_HURRY_AFTER_OUTAGE, parameters)).rowcount)  # type: ignore[attr-defined]

    async def next_due(self, channel: Channel) -> datetime | None:
        """When the next delivery of a channel is due (it may be due and held by a provider that rests); None: nothing waits."""
        async with self._database.read() as session:
            parameters = {"channel": channel.value, "lowest": PRIORITIES - 1}
            found: datetime | None = (await session.execute(_NEXT_DUE, parameters)).scalar()
            return found

    async def due(self) -> dict[str, Due]:
        """What is due and not taken, by channel."""
        now = self._clock.now()
        async with self._database.read() as session:
            rows = (await session.execute(_DUE, {"now": now})).all()
        return {row.channel: Due(row.due, (now - row.oldest).total_seconds()) for row in rows}


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
        "in_doubt": [
            isinstance(outcome, Unanswered) or (isinstance(outcome, Postponed) and outcome.in_doubt) for outcome in outcomes
        ],
        "untried": [1 if outcome is None else 0 for outcome in outcomes],
    }
