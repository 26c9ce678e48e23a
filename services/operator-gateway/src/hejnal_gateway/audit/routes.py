"""Reading the audit log; reading it is on record too."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import READ_AUDIT
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.checking import AuditCheck
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.audit.log import Place, Question
from hejnal_gateway.audit.looks import AccountAnswer, Asked, CameraAnswer, find_looks, find_totals
from hejnal_gateway.audit.names import find_names
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
Reader = Annotated[StaffSession, Depends(StaffRequired(READ_AUDIT))]
Cursor = Annotated[str | None, Query(pattern=r"^-?[0-9]{1,18}_[0-9]{1,18}$", description="next_cursor of the page before")]

LONGEST_QUESTION = timedelta(days=366)
JSON_LINES = "application/jsonl"


class AuditEntry(BaseModel):
    """Who did what, when, why."""

    entry_id: str
    position: int = Field(description="Place in the chain")
    at: datetime
    recorded_at: datetime
    actor_id: str
    actor_kind: str
    actor_name: str | None = Field(description="Of staff; residents stay ids")
    actor_role: str
    action: str
    object_id: str
    camera_id: str | None
    camera_name: str | None
    footage_from: datetime | None
    footage_until: datetime | None
    reason: str
    source_ip: str
    outcome: str
    source: str


class AuditPage(BaseModel):
    """Newest first; `next_cursor` asks for the page of older entries."""

    items: list[AuditEntry]
    next_cursor: str | None


@router.get("/entries", summary="Search the audit log")
async def search_audit(
    resources: Res,
    staff: Reader,
    actor_id: Annotated[str | None, Query(max_length=64)] = None,
    action: Annotated[str | None, Query(max_length=80, description="footage.live, or footage. for all of footage")] = None,
    camera_id: CameraId | None = None,
    object_id: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """Entries that fit all given conditions. A first page (not a later one) is itself an entry: audit.searched."""
    if cursor is None:
        asked = f"actor={actor_id or '*'} action={action or '*'}"
        await _note(resources, staff, "audit.searched", object_id=asked, camera_id=camera_id)
    question = Question(actor_id, action, camera_id, object_id, since, until)
    before = _place(cursor)
    rows = await resources.audit_log.find(question, before=Place(*before) if before else None, limit=limit)
    async with resources.database.read() as session:
        names = await find_names(session, actors={row["actor_id"] for row in rows}, camera_ids={row["camera_id"] for row in rows})
    items = [
        AuditEntry.model_validate(
            dict(row)
            | {
                "actor_name": names.actors.get(row["actor_id"]) if row["actor_kind"] == "staff" else None,
                "camera_name": names.cameras.get(row["camera_id"]),
            }
        )
        for row in rows
    ]
    following = _cursor((rows[-1]["at"], rows[-1]["position"])) if len(rows) == limit else None
    return AuditPage(items=items, next_cursor=following)


@router.get("/answers/camera", summary="Who looked at a camera on a day")
async def who_saw_camera(
    resources: Res,
    staff: Reader,
    camera_id: CameraId,
    day: Annotated[date, Query(description="A day of the town, midnight to midnight in Europe/Warsaw")],
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> CameraAnswer:
    """Every look with its way, duration and reason; also of cameras that were removed. Asking is an entry: audit.asked."""
    since = datetime.combine(day, time(), TOWN_TIME)
    until = datetime.combine(day + timedelta(days=1), time(), TOWN_TIME)
    if cursor is None:
        await _note(resources, staff, "audit.asked", object_id=day.isoformat(), camera_id=camera_id)
    asked = Asked("camera_id", camera_id, since, until)
    async with resources.database.read() as session:
        people = await find_totals(session, asked)
        looks, following = await find_looks(session, asked, before=_place(cursor), limit=limit)
        names = await find_names(session, actors=(), camera_ids=[camera_id])
    return CameraAnswer(
        camera_id=camera_id,
        camera_name=names.cameras.get(camera_id),
        day_from=since,
        day_until=until,
        people=people,
        looks=looks,
        next_cursor=_cursor(following) if following else None,
    )


@router.get("/answers/account", summary="What somebody looked at")
async def what_account_saw(
    resources: Res,
    staff: Reader,
    account_id: Annotated[str, Query(min_length=1, max_length=64)],
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> AccountAnswer:
    """Every look with its way, duration and reason, at most a year at once. Asking is an entry: audit.asked."""
    _demand_interval(since, until)
    if cursor is None:
        await _note(resources, staff, "audit.asked", object_id=account_id)
    asked = Asked("actor_id", account_id, since, until)
    async with resources.database.read() as session:
        cameras = await find_totals(session, asked)
        looks, following = await find_looks(session, asked, before=_place(cursor), limit=limit)
        names = await find_names(session, actors=[account_id], camera_ids=())
    return AccountAnswer(
        account_id=account_id,
        account_name=names.actors.get(account_id),
        asked_from=since,
        asked_until=until,
        cameras=cameras,
        looks=looks,
        next_cursor=_cursor(following) if following else None,
    )


@router.post("/checks", status_code=202, summary="Check the audit log")
async def start_check(resources: Res, staff: Reader) -> AuditCheck:
    """Follows the chain from its first entry and compares it with the heads that were signed. The one that runs, if one does."""
    await _note(resources, staff, "audit.checked")
    return await resources.audit_checks.start(by=staff.account_id)


@router.get("/checks/last", summary="The newest check of the audit log")
async def last_check(resources: Res, _staff: Reader) -> AuditCheck:
    """How far it is, or what it has found; 404 before the first."""
    return await resources.audit_checks.last()


@router.get(
    "/export",
    summary="The audit log as a file",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {JSON_LINES: {"schema": {"type": "string", "format": "binary"}}},
            "description": "JSON Lines that carry the chain; `python -m hejnal_gateway audit-check FILE` checks them",
        }
    },
)
async def export_audit(
    resources: Res,
    staff: Reader,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
) -> StreamingResponse:
    """A stretch of the chain that holds every entry of this time, a signed head at its end. An entry itself: audit.exported."""
    if since >= until:
        raise AppError(Kind.INVALID, "interval-invalid", "`from` must lie before `to`.")
    await _note(resources, staff, "audit.exported", object_id=f"{since:%Y-%m-%dT%H:%MZ}/{until:%Y-%m-%dT%H:%MZ}")
    name = f"hejnal-audit_{since:%Y%m%d}-{until:%Y%m%d}.jsonl"
    return StreamingResponse(
        resources.audit_export.lines(since, until, by=staff.account_id),
        media_type=JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _note(
    resources: Resources, staff: StaffSession, action: str, *, object_id: str = "", camera_id: str | None = None
) -> None:
    async with resources.database.transaction() as session:
        now = resources.clock.now()
        await publish_audit(session, staff, action, now, object_id=object_id[:64], camera_id=camera_id)


def _demand_interval(since: datetime, until: datetime) -> None:
    if not since < until:
        raise AppError(Kind.INVALID, "interval-invalid", "`from` must lie before `to`.")
    if until - since > LONGEST_QUESTION:
        raise AppError(Kind.INVALID, "interval-too-long", "Ask for at most a year at once.")


def _cursor(place: tuple[datetime, int]) -> str:
    at, position = place
    return f"{round(at.timestamp() * 1_000_000)}_{position}"


def _place(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    microseconds, position = cursor.split("_")
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(microseconds)), int(position)
    except OverflowError as error:
        raise AppError(Kind.INVALID, "cursor-invalid", "This cursor is not one of ours; ask without it.") from error
