"""The month in figures: what was sent, how it fared, how fast it was, what SMS cost. For the mayor, and for the bill."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import text

from hejnal_notifier.resources import Resources, get_resources
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

router = APIRouter(prefix="/internal/v1", tags=["deliveries"])

_MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])$")

_VERSIONS = text(
    "select count(distinct announcement_id) as announcements, count(*) as versions, count(*) filter (where drill) as drills, "
    "count(*) filter (where over_budget and severity < 3) as held_back, count(*) filter (where over_budget and severity = 3) "
    "as passed from versions where issued_at >= :since and issued_at < :until"
)
_STATES = text(
    "select d.channel, d.state, coalesce(d.cause, '') as cause, count(*) as deliveries from deliveries d "
    "join versions v using (version_id) where v.issued_at >= :since and v.issued_at < :until group by 1, 2, 3 order by 1, 2, 3"
)
# How long after a version was issued so many of its deliveries were in the provider's hands; what never was, never reaches it.
_PACE = text(
    """
    select d.channel, percentile_disc(array[0.5, 0.95, 0.99]) within group (
        order by coalesce(extract(epoch from d.sent_at - greatest(v.issued_at, d.not_before)), 'infinity')) as seconds
    from deliveries d join versions v using (version_id)
    where v.issued_at >= :since and v.issued_at < :until and d.state <> 'cancelled'
        and (cast(:announcement_id as text) is null or v.announcement_id = :announcement_id)
    group by d.channel order by d.channel
    """
)
_PASSES = text(
    "select announcement_id, version, issued_at, issued_by, sms_cost_grosze from versions "
    "where over_budget and severity = 3 and issued_at >= :since and issued_at < :until order by issued_at desc limit 100"
)
_SPENDING = text("select provider, parts, messages, cost_grosze from spending where month = :month order by provider")


class Pace(BaseModel):
    """Seconds from issued (or due, after quiet hours) until so many were handed to a provider; null: not reached."""

    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


class ChannelStatement(BaseModel):
    """One channel in a month."""

    channel: str
    deliveries: int
    by_state: dict[str, int]
    failures: dict[str, int] = Field(description="Failed and expired ones by cause")
    pace: Pace | None


class SmsBill(BaseModel):
    """What one provider took."""

    provider: str
    parts: int
    messages: int
    cost_zl: float


class BudgetPass(BaseModel):
    """An emergency that went past the month's SMS budget, and whose decision that was."""

    announcement_id: str
    version: int
    issued_at: datetime
    decided_by: str
    sms_cost_zl: float


class Statement(BaseModel):
    """A calendar month of the town's time."""

    month: str
    announcements: int
    versions: int
    drills: int
    channels: list[ChannelStatement]
    sms: list[SmsBill]
    sms_cost_zl: float
    sms_budget_zl: int | None
    held_back_by_budget: int = Field(description="Versions whose SMS were held back")
    passed_budget: int = Field(description="Emergencies that went past the budget")
    passes: list[BudgetPass] = Field(description="Those emergencies, the newest 100")


@router.get("/statements/{month}")
async def statement(month: str, resources: Annotated[Resources, Depends(get_resources)]) -> Statement:
    """The statement of a month (`2026-11`); months without any announcement are all zeroes."""
    first, span = span_of(month)
    async with resources.database.read() as session:
        versions = (await session.execute(_VERSIONS, span)).one()
        states = (await session.execute(_STATES, span)).all()
        paces = {row.channel: pace(row.seconds) for row in await session.execute(_PACE, {**span, "announcement_id": None})}
        spent = (await session.execute(_SPENDING, {"month": first})).all()
        passes = (await session.execute(_PASSES, span)).all() if versions.passed else ()
    channels = {
        row.channel: ChannelStatement(channel=row.channel, deliveries=0, by_state={}, failures={}, pace=None) for row in states
    }
    for row in states:
        one = channels[row.channel]
        one.deliveries += row.deliveries
        one.by_state[row.state] = one.by_state.get(row.state, 0) + row.deliveries
        if row.state in ("failed", "expired"):
            cause = row.cause or "unknown"
            one.failures[cause] = one.failures.get(cause, 0) + row.deliveries
        one.pace = paces.get(row.channel)
    bills = [
        SmsBill(provider=row.provider, parts=row.parts, messages=row.messages, cost_zl=row.cost_grosze / 100) for row in spent
    ]
    return Statement(
        month=month,
        announcements=versions.announcements,
        versions=versions.versions,
        drills=versions.drills,
        channels=list(channels.values()),
        sms=bills,
        sms_cost_zl=sum(row.cost_grosze for row in spent) / 100,
        sms_budget_zl=resources.settings.sms_monthly_budget_zl,
        held_back_by_budget=versions.held_back,
        passed_budget=versions.passed,
        passes=[
            BudgetPass(
                announcement_id=row.announcement_id,
                version=row.version,
                issued_at=row.issued_at,
                decided_by=row.issued_by,
                sms_cost_zl=row.sms_cost_grosze / 100,
            )
            for row in passes
        ],
    )


def span_of(month: str) -> tuple[date, dict[str, Any]]:
    """The first day of a month and its bounds as instants; AppError(INVALID) when it is none."""
    match = _MONTH.match(month)
    if match is None:
        raise AppError(Kind.INVALID, "month-invalid", "A month is written like 2026-11.")
    year, number = int(match[1]), int(match[2])
    first = date(year, number, 1)
    following = date(year + number // 12, number % 12 + 1, 1)
    bounds = [datetime.combine(day, time(), TOWN_TIME) for day in (first, following)]
    return first, {"since": bounds[0], "until": bounds[1]}


def pace(seconds: list[Any]) -> Pace:
    """Three quantiles in seconds; infinity becomes null."""
    known = [None if value is None or float(value) == float("inf") else round(max(0.0, float(value)), 3) for value in seconds]
    return Pace(p50_s=known[0], p95_s=known[1], p99_s=known[2])
