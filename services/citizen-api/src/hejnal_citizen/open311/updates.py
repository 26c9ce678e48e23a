"""Service request updates (the extension of mySociety's adapters): what the town has answered, and answers from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.open311 import keys
from hejnal_citizen.open311.documents import Document
from hejnal_citizen.open311.errors import bad, missing, unknown
from hejnal_citizen.open311.parameters import DEFAULT_ROWS, given, span
from hejnal_citizen.open311.submit import require_key
from hejnal_citizen.reports import answers
from hejnal_citizen.reports.schemas import Answer
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind

ACTOR_ROLE = "open311"
LONGEST = 4000
Status = Literal["received", "in_progress", "planned", "closed"]
Outcome = Literal["fixed", "not_ours", "duplicate", "rejected"]

STATUSES: Mapping[str, tuple[Status, Outcome | None]] = {
    "OPEN": ("in_progress", None),
    "INVESTIGATING": ("in_progress", None),
    "IN_PROGRESS": ("in_progress", None),
    "ACTION_SCHEDULED": ("planned", None),
    "CLOSED": ("closed", "fixed"),
    "FIXED": ("closed", "fixed"),
    "NO_FURTHER_ACTION": ("closed", "rejected"),
    "NOT_COUNCILS_RESPONSIBILITY": ("closed", "not_ours"),
    "DUPLICATE": ("closed", "duplicate"),
}
"""GeoReport's two statuses and the extended ones of its updates, as ours."""

_ROWS = query(
    """
    select e.id, r.reference, e.status, e.outcome, e.answer, e.at
    from report_events e join reports r on r.id = e.report_id
    join categories c on c.kind = 'report' and c.code = r.category and c.open311 <> 'off'
    where e.kind in ('answered', 'closed', 'reopened')
      and (cast(:since as timestamptz) is null or e.at >= :since) and (cast(:until as timestamptz) is null or e.at <= :until)
      and (not :by_id or r.reference = any(cast(:ids as text[])))
    order by e.at, e.number limit :limit
    """
)
_REPORT = query("select id, version, status, outcome from reports where reference = :reference for update")
_FIRST_TIME = command(
    """
    insert into open311_updates (report_id, update_key, at) values (:report_id, :key, :now) on conflict do nothing returning 1
    """
)


async def listing(session: AsyncSession, parameters: Mapping[str, str], now: datetime) -> Document:
    """All public answers of a time, oldest first."""
    ids = [part.strip() for part in parameters.get("service_request_id", "").split(",") if part.strip()][:DEFAULT_ROWS]
    since, until = (None, None) if ids and not {"start_date", "end_date"} & parameters.keys() else span(parameters, now)
    values = {"since": since, "until": until, "ids": ids, "by_id": bool(ids), "limit": DEFAULT_ROWS}
    rows = await session.execute(_ROWS, values)
    found = [
        {
            "update_id": row.id,
            "service_request_id": row.reference,
            "status": "closed" if row.status == "closed" else "open",
            "updated_datetime": row.at.isoformat(),
            "description": row.answer or row.outcome or row.status,
            "media_url": None,
        }
        for row in rows
    ]
    return Document("service_request_updates", found)


async def submit(res: Resources, pairs: Sequence[tuple[str, str]]) -> Document:
    """Another program answers a report. The same `update_id` again changes nothing.

    AppError: FORBIDDEN (api_key), INVALID, NOT_FOUND (service_request_id).
    """
    parameters = given(pairs)
    async with res.database.transaction() as session:
        key = await require_key(session, parameters)
        if not key.may_update:
            raise AppError(Kind.FORBIDDEN, "api-key-may-not", "api_key does not allow updates")
        for name in ("service_request_id", "update_id", "status"):
            if name not in parameters:
                raise missing(name)
        if len(parameters["update_id"]) > 80:
            raise bad("update_id is too long", "update-id-invalid")
        moved = STATUSES.get(parameters["status"].upper())
        if moved is None:
            raise bad(f"status must be one of {', '.join(STATUSES)}", "status-invalid")
        report = (await session.execute(_REPORT, {"reference": parameters["service_request_id"]})).first()
        if report is None:
            raise unknown("service_request_id")
        await keys.used(session, key.id, now=res.clock.now())
        words = parameters.get("description", "")[:LONGEST]
        if await first_time(session, report.id, f"{key.id}:{parameters['update_id']}", now=res.clock.now()):
            await apply(session, res, f"open311-{key.id}", report, moved, words)
    done = {"update_id": parameters["update_id"], "service_request_id": parameters["service_request_id"]}
    return Document("service_request_updates", [done])


async def first_time(session: AsyncSession, report_id: str, update_key: str, *, now: datetime) -> bool:
    """Whether an outside answer was not put to the report before; from now on it was."""
    row = {"report_id": report_id, "key": update_key, "now": now}
    return (await session.execute(_FIRST_TIME, row)).first() is not None


async def apply(
    session: AsyncSession,
    res: Resources,
    actor: str,
    report: Any,
    moved: tuple[Status, Outcome | None],
    words: str,
) -> bool:
    """Put an outside answer to a report as staff's own would be; False when it says nothing new."""
    status, outcome = moved
    if status == report.status and not words:
        return False
    if status == "closed" and report.status == "closed":
        outcome = report.outcome
    body = Answer(expected_version=report.version, status=status, outcome=outcome, answer=words)
    await answers.answer(session, res, Staff(actor, ACTOR_ROLE), report.id, body, None)
    return True
