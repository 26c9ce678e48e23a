"""Consultations in the database: written by staff, listed for everybody."""

import json
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors, idempotency, preconditions
from hejnal_citizen.audit import act
from hejnal_citizen.consultations import rules
from hejnal_citizen.consultations.schemas import (
    Consultation,
    ConsultationChange,
    ConsultationPage,
    StaffConsultation,
    StaffConsultationPage,
    State,
)
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_COLUMNS = """
    id, version, kind, texts, options, vote_rule, most_choices, opinions, rules, opens_at, closes_at, opened_at, closed_at,
    created_at, created_by,
    (select count(*) from consultation_votes v where v.consultation_id = c.id) as voters,
    (select count(*) from consultation_opinions o where o.consultation_id = c.id and o.state = 'shown') as opinions_shown,
    (select count(*) from consultation_opinions o where o.consultation_id = c.id and o.state = 'waiting') as opinions_waiting
"""
_ONE = query(f"select {_COLUMNS} from consultations c where id = :id")  # noqa: S608 a constant
_LIST = query(
    f"""
    select {_COLUMNS} from consultations c
    where (:drafts or opened_at is not null)
      and (cast(:before_at as timestamptz) is null
           or (opens_at, id) < (cast(:before_at as timestamptz), cast(:before_id as text)))
    order by opens_at desc, id desc limit :limit
    """  # noqa: S608 a constant
)
_INSERT = command(
    """
    insert into consultations (id, kind, texts, options, vote_rule, most_choices, opinions, rules, opens_at, closes_at,
        created_at, created_by)
    values (:id, :kind, cast(:texts as jsonb), cast(:options as jsonb), :vote_rule, :most_choices, :opinions, :rules, :opens_at,
        :closes_at, :now, :by)
    """
)
_UPDATE = command(
    """
    update consultations set version = version + 1, kind = :kind, texts = cast(:texts as jsonb),
        options = cast(:options as jsonb), vote_rule = :vote_rule, most_choices = :most_choices, opinions = :opinions,
        rules = :rules, opens_at = :opens_at, closes_at = :closes_at
    where id = :id
    """
)
_LOCK = query("select version, opened_at, closed_at, opens_at, closes_at from consultations where id = :id for update")
_OPEN = command("update consultations set version = version + 1, opened_at = :now where id = :id")
_CLOSE = command(
    "update consultations set version = version + 1, closed_at = :now, closes_at = least(closes_at, greatest(:now, opens_at "
    "+ interval '1 microsecond')) where id = :id"
)

Shown = TypeVar("Shown", bound=Consultation)


async def find(session: AsyncSession, consultation_id: str, *, drafts: bool = False) -> Any:
    """A consultation's row with its counts; AppError(NOT_FOUND). Drafts are for staff only."""
    row = (await session.execute(_ONE, {"id": consultation_id})).first()
    if row is None or (row.opened_at is None and not drafts):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such consultation.")
    return row


def state(row: Any, now: datetime) -> State:
    """How the consultation of a row stands."""
    names = ("opened_at", "closed_at", "opens_at", "closes_at")
    return rules.state_of(**{name: getattr(row, name) for name in names}, now=now)


def shown(row: Any, model: type[Shown], now: datetime, **more: Any) -> Shown:
    """A row as the API says it."""
    fields = row._asdict() | {"state": state(row, now), "vote_statement": rules.STATEMENTS[row.vote_rule]}
    return model.model_validate(fields | more)


async def public_page(session: AsyncSession, *, cursor: str | None, limit: int, now: datetime) -> ConsultationPage:
    """What has been opened, the newest first."""
    rows, following = await _page(session, cursor, limit, drafts=False)
    return ConsultationPage(items=[shown(row, Consultation, now) for row in rows], next_cursor=following)


async def staff_page(session: AsyncSession, *, cursor: str | None, limit: int, now: datetime) -> StaffConsultationPage:
    """Everything, the newest first."""
    rows, following = await _page(session, cursor, limit, drafts=True)
    return StaffConsultationPage(items=[shown(row, StaffConsultation, now) for row in rows], next_cursor=following)


