"""Public: what a reporter, or somebody with the same trouble, does after a report was sent; and a photo's place before."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from hejnal_citizen import rates
from hejnal_citizen.access import MaybeSignedIn, Res, SignedIn, client_ip
from hejnal_citizen.reports import conversation, following, listing
from hejnal_citizen.reports.followup_schemas import (
    Messages,
    MeToo,
    MeTooCount,
    NewMessage,
    PhotoPlace,
    Reopening,
    Satisfaction,
)
from hejnal_citizen.reports.public_routes import Token
from hejnal_citizen.reports.schemas import ReporterView
from hejnal_citizen.reports.upload import receive
from hejnal_citizen.resources import Resources
from hejnal_citizen.schema import IdempotencyKey, problems
from hejnal_citizen.town import addresses
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(tags=["reports"])

ReportId = Annotated[str, Path(max_length=64)]

PHOTO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "title": "PhotoForm",
                    "type": "object",
                    "required": ["photo"],
                    "properties": {"photo": {"type": "string", "format": "binary", "description": "As in POST /reports"}},
                }
            }
        },
    }
}


@router.post("/photo-places", responses=problems(413, 415, 429), openapi_extra=PHOTO_BODY)
async def read_photo_place(res: Res, request: Request) -> PhotoPlace:
    """Where a photo says it was taken, to be offered as the pin. The photo is thrown away; no place is ever stored with one."""
    ip = res.secrets.caller_key("photo-place-ip", client_ip(request))
    async with res.database.transaction() as session:
        await rates.spend(session, ip, res.settings.reports_per_ip_hour * 6, now=res.clock.now())
    folder = await asyncio.to_thread(res.photos.begin)
    try:
        upload = await receive(request, folder, photo_bytes=res.settings.photo_bytes, upload_bytes=res.settings.photo_bytes)
        if len(upload.photos) != 1:
            raise AppError(Kind.INVALID, "one-photo", "Send exactly one photo in the field `photo`.")
        data = await res.photo_workers.place(upload.photos[0].path)
    finally:
        await asyncio.to_thread(res.photos.abandon, folder)
    taken_at = datetime.fromisoformat(data.taken_at) if data.taken_at else None
    if data.lat is None or data.lon is None:
        return PhotoPlace(place=None, inside_town=False, address="", taken_at=taken_at)
    place = Point(lat=data.lat, lon=data.lon)
    async with res.database.read() as session:
        near = await addresses.nearest(session, place)
    address = near.address.label if near.address else ""
    return PhotoPlace(place=place, inside_town=near.inside_town, address=address, taken_at=taken_at)


@router.post("/reports/{report_id}/me-too", responses=problems(404, 409, 429))
async def report_me_too(res: Res, report_id: ReportId, caller: MaybeSignedIn, request: Request, body: MeToo) -> MeTooCount:
    """Say that one has the same trouble: counted once per person or device, told of answers if a contact is left."""
    resident_id = caller.resident_id if caller else None
    async with res.database.transaction() as session:
        return await following.me_too(session, res, report_id, body, resident_id=resident_id, ip=client_ip(request))


@router.get("/reports/{report_id}/messages", responses=problems(404))
async def list_report_messages(
    res: Res, report_id: ReportId, caller: MaybeSignedIn, response: Response, token: Token = None
) -> Messages:
    """Private messages about one's own report, oldest first."""
    response.headers["Cache-Control"] = "no-store"
    async with res.database.read() as session:
        await listing.require_reporter(session, report_id, token=token, resident_id=_id(caller))
        return await conversation.for_reporter(session, report_id)


@router.post("/reports/{report_id}/messages", status_code=201, responses=problems(404, 409, 429))
async def send_report_message(
    res: Res,
    report_id: ReportId,
    caller: MaybeSignedIn,
    body: NewMessage,
    token: Token = None,
    idempotency_key: IdempotencyKey = None,
) -> Messages:
    """Write to the clerks about one's own report."""
    async with res.database.transaction() as session:
        await listing.require_reporter(session, report_id, token=token, resident_id=_id(caller))
        await conversation.from_reporter(session, res, report_id, body, idempotency_key)
        return await conversation.for_reporter(session, report_id)


@router.post("/reports/{report_id}/reopening", status_code=201, responses=problems(404, 409))
async def reopen_report(
    res: Res,
    report_id: ReportId,
    caller: MaybeSignedIn,
    body: Reopening,
    token: Token = None,
    idempotency_key: IdempotencyKey = None,
) -> ReporterView:
    """Say that one's own closed report is not over, within 30 days."""
    async with res.database.transaction() as session:
        await listing.require_reporter(session, report_id, token=token, resident_id=_id(caller))
        await conversation.reopen(session, res, report_id, body, idempotency_key)
        return await _view(session, res, report_id)


@router.put("/reports/{report_id}/satisfaction", responses=problems(404, 409))
async def rate_report(
    res: Res, report_id: ReportId, caller: MaybeSignedIn, body: Satisfaction, token: Token = None
) -> ReporterView:
    """Say how satisfied one is with the end of one's own report; may be changed."""
    async with res.database.transaction() as session:
        await listing.require_reporter(session, report_id, token=token, resident_id=_id(caller))
        await conversation.rate(session, res, report_id, body)
        return await _view(session, res, report_id)


def _id(caller: SignedIn | None) -> str | None:
    return caller.resident_id if caller else None


async def _view(session: Any, res: Resources, report_id: str) -> ReporterView:
    return await listing.reporter_view(session, report_id, now=res.clock.now())
