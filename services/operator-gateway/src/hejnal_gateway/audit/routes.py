"""Reading the audit log; reading it is on record too."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import READ_AUDIT
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
Reader = Annotated[StaffSession, Depends(StaffRequired(READ_AUDIT))]


class AuditEntry(BaseModel):
    """Who did what, when, why."""

    entry_id: str
    at: datetime
    actor_id: str
    actor_kind: str
    actor_role: str
    action: str
    object_id: str
    camera_id: str | None
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


@router.get("", summary="Search the audit log")
async def search_audit(
    resources: Res,
    staff: Reader,
    actor_id: Annotated[str | None, Query(max_length=64)] = None,
    action: Annotated[str | None, Query(max_length=80, description="footage.live, or footage. for all of footage")] = None,
    camera_id: CameraId | None = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """Entries that fit all given conditions. A first page (not a later one) is itself an entry: audit.searched."""
    if cursor is None:
        async with resources.database.transaction() as session:
            asked = f"actor={actor_id or '*'} action={action or '*'}"
            await publish_audit(
                session, staff, "audit.searched", resources.clock.now(), object_id=asked[:64], camera_id=camera_id
            )
    rows = await resources.audit_log.find(
        actor_id=actor_id,
        action=action,
        camera_id=camera_id,
        since=since,
        until=until,
        before_position=int(cursor) if cursor else None,
        limit=limit,
    )
    return AuditPage(
        items=[AuditEntry.model_validate(row) for row in rows],
        next_cursor=str(rows[-1]["position"]) if len(rows) == limit else None,
    )
