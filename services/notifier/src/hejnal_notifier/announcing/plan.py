"""The plan: one set-based statement turns an announcement version into deliveries.

Who: residents with a filter that meets category, severity, area and channel, on each verified contact of that channel; and, for
updates and all-clears, every contact that was told an earlier version, whatever the filters say now. A contact that is gone or
failed, or whose resident is erased, is addressed by nothing.
When: at once; outside emergencies after quiet hours and pauses, if the version is still valid then. Push first (`policy.py`): the
SMS of somebody with a push device is due only after a while. What somebody wants in a digest is held for it
(`digests.py`), if it is still valid then; their SMS is spared. An update in that while does not begin it anew.
After a restore from a backup: what was issued before it may have been told already, and waits for a decision (`restored.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel, Severity
from hejnal_notifier.announcing.budget import SmsBudget
from hejnal_notifier.announcing.digest_time import DIGESTED, next_digest
from hejnal_notifier.announcing.policy import AT_ONCE, ChannelPolicy
from hejnal_notifier.delivery import TOLD, Event, allowed_from
from hejnal_notifier.severity import OF_RANK, priority
from hejnal_runtime.quiet_hours import quiet_until
from hejnal_runtime.tracing import continued_span


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning a version came to."""

    announcement_id: str
    version: int
    deliveries: int
    called_off: int
    """Deliveries of older versions that were still in the queue."""
    superseded: bool
    """True: a newer version was there already; nothing was planned."""
    traceparent: str | None = None
    """The trace the version came with."""


# skip locked: another replica may be planning its predecessor or itself; the order is that of the versions
_NEXT = text(
    "select v.version_id, v.announcement_id, v.version, v.kind, v.category, v.severity, v.channels, v.reach, v.texts, "
    "v.valid_from, v.valid_until, v.page_url, v.drill, v.issued_at, v.issued_by, v.traceparent, a.newest_version, "
    "exists (select from restorations r where r.restored_at >= v.issued_at) as may_be_told "
    "from versions v join announcements a using (announcement_id) where v.planned_at is null "
    "order by v.severity desc, v.version_id limit 1 for update of v, a skip locked"
)
_QUIET_HOURS = text("select distinct quiet_starts, quiet_ends from recipients where quiet_starts is not null")
_DIGESTS = text(
    "select distinct digest_every, digest_at, digest_weekday from recipients "
    "where digest_every is not null and digest_up_to >= :severity"
)
# What is in a digest that is on its way stays: it may be read any moment, and its readers get the news, too.
_CALL_OFF = text(
    "update deliveries d set state = 'cancelled', cause = 'superseded', changed_at = :now from versions v "
    "where v.version_id = d.version_id and v.announcement_id = :announcement_id and v.version < :version "
    "and (d.state = 'queued' or d.state = 'held' and not exists (select from deliveries g "
    "where g.delivery_id = d.digest_id and g.state in ('sending', 'unknown'))) returning d.version_id"
)
_EARLIER = text("select version_id from versions where announcement_id = :announcement_id and version < :version")
_PLANNED = text("update versions set planned_at = :now where version_id = :version_id")
_CHANGED = text(
    "insert into progress (version_id, changes, reported_changes) select unnest(cast(:versions as bigint[])), 1, 0 "
    "on conflict (version_id) do update set changes = progress.changes + 1"
)

# The whole town at once: hash joins. The planner cannot know how many residents share a wish and would walk indexes row by row.
_SET_BASED = (text("set local enable_nestloop = off"), text("set local work_mem = '64MB'"))

# Organisations are told of every announcement that they wished for, whatever channels it was written for.
_WITHOUT_ASKING = {Channel.WEBHOOK.value}

