"""What became of an announcement's deliveries, for the console; addresses are masked."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import text

from hejnal_notifier.resources import Resources, get_resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1", tags=["deliveries"])


class DeliveryRow(BaseModel):
    """One delivery."""

    delivery_id: str
    version: int
    channel: str
    state: str
    address: str = Field(description="Masked; empty when the contact is gone")
    attempts: int
    cause: str | None
    detail: str | None
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    changed_at: datetime


class DeliveryPage(BaseModel):
    """Deliveries of all versions of an announcement, newest version first."""

    announcement_id: str
    total: int
    deliveries: list[DeliveryRow]


_KNOWN = text("select newest_version from announcements where announcement_id = :announcement_id")
_ROWS = text(
    "select d.delivery_id, v.version, d.channel, d.state, c.address, d.attempts, d.cause, d.detail, d.created_at, d.not_before, "
    "d.sent_at, d.changed_at from versions v join deliveries d using (version_id) "
    "left join contacts c on c.resident_id = d.resident_id and c.contact_id = d.contact_id "
    "where v.announcement_id = :announcement_id and (cast(:state as text) is null or d.state = :state) "
    "order by v.version desc, d.delivery_id limit :limit offset :offset"
)
_TOTAL = text(
    "select count(*) from versions v join deliveries d using (version_id) "
    "where v.announcement_id = :announcement_id and (cast(:state as text) is null or d.state = :state)"
)


def mask(channel: str, address: str) -> str:
    """Enough to recognise one's own address, not to write to another's."""
    if channel == "email":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    if channel == "sms":
        return f"…{address[-3:]}"
    return address.split("/")[2] if address.count("/") >= 2 else "…"


@router.get("/announcements/{announcement_id}/deliveries")
async def list_deliveries(
    announcement_id: str,
    resources: Annotated[Resources, Depends(get_resources)],
    state: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> DeliveryPage:
    """Deliveries of an announcement; 404 when the notifier has never heard of it."""
    parameters = {"announcement_id": announcement_id, "state": state, "limit": limit, "offset": offset}
    async with resources.database.read() as session:
        if (await session.execute(_KNOWN, {"announcement_id": announcement_id})).first() is None:
            raise AppError(Kind.NOT_FOUND, "announcement-unknown", "No version of this announcement has arrived here.")
        total = (await session.execute(_TOTAL, {"announcement_id": announcement_id, "state": state})).scalar_one()
        rows = (await session.execute(_ROWS, parameters)).all()
    deliveries = [
        DeliveryRow(
            delivery_id=str(row.delivery_id),
            version=row.version,
            channel=row.channel,
            state=row.state,
            address=mask(row.channel, row.address) if row.address else "",
            attempts=row.attempts,
            cause=row.cause,
            detail=row.detail,
            created_at=row.created_at,
            not_before=row.not_before,
            sent_at=row.sent_at,
            changed_at=row.changed_at,
        )
        for row in rows
    ]
    return DeliveryPage(announcement_id=announcement_id, total=total, deliveries=deliveries)
