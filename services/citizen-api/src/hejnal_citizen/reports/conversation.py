"""Private messages between a reporter and the town, reopening, and satisfaction."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, rates
from hejnal_citizen.audit import act
from hejnal_citizen.reports import notices
from hejnal_citizen.reports.followup_schemas import Message, Messages, NewMessage, Reopening, Satisfaction, StaffMessage
from hejnal_citizen.reports.listing import REOPEN_WITHIN
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_contracts.residents import ReportAnswered
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_ALL = query("select id, author, by, text, at from report_messages where report_id = :id order by number")
_INSERT = command(
    """
    insert into report_messages (id, report_id, author, by, text, at) values (:id, :report_id, :author, :by, :text, :at)
    """
)
_LOCK = query("select status, outcome, unit, resident_id, merged_into, updated_at from reports where id = :id for update")
_REOPEN = command(
    """
    update reports set status = 'received', outcome = null, reopened = reopened + 1, rating = null, rating_comment = '',
        rated_at = null, version = version + 1, updated_at = :now where id = :id
    """
)
_EVENT = command(
    """
    insert into report_events (id, report_id, kind, status, unit, answer, at)
    values (:event_id, :id, 'reopened', 'received', :unit, '', :now)
    """
)
_RATE = command("update reports set rating = :rating, rating_comment = :comment, rated_at = :now where id = :id")


async def messages_of(session: AsyncSession, report_id: str) -> list[StaffMessage]:
    """All messages with who of the staff wrote them, oldest first."""
    rows = await session.execute(_ALL, {"id": report_id})
    return [StaffMessage.model_validate(row, from_attributes=True) for row in rows]


async def for_reporter(session: AsyncSession, report_id: str) -> Messages:
    """The same without names of staff."""
    found = await messages_of(session, report_id)
    return Messages(items=[Message(**message.model_dump(exclude={"by"})) for message in found])


async def from_reporter(session: AsyncSession, res: Resources, report_id: str, body: NewMessage, key: str | None) -> None:
    """Keep what the reporter writes. AppError: RATE_LIMITED, CONFLICT (key reused)."""
    now = res.clock.now()
    request = idempotency.fingerprint("message", report_id, body.text)
    if await idempotency.claim(session, f"message:{report_id}", key, request, {"id": report_id}, now=now):
        return
    limit = res.settings.messages_per_report_hour
    await rates.spend(session, res.secrets.caller_key("messages", report_id), limit, now=now)
    row = {"id": new_id(), "report_id": report_id, "author": "reporter", "by": "", "text": body.text, "at": now}
    await session.execute(_INSERT, row)


async def from_staff(
    session: AsyncSession, res: Resources, caller: Staff, report_id: str, body: NewMessage, key: str | None
) -> None:
    """Write to the reporter, who is told by their contact. AppError: NOT_FOUND, CONFLICT (key reused)."""
    now = res.clock.now()
    await _lock(session, report_id)
    request = idempotency.fingerprint("message", report_id, body.text)
    if await idempotency.claim(session, f"message:{caller.id}", key, request, {"id": report_id}, now=now):
        return
    row = {"id": new_id(), "report_id": report_id, "author": "staff", "by": caller.id, "text": body.text, "at": now}
    await session.execute(_INSERT, row)
    await notices.tell(session, res, report_id, "message", to=notices.To(), said=body.text)
    await publish(session, act(caller, "report.message-sent", report_id, now=now), source=SERVICE)


async def reopen(session: AsyncSession, res: Resources, report_id: str, body: Reopening, key: str | None) -> None:
    """The reporter says that it is not over: the report goes back to the clerks, the reason is a private message.

    AppError: CONFLICT (not closed, too long ago, merged, key reused).
    """
    now = res.clock.now()
    report = await _lock(session, report_id)
    request = idempotency.fingerprint("reopening", report_id, body.reason)
    if await idempotency.claim(session, f"reopening:{report_id}", key, request, {"id": report_id}, now=now):
        return
    if report.status != "closed":
        raise AppError(Kind.CONFLICT, "report-open", "This report is not closed. Write a message instead.")
    if report.merged_into is not None:
        raise AppError(Kind.CONFLICT, "report-merged", "This report goes on in another one; follow that one.")
    if report.updated_at <= now - REOPEN_WITHIN:
        detail = f"It was closed more than {REOPEN_WITHIN.days} days ago. Please send a new report."
        raise AppError(Kind.CONFLICT, "closed-too-long-ago", detail)
    row: dict[str, Any] = {"id": report_id, "now": now, "event_id": new_id(), "unit": report.unit}
    await session.execute(_REOPEN, row)
    await session.execute(_EVENT, row)
    words = {"id": new_id(), "report_id": report_id, "author": "reporter", "by": "", "text": body.reason, "at": now}
    await session.execute(_INSERT, words)
    await notices.tell(session, res, report_id, "reopened", to=notices.To(reporter=False, followers=True))
    fact = ReportAnswered(report_id=report_id, resident_id=report.resident_id, status="received", at=now)
    await publish(session, fact, source=SERVICE)


async def rate(session: AsyncSession, res: Resources, report_id: str, body: Satisfaction) -> None:
    """Note what the reporter thinks of how it ended. AppError(CONFLICT) while it has not."""
    report = await _lock(session, report_id)
    if report.status != "closed":
        raise AppError(Kind.CONFLICT, "report-open", "You can say how satisfied you are once the report is closed.")
    values = {"id": report_id, "rating": body.rating, "comment": body.comment, "now": res.clock.now()}
    await session.execute(_RATE, values)


async def _lock(session: AsyncSession, report_id: str) -> Any:
    row = (await session.execute(_LOCK, {"id": report_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no report with this id.")
    return row