_PLAN = text(
    """
    with digests as (
        select * from unnest(cast(:digest_every as text[]), cast(:digest_at as time[]), cast(:digest_weekday as smallint[]),
            cast(:digest_due as timestamptz[])) as d(every, at, weekday, due)),
    quiet as (
        select * from unnest(cast(:quiet_starts as time[]), cast(:quiet_ends as time[]), cast(:quiet_until as timestamptz[]))
            as q(starts, ends, until)),
    here as materialized (select area, streets from versions where version_id = :version_id),
    matched as (
        select c.resident_id, c.contact_id
        from filters f join contacts c on c.resident_id = f.resident_id
        where :matches and f.categories && array[cast(:category as text), '*'] and f.min_severity <= :severity
            and c.channel = any(f.channels) and c.channel = any(:channels)
            and (:reach = 'everywhere' or f.reach = 'everywhere'
                or (:reach = 'area' and f.reach = 'area' and f.area && (select area from here)
                    and ST_Intersects(f.area, (select area from here)))
                or (:reach = 'streets' and f.reach = 'streets' and f.streets && (select streets from here))
                or (:reach = 'streets' and f.reach = 'area') or (:reach = 'area' and f.reach = 'streets'))),
    told as (
        select d.resident_id, d.contact_id
        from deliveries d where d.version_id = any(cast(:earlier as bigint[])) and (d.state = any(:told) or d.in_doubt
            or d.state = 'held' and d.digest_id is not null)),
    addressed as (select resident_id, contact_id from matched union select resident_id, contact_id from told),
    timed as (
        select c.resident_id, c.contact_id, c.channel, digests.due as digest_due,
            case when :overrides then cast(:now as timestamptz)
            else greatest(cast(:now as timestamptz), quiet.until, r.paused_until) end as not_before
        from addressed join contacts c using (resident_id, contact_id) join recipients r using (resident_id)
        left join quiet on quiet.starts = r.quiet_starts and quiet.ends = r.quiet_ends
        left join digests on r.digest_up_to >= :severity and digests.every = r.digest_every and digests.at = r.digest_at
            and digests.weekday = r.digest_weekday and digests.due < :expires_at
        where c.failed_at is null),
    digested as (
        select distinct resident_id from timed
        where digest_due is not null and channel in ('push', 'email') and channel = any(:served)),
    pushed as (
        select resident_id, min(not_before) as due from timed
        where :push_first and channel = 'push' and channel = any(:served) and digest_due is null and not_before < :expires_at
        group by resident_id),
    waited as (
        select resident_id, min(not_before) as until from deliveries
        where :push_first and version_id = any(cast(:earlier as bigint[])) and after_push and state = 'cancelled'
            and cause = 'superseded' group by resident_id),
    ordered as (
        select t.resident_id, t.contact_id, t.channel, p.due is not null as after_push, d.resident_id is not null as digested,
            d.resident_id is not null and t.channel in ('push', 'email') as held,
            case when d.resident_id is not null then greatest(t.digest_due, t.not_before)
                when p.due is null then t.not_before else greatest(t.not_before,
                    least(p.due + least(cast(:patience as interval), (:expires_at - p.due) / 2), w.until)) end as not_before
        from timed t left join pushed p on t.channel = 'sms' and p.resident_id = t.resident_id
        left join waited w on w.resident_id = p.resident_id
        left join digested d on d.resident_id = t.resident_id and t.channel in ('push', 'email', 'sms'))
    insert into deliveries (delivery_id, version_id, resident_id, contact_id, channel, priority, state, not_before, expires_at,
        cause, after_push, in_doubt, doubt_since, created_at, changed_at)
    select cast(substr(encode(sha256(convert_to(concat_ws(E'\\x1f', cast(:announcement_id as text), cast(:version as integer),
            resident_id, contact_id), 'UTF8')), 'hex'), 1, 32) as uuid),
        :version_id, resident_id, contact_id, channel, :priority,
        case when not channel = any(:served) then 'failed' when not_before >= :expires_at then 'expired'
            when digested and not held then 'cancelled' when :may_be_told then 'unknown'
            when held then 'held' else 'queued' end,
        not_before, :expires_at,
        case when not channel = any(:served) then 'channel_off'
            when not_before >= :expires_at then case when :expires_at <= :now then 'too_late' else 'quiet_until_too_late' end
            when digested and not held then 'in_digest' when :may_be_told then 'restored' end,
        after_push, cast(:may_be_told as boolean), case when :may_be_told then cast(:now as timestamptz) end, :now, :now
    from ordered on conflict do nothing
    """
)


