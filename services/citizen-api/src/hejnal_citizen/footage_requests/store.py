"""Requests in the database: made, secured, answered; each step on record."""

import hmac
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors, idempotency, preconditions, rates
from hejnal_citizen.audit import act
from hejnal_citizen.footage_requests import rules
from hejnal_citizen.footage_requests.schemas import (
    Extension,
    FootageAnswer,
    FootageRequestAccepted,
    FootageRequestEvent,
    FootageRequestForm,
    FootageRequestPage,
    FootageRequestRow,
    FootageRequestView,
    HandOver,
    IdentityCheck,
    StaffFootageRequest,
    State,
)
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.secrets import token_hash
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish
from hejnal_runtime.quiet_hours import TOWN_TIME

_NUMBER = query(
    """
    insert into footage_request_numbers (year, last) values (:year, 1)
    on conflict (year) do update set last = footage_request_numbers.last + 1 returning last
    """
)
_INSERT = command(
    """
    insert into footage_requests (id, reference, state, camera_id, place, starts_at, ends_at, description, name, contact,
        handover, language, token_hash, submitted_at, due_at)
    values (:id, :reference, 'received', :camera_id, :place, :starts_at, :ends_at, :description, :name, :contact,
        :handover, :language, :token_hash, :now, :due_at)
    """
)
_EVENT = command(
    "insert into footage_request_events (id, request_id, kind, by, note, at) values (:id, :request_id, :kind, :by, :note, :at)"
)
_ONE = query("select * from footage_requests where id = :id")
_LOCK = query("select * from footage_requests where id = :id for update")
_EVENTS = query("select kind, by, note, at from footage_request_events where request_id = :id order by number")
_LIST = query(
    """
    select * from footage_requests
    where (cardinality(cast(:states as text[])) = 0 or state = any(cast(:states as text[])))
      and (cast(:before_at as timestamptz) is null
           or (submitted_at, id) < (cast(:before_at as timestamptz), cast(:before_id as text)))
    order by submitted_at desc, id desc limit :limit
    """
)
_CAMERA = query("select 1 from cameras where camera_id = :camera_id and public")
_IDENTITY = command(
    "update footage_requests set version = version + 1, state = 'identity_confirmed', identity_way = :way where id = :id"
)
_SECURED = command(
    """
    update footage_requests set version = version + 1, hold_id = coalesce(:hold_id, hold_id),
        export_id = coalesce(:export_id, export_id) where id = :id
    """
)
_EXTENDED = command(
    "update footage_requests set version = version + 1, due_at = :due_at, extended_reason = :reason where id = :id"
)
_ANSWERED = command(
    """
    update footage_requests set version = version + 1, state = 'answered', outcome = :outcome, answer = :answer,
        answered_at = :now where id = :id
    """
)
_FORGET = command("delete from footage_requests where answered_at < :before")

EventKind = Literal["submitted", "identity_confirmed", "secured", "extended", "answered"]


async def submit(
    session: AsyncSession, res: Resources, body: FootageRequestForm, *, ip: str, key: str | None
) -> FootageRequestAccepted:
    """Take a request down. AppError: INVALID (time, camera), RATE_LIMITED, CONFLICT (key reused)."""
    now, request_id = res.clock.now(), new_id()
    rules.check_span(body.starts_at, body.ends_at, now, res.settings.longest_kept_days)
    if body.camera_id and (await session.execute(_CAMERA, {"camera_id": body.camera_id})).first() is None:
        detail = "There is no such camera in the public register. Leave it out and describe the place."
        errors = [{"pointer": "/body/camera_id", "code": "unknown-camera", "detail": detail}]
        raise AppError(Kind.INVALID, "unknown-camera", detail, errors=errors)
    request = idempotency.fingerprint(body.model_dump_json())
    earlier = await idempotency.claim(session, "footage-requests", key, request, {"id": request_id}, now=now)
    if earlier:
        request_id = str(earlier["id"])
    else:
        limit = res.settings.footage_requests_per_ip_hour
        await rates.spend(session, res.secrets.caller_key("footage-ip", ip), limit, now=now)
        await _insert(session, res, body, request_id, now)
    row = (await session.execute(_ONE, {"id": request_id})).one()
    token = res.secrets.follow_token(request_id)
    return FootageRequestAccepted(**_view(row).model_dump(), token=token, next_steps=rules.NEXT_STEPS)


async def by_secret(session: AsyncSession, request_id: str, secret: str) -> FootageRequestView:
    """A request for who made it; AppError(NOT_FOUND) without the right secret."""
    row = (await session.execute(_ONE, {"id": request_id})).first()
    if row is None or not hmac.compare_digest(bytes(row.token_hash), token_hash(secret)):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such request, or its secret is another.")
    return _view(row)


async def page(
    session: AsyncSession, states: list[State], *, cursor: str | None, limit: int, now: datetime
) -> FootageRequestPage:
    """Requests in these states (none named: all), the newest first."""
    before_at, before_id = cursors.decode(cursor, (datetime, str)) if cursor else (None, None)
    values = {"states": list(states), "before_at": before_at, "before_id": before_id, "limit": limit + 1}
    rows = list(await session.execute(_LIST, values))
    more, rows = len(rows) > limit, rows[:limit]
    items = [FootageRequestRow(**_fields(FootageRequestRow, row, days_left=rules.days_left(row.due_at, now))) for row in rows]
    following = cursors.encode(rows[-1].submitted_at.isoformat(), rows[-1].id) if more else None
    return FootageRequestPage(items=items, next_cursor=following)


