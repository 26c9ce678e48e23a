"""What staff do with a report: answer, move on, close, reopen, route. Each is a fact and an audit entry."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency
from hejnal_citizen.audit import act
from hejnal_citizen.reports import following, notices
from hejnal_citizen.reports.followup_schemas import Merge
from hejnal_citizen.reports.notice_words import NoticeKind
from hejnal_citizen.reports.schemas import Answer, Routing
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_contracts.base import Language
from hejnal_contracts.residents import ReportAnswered, ReportClosed, ReportRouted
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_LOCK = query("select version, status, outcome, unit, resident_id from reports where id = :id for update")
_LOCK_BOTH = query(
    """
    select id, reference, version, unit, resident_id, merged_into, language from reports
    where id = any(cast(:ids as text[])) order by id for update
    """
)
_MERGE = command(
    """
    update reports set status = 'closed', outcome = 'duplicate', merged_into = :into, version = version + 1, updated_at = :now
    where id = :id
    """
)
_GOES_ON = {
    Language.PL: "Tę samą sprawę prowadzimy pod numerem {reference}.",
    Language.EN: "The same matter goes on under the number {reference}.",
    Language.UK: "Цю саму справу ведемо під номером {reference}.",
}
_MOVE = command(
    """
    update reports set status = :status, outcome = :outcome, merged_into = null, version = version + 1,
        updated_at = :now where id = :id
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
    if closed or body.answer:
        kind: NoticeKind = "closed" if closed else "answered"
        everybody = notices.To(reporter=True, followers=True)
        await notices.tell(session, res, report_id, kind, to=everybody, said=body.answer, outcome=body.outcome)


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


async def merge(session: AsyncSession, res: Resources, caller: Staff, report_id: str, body: Merge) -> None:
    """Close a report as a duplicate of another, which its reporter and followers then follow.

    AppError: NOT_FOUND, CONFLICT (somebody was faster, closed or merged before), INVALID (into itself, or a merged one).
    """
    if body.into == report_id:
        raise AppError(Kind.INVALID, "merge-into-itself", "A report cannot go on in itself. Choose another one.")
    now = res.clock.now()
    rows = {row.id: row for row in await session.execute(_LOCK_BOTH, {"ids": sorted([report_id, body.into])})}
    if report_id not in rows or body.into not in rows:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no report with this id.")
    report, into = rows[report_id], rows[body.into]
    _check_version(report, body.expected_version)
    if report.merged_into is not None:
        raise AppError(Kind.CONFLICT, "already-merged", "This report goes on in another one already.")
    if into.merged_into is not None:
        detail = "The other report goes on in a third one. Choose that one."
        raise AppError(Kind.INVALID, "merge-into-merged", detail)
    await session.execute(_MERGE, {"id": report_id, "into": body.into, "now": now})
    words = _GOES_ON[Language(report.language)].format(reference=into.reference)
    event: dict[str, Any] = {"id": new_id(), "report_id": report_id, "kind": "closed", "status": "closed", "outcome": "duplicate"}
    await session.execute(_EVENT, event | {"unit": report.unit, "answer": words, "by": caller.id, "at": now})
    fact = ReportClosed(report_id=report_id, resident_id=report.resident_id, outcome="duplicate", answer=words, at=now)
    entry = act(caller, "report.merged", report_id, now=now, reason=into.reference)
    await publish(session, fact, entry, source=SERVICE)
    everybody = notices.To(reporter=True, followers=True)
    await notices.tell(session, res, report_id, "closed", to=everybody, said=words, outcome="duplicate")
    await following.take_over(session, res, report_id, body.into)


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