async def plan_next(
    session: AsyncSession,
    now: datetime,
    *,
    served: set[Channel],
    budget: SmsBudget | None = None,
    policy: ChannelPolicy = AT_ONCE,
) -> Planned | None:
    """Plan the most urgent version that waits, in the caller's transaction; None when none does."""
    row = (await session.execute(_NEXT)).first()
    if row is None:
        return None
    with continued_span("plan announcement", row.traceparent):
        return await _plan(session, now, row, served=served, budget=budget, policy=policy)


async def _plan(
    session: AsyncSession, now: datetime, row: Any, *, served: set[Channel], budget: SmsBudget | None, policy: ChannelPolicy
) -> Planned:
    called_off = await session.execute(
        _CALL_OFF, {"announcement_id": row.announcement_id, "version": row.newest_version, "now": now}
    )
    touched = [changed.version_id for changed in called_off]
    superseded = row.version < row.newest_version
    planned = 0
    if not superseded:
        planned = await _insert(session, row, now, served, policy)
        if budget is not None:
            await budget.keep(session, row, now)
    await session.execute(_PLANNED, {"version_id": row.version_id, "now": now})
    await session.execute(_CHANGED, {"versions": sorted({*touched, row.version_id})})
    return Planned(row.announcement_id, row.version, planned, len(touched), superseded, row.traceparent)


async def _insert(session: AsyncSession, row: Any, now: datetime, served: set[Channel], policy: ChannelPolicy) -> int:
    severity = OF_RANK[row.severity]
    quiet = []
    if severity is not Severity.EMERGENCY:
        hours = await session.execute(_QUIET_HOURS)
        quiet = [(starts, ends, until) for starts, ends in hours if (until := quiet_until(now, starts, ends)) is not None]
    digests = []
    if severity in DIGESTED:
        rows = await session.execute(_DIGESTS, {"severity": row.severity})
        digests = [(*one, next_digest(now, one.digest_every, one.digest_at, one.digest_weekday)) for one in rows]
    identity = {"announcement_id": row.announcement_id, "version": row.version}
    earlier = list((await session.execute(_EARLIER, identity)).scalars())
    for setting in _SET_BASED:
        await session.execute(setting)
    result = await session.execute(
        _PLAN,
        {
            "version_id": row.version_id,
            **identity,
            "earlier": earlier,
            "matches": row.kind != "cancelled",
            "category": row.category,
            "severity": row.severity,
            "channels": sorted({*row.channels, *(_WITHOUT_ASKING & {channel.value for channel in served})}),
            "reach": row.reach,
            "quiet_starts": [starts for starts, _, _ in quiet],
            "quiet_ends": [ends for _, ends, _ in quiet],
            "quiet_until": [until for _, _, until in quiet],
            "digest_every": [every for every, _, _, _ in digests],
            "digest_at": [at for _, at, _, _ in digests],
            "digest_weekday": [weekday for _, _, weekday, _ in digests],
            "digest_due": [due for _, _, _, due in digests],
            "told": sorted(state.value for state in TOLD),
            "overrides": severity is Severity.EMERGENCY,
            "now": now,
            "priority": priority(severity),
            "served": sorted(channel.value for channel in served),
            "expires_at": row.valid_until,
            "push_first": policy.waits(severity),
            "patience": policy.patience,
            "may_be_told": row.may_be_told,
        },
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


assert allowed_from(Event.CALLED_OFF)[:2] == ["held", "queued"]  # _CALL_OFF leaves what is being sent to its worker
