"""What came out: counts and opinions, as a report and as open data."""

import csv
import io
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors
from hejnal_citizen.consultations import rules, store
from hejnal_citizen.consultations.schemas import (
    ConsultationResult,
    DayResult,
    Opinion,
    OpinionCounts,
    OpinionPage,
    OpinionState,
    OptionResult,
    StaffOpinion,
    StaffOpinionPage,
    Way,
)
from hejnal_citizen.sql import query
from hejnal_runtime.errors import AppError, Kind

WAYS: tuple[Way, ...] = ("person", "device", "paper")

_BY_OPTION = query(
    """
    select choice, way, count(*) as votes from consultation_votes, unnest(choices) as choice
    where consultation_id = :id group by choice, way
    """
)
_BY_WAY = query(
    "select way, count(*) as voters from consultation_votes where consultation_id = :id and choices <> '{}' group by way"
)
_BY_DAY = query(
    """
    select (at at time zone 'Europe/Warsaw')::date as day, count(*) as voters from consultation_votes
    where consultation_id = :id and choices <> '{}' group by 1 order by 1
    """
)
_OPINION_COUNTS = query("select state, count(*) as number from consultation_opinions where consultation_id = :id group by state")
_OPINIONS = query(
    """
    select id, text, way, state, reason, moderated_by, at, number from consultation_opinions
    where consultation_id = :id and state = any(:states) and number > :after order by number limit :limit
    """
)


async def public_result(session: AsyncSession, consultation_id: str, now: datetime) -> ConsultationResult:
    """The final result. AppError: NOT_FOUND, CONFLICT (not closed yet: a count under way would steer the votes)."""
    row = await store.find(session, consultation_id)
    if store.state(row, now) != "closed":
        detail = "The result is published when the consultation is closed and every form on paper has been counted."
        raise AppError(Kind.CONFLICT, "result-not-yet", detail)
    return await _result(session, row, now)


async def staff_result(session: AsyncSession, consultation_id: str, now: datetime) -> ConsultationResult:
    """The result as it stands. AppError(NOT_FOUND)."""
    return await _result(session, await store.find(session, consultation_id, drafts=True), now)


def as_csv(result: ConsultationResult) -> str:
    """A line per option (RFC 4180), as open data."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["consultation_id", "option", "name_pl", "votes", *(f"votes_{way}" for way in WAYS), "closed_at"])
    closed = result.closed_at.isoformat() if result.closed_at else ""
    for option in result.options:
        ways = [option.by_way[way] for way in WAYS]
        name = next(iter(name for language, name in option.names.items() if language == "pl"), "")
        writer.writerow([result.consultation_id, option.code, _safe(name), option.votes, *ways, closed])
    return out.getvalue()


async def public_opinions(session: AsyncSession, consultation_id: str, *, cursor: str | None, limit: int) -> OpinionPage:
    """The opinions that are shown. AppError(NOT_FOUND)."""
    await store.find(session, consultation_id)
    rows, following = await _opinions(session, consultation_id, ["shown"], cursor, limit)
    return OpinionPage(items=[Opinion.model_validate(row, from_attributes=True) for row in rows], next_cursor=following)


async def staff_opinions(
    session: AsyncSession, consultation_id: str, states: list[OpinionState], *, cursor: str | None, limit: int
) -> StaffOpinionPage:
    """Opinions in these states (none named: all). AppError(NOT_FOUND)."""
    await store.find(session, consultation_id, drafts=True)
    wanted: list[str] = list(states) or ["waiting", "shown", "hidden"]
    rows, following = await _opinions(session, consultation_id, wanted, cursor, limit)
    items = [StaffOpinion.model_validate(row, from_attributes=True) for row in rows]
    return StaffOpinionPage(items=items, next_cursor=following)


async def _result(session: AsyncSession, row: Any, now: datetime) -> ConsultationResult:
    key = {"id": row.id}
    votes = {(found.choice, found.way): found.votes for found in await session.execute(_BY_OPTION, key)}
    by_way = {found.way: found.voters for found in await session.execute(_BY_WAY, key)}
    counts = {found.state: found.number for found in await session.execute(_OPINION_COUNTS, key)}
    days = [DayResult(day=found.day, voters=found.voters) for found in await session.execute(_BY_DAY, key)]
    options = []
    for option in row.options:
        ways: dict[Way, int] = {way: votes.get((option["code"], way), 0) for way in WAYS}
        options.append(OptionResult(code=option["code"], names=option["names"], votes=sum(ways.values()), by_way=ways))
    state = store.state(row, now)
    return ConsultationResult(
        consultation_id=row.id,
        state=state,
        final=state == "closed",
        vote_rule=row.vote_rule,
        vote_statement=rules.STATEMENTS[row.vote_rule],
        rules=row.rules,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        closed_at=row.closed_at,
        voters=sum(by_way.values()),
        voters_by_way={way: by_way.get(way, 0) for way in WAYS},
        options=options,
        days=days,
        opinions=OpinionCounts(received=sum(counts.values()), **{s: counts.get(s, 0) for s in ("shown", "hidden", "waiting")}),
    )


async def _opinions(
    session: AsyncSession, consultation_id: str, states: list[str], cursor: str | None, limit: int
) -> tuple[list[Any], str | None]:
    after = cursors.decode(cursor, (int,))[0] if cursor else 0
    values = {"id": consultation_id, "states": states, "after": after, "limit": limit + 1}
    rows = list(await session.execute(_OPINIONS, values))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, cursors.encode(rows[-1].number) if more else None


def _safe(cell: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return "'" + cell if cell[:1] in "=+-@\t\r" else cell
