"""What staff do with a report: answer, move on, close, reopen, route. Each is a fact and an audit entry."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency
from hejnal_citizen.audit import act
from hejnal_citizen.reports.schemas import Answer, Routing
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_contracts.residents import ReportAnswered, ReportClosed, ReportRouted
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_LOCK = query("select version, status, outcome, unit, resident_id from reports where id = :id for update")
_MOVE = command(
    """
    update reports set status = :status, outcome = :outcome, version = version + 1, updated_at = :now where id = :id
    """
)
_ROUTE = command("update reports set unit = :unit, version = version + 1, updated_at = :now where id = :id")
_EVENT = command(
    """
    insert into report_events (id, report_id, kind, status, outcome, unit, answer, by, at)
    values (:id, :report_id, :kind, :status, :outcome, :unit, :answer, :by, :at)
    """
)


async def answer(session: AsyncSession, res: Resources, caller: Staff, report_id: str, body: Answer, key: str | None) -> None:
    """Answer or move a report on. AppError: NOT_FOUND, CONFLICT (somebody was faster), INVALID (outcome, nothing said)."""
    now = res.clock.now()
    report = await _lock(session, report_id)
    request = idempotency.fingerprint("answer", report_id, body.model_dump_json())
    if await idempotency.claim(session, f"report:{caller.id}", key, request, {"id": report_id}, now=now):
        return
    _check_version(report, body.expected_version)
    _check_answer(report, body)
    closed = body.status == "closed"
    await session.execute(_MOVE, {"id": report_id, "status": body.status, "outcome": body.outcome, "now": now})
    event: dict[str, Any] = {"id": new_id(), "report_id": report_id, "status": body.status}
    event["kind"] = "closed" if closed else "answered"
    event |= {"outcome": body.outcome, "unit": report.unit, "answer": body.answer, "by": caller.id, "at": now}
    await session.execute(_EVENT, event)
    fact: ReportAnswered | ReportClosed
    if body.status == "closed":
        assert body.outcome is not None
        fact = ReportClosed(report_id=report_id, resident_id=report.resident_id, outcome=body.outcome, answer=body.answer, at=now)
    else:
        fact = ReportAnswered(report_id=report_id, resident_id=report.resident_id, status=body.status, answer=body.answer, at=now)
    entry = act(caller, "report.closed" if closed else "report.answered", report_id, now=now)
    await publish(session, fact, entry, source=SERVICE)


async def route(session: AsyncSession, res: Resources, caller: Staff, report_id: str, body: Routing) -> None:
    """Make another unit responsible. AppError: NOT_FOUND, CONFLICT (somebody was faster)."""
    now = res.clock.now()
    report = await _lock(session, report_id)
    _check_version(report, body.expected_version)
    if report.unit == body.unit:
        return
    await session.execute(_ROUTE, {"id": report_id, "unit": body.unit, "now": now})
    event = {"id": new_id(), "report_id": report_id, "kind": "routed", "status": report.status, "outcome": report.outcome}
    await session.execute(_EVENT, event | {"unit": body.unit, "answer": "", "by": caller.id, "at": now})
    fact = ReportRouted(report_id=report_id, unit=body.unit, at=now)
    await publish(session, fact, act(caller, "report.routed", report_id, now=now, reason=body.unit), source=SERVICE)


async def _lock(session: AsyncSession, report_id: str) -> Any:
    row = (await session.execute(_LOCK, {"id": report_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no report with this id.")
    return row


def _check_version(report: Any, expected: int) -> None:
    if report.version != expected:
        now = f"it is version {report.version} now"
        detail = f"Somebody else changed this report meanwhile ({now}). Look at it again before you answer."
        raise AppError(Kind.CONFLICT, "version-conflict", detail)


def _check_answer(report: Any, body: Answer) -> None:
    if (body.status == "closed") != (body.outcome is not None):
        detail = "Say how it ended when you close a report, and only then."
        raise AppError(Kind.INVALID, "outcome-mismatch", detail)
    if body.status == report.status and body.outcome == report.outcome and not body.answer:
        raise AppError(Kind.INVALID, "nothing-to-say", "Write an answer or choose another status.")