async def create(session: AsyncSession, res: Resources, caller: Staff, body: ConsultationChange, key: str | None) -> str:
    """A new draft's id. The same key again gives the same one."""
    now, consultation_id = res.clock.now(), new_id()
    request = idempotency.fingerprint(body.model_dump_json())
    earlier = await idempotency.claim(session, f"consultation:{caller.id}", key, request, {"id": consultation_id}, now=now)
    if earlier:
        return str(earlier["id"])
    await session.execute(_INSERT, _row(body) | {"id": consultation_id, "now": now, "by": caller.id})
    await publish(session, act(caller, "consultation.drafted", consultation_id, now=now), source=SERVICE)
    return consultation_id


async def change(
    session: AsyncSession, res: Resources, caller: Staff, consultation_id: str, body: ConsultationChange, if_match: str | None
) -> None:
    """Change what has not begun. AppError: NOT_FOUND, PRECONDITION, CONFLICT (people take part already)."""
    now = res.clock.now()
    row = await _lock(session, consultation_id, if_match)
    if state(row, now) not in {"draft", "scheduled"}:
        detail = "People take part already: what they were asked can no longer change. Close it and begin another one."
        raise AppError(Kind.CONFLICT, "consultation-begun", detail)
    await session.execute(_UPDATE, _row(body) | {"id": consultation_id})
    await publish(session, act(caller, "consultation.changed", consultation_id, now=now), source=SERVICE)


async def open_up(session: AsyncSession, res: Resources, caller: Staff, consultation_id: str, if_match: str | None) -> None:
    """Show it to everybody; people take part from `opens_at` on. AppError: NOT_FOUND, PRECONDITION, CONFLICT."""
    now = res.clock.now()
    row = await _lock(session, consultation_id, if_match)
    if row.closed_at is not None or row.closes_at <= now:
        raise AppError(Kind.CONFLICT, "consultation-over", "Its time is over. Set another end before you open it.")
    if row.opened_at is None:
        await session.execute(_OPEN, {"id": consultation_id, "now": now})
        await publish(session, act(caller, "consultation.opened", consultation_id, now=now), source=SERVICE)


async def close(session: AsyncSession, res: Resources, caller: Staff, consultation_id: str, if_match: str | None) -> None:
    """End it for good, before its time too: its result is public from now on. AppError as `open_up`."""
    now = res.clock.now()
    row = await _lock(session, consultation_id, if_match)
    if row.opened_at is None:
        raise AppError(Kind.CONFLICT, "consultation-not-open", "This is a draft nobody has seen: there is nothing to close.")
    if row.closed_at is None:
        await session.execute(_CLOSE, {"id": consultation_id, "now": now})
        await publish(session, act(caller, "consultation.closed", consultation_id, now=now), source=SERVICE)


async def _page(session: AsyncSession, cursor: str | None, limit: int, *, drafts: bool) -> tuple[list[Any], str | None]:
    before_at, before_id = cursors.decode(cursor, (datetime, str)) if cursor else (None, None)
    values = {"drafts": drafts, "before_at": before_at, "before_id": before_id, "limit": limit + 1}
    rows = list(await session.execute(_LIST, values))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, cursors.encode(rows[-1].opens_at.isoformat(), rows[-1].id) if more else None


async def _lock(session: AsyncSession, consultation_id: str, if_match: str | None) -> Any:
    row = (await session.execute(_LOCK, {"id": consultation_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such consultation.")
    preconditions.require(if_match, row.version)
    return row


def _row(body: ConsultationChange) -> dict[str, Any]:
    row = body.model_dump(mode="json", include={"kind", "vote_rule", "most_choices", "opinions", "rules"})
    dumped = body.model_dump(mode="json", include={"texts", "options"})
    row |= {name: json.dumps(dumped[name]) for name in ("texts", "options")}
    return row | {"opens_at": body.opens_at, "closes_at": body.closes_at}