async def detail(session: AsyncSession, request_id: str, now: datetime) -> StaffFootageRequest:
    """One request with its history; AppError(NOT_FOUND)."""
    row = (await session.execute(_ONE, {"id": request_id})).first()
    if row is None:
        raise _not_found()
    events = await session.execute(_EVENTS, {"id": request_id})
    history = [FootageRequestEvent.model_validate(event, from_attributes=True) for event in events]
    more = {"days_left": rules.days_left(row.due_at, now), "history": history}
    return StaffFootageRequest(**_fields(StaffFootageRequest, row, **more))


async def confirm_identity(
    session: AsyncSession, res: Resources, caller: Staff, request_id: str, body: IdentityCheck, if_match: str | None
) -> None:
    """The office knows who is asking. AppError: NOT_FOUND, PRECONDITION, CONFLICT (answered)."""
    row = await _lock(session, request_id, if_match)
    if row.state == "identity_confirmed":
        return
    await session.execute(_IDENTITY, {"id": request_id, "way": body.way})
    await _note(session, res, caller, request_id, "identity_confirmed", f"{body.way}: {body.note}" if body.note else body.way)


async def hand_over(
    session: AsyncSession, res: Resources, caller: Staff, request_id: str, body: HandOver, if_match: str | None
) -> None:
    """Note which hold and which evidence package belong to the request. AppError as above."""
    await _lock(session, request_id, if_match)
    await session.execute(_SECURED, {"id": request_id, "hold_id": body.hold_id, "export_id": body.export_id})
    named = [f"{name} {value}" for name, value in (("hold", body.hold_id), ("export", body.export_id)) if value]
    await _note(session, res, caller, request_id, "secured", ", ".join(named))


async def extend(
    session: AsyncSession, res: Resources, caller: Staff, request_id: str, body: Extension, if_match: str | None
) -> None:
    """Two months more, once. AppError as above, and CONFLICT (extended before, or late already)."""
    row = await _lock(session, request_id, if_match)
    if row.extended_reason:
        raise AppError(Kind.CONFLICT, "extended-before", "The time was extended before; the law allows it once.")
    if row.due_at < res.clock.now():
        detail = "The month is over: an extension must be told within it. Answer as soon as you can."
        raise AppError(Kind.CONFLICT, "extension-late", detail)
    due = rules.due_at(row.submitted_at, rules.MONTHS + rules.EXTENSION_MONTHS)
    await session.execute(_EXTENDED, {"id": request_id, "due_at": due, "reason": body.reason})
    await _note(session, res, caller, request_id, "extended", body.reason)


async def answer(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    request_id: str,
    body: FootageAnswer,
    if_match: str | None,
    key: str | None,
) -> None:
    """Answer for good. AppError as above, and CONFLICT (identity not confirmed, no package named)."""
    now = res.clock.now()
    row = (await session.execute(_LOCK, {"id": request_id})).first()
    if row is None:
        raise _not_found()
    request = idempotency.fingerprint(body.model_dump_json())
    if await idempotency.claim(session, f"footage-answer:{request_id}", key, request, {"id": request_id}, now=now):
        return
    preconditions.require(if_match, row.version)
    rules.check_answer(row.state, body.outcome, row.export_id)
    await session.execute(_ANSWERED, {"id": request_id, "outcome": body.outcome, "answer": body.answer, "now": now})
    await _note(session, res, caller, request_id, "answered", body.outcome)


async def forget_old(session: AsyncSession, *, keep_days: int, now: datetime) -> None:
    """Drop requests whose answer lies so far back that nobody can contest it any more."""
    await session.execute(_FORGET, {"before": now - timedelta(days=keep_days)})


async def _insert(session: AsyncSession, res: Resources, body: FootageRequestForm, request_id: str, now: datetime) -> None:
    year = now.astimezone(TOWN_TIME).year
    number = (await session.execute(_NUMBER, {"year": year})).scalar_one()
    values = body.model_dump()
    values |= {"id": request_id, "reference": f"N-{year}-{number:05d}", "language": body.language.value, "now": now}
    values |= {"token_hash": token_hash(res.secrets.follow_token(request_id)), "due_at": rules.due_at(now)}
    await session.execute(_INSERT, values)
    event = {"id": new_id(), "request_id": request_id, "kind": "submitted", "by": "", "note": "", "at": now}
    await session.execute(_EVENT, event)


async def _lock(session: AsyncSession, request_id: str, if_match: str | None) -> Any:
    row = (await session.execute(_LOCK, {"id": request_id})).first()
    if row is None:
        raise _not_found()
    preconditions.require(if_match, row.version)
    rules.require_unanswered(row.state)
    return row


async def _note(session: AsyncSession, res: Resources, caller: Staff, request_id: str, kind: EventKind, note: str) -> None:
    now = res.clock.now()
    event = {"id": new_id(), "request_id": request_id, "kind": kind, "by": caller.id, "note": note, "at": now}
    await session.execute(_EVENT, event)
    entry = act(caller, f"footage-request.{kind.replace('_', '-')}", request_id, now=now)
    await publish(session, entry, source=SERVICE)


def _view(row: Any) -> FootageRequestView:
    return FootageRequestView(**_fields(FootageRequestView, row))


def _fields(model: type[Any], row: Any, **more: Any) -> dict[str, Any]:
    known = row._asdict() | {"footage_secured": bool(row.hold_id or row.export_id)} | more
    return {name: known[name] for name in model.model_fields}


def _not_found() -> AppError:
    return AppError(Kind.NOT_FOUND, "not-found", "There is no such request.")
