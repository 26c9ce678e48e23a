"""Staff: the queue of reports, one report, its photos, answers and routing."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from hejnal_citizen.access import Res
from hejnal_citizen.places import parse_near
from hejnal_citizen.reports import answers, listing, queue
from hejnal_citizen.reports.queue import StaffSelection
from hejnal_citizen.reports.schemas import Answer, Routing, StaffReport, StaffReportPage, Status
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, binary, problems
from hejnal_citizen.staff_access import AnyStaff, Clerk

router = APIRouter(tags=["reports"])

JPEG = binary("image/jpeg")


@router.get("/reports", responses=problems(401, 403))
async def list_reports(
    res: Res,
    _: AnyStaff,
    status: Annotated[list[Status] | None, Query()] = None,
    category: Annotated[list[str] | None, Query()] = None,
    unit: Annotated[str | None, Query(max_length=120)] = None,
    urgent: Annotated[bool | None, Query()] = None,
    q: Annotated[str | None, Query(min_length=2, max_length=120, description="Reference, or words of text or address")] = None,
    near: Annotated[str | None, Query(pattern=r"^-?[0-9.]{1,20},-?[0-9.]{1,20}$", description="lat,lon")] = None,
    radius_m: Annotated[float, Query(gt=0, le=50_000)] = 500,
    since: Annotated[AwareDatetime | None, Query(description="Only those submitted after this instant")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> StaffReportPage:
    """The queue of reports, newest first."""
    selection = StaffSelection(tuple(status or ()), tuple(category or ()), unit, urgent, q, parse_near(near), radius_m, since)
    async with res.database.read() as session:
        return await queue.page(session, selection, cursor=cursor, limit=limit)


@router.get("/reports/{report_id}", responses=problems(401, 403, 404))
async def get_report(res: Res, caller: AnyStaff, report_id: str, response: Response) -> StaffReport:
    """One report with its text, photos and history."""
    return await _detail(res, caller, report_id, response)


@router.get("/reports/{report_id}/photos/{photo_id}", responses=problems(401, 403, 404) | JPEG, response_class=FileResponse)
async def get_report_photo(
    res: Res, _: AnyStaff, report_id: str, photo_id: str, size: Literal["full", "thumb"] = "full"
) -> FileResponse:
    """A photo's bytes (JPEG)."""
    async with res.database.read() as session:
        await listing.require_photo(session, report_id, photo_id)
    return res.photos.response(report_id, photo_id, size)


@router.post("/reports/{report_id}/answers", status_code=201, responses=problems(401, 403, 404, 409))
async def answer_report(
    res: Res, caller: Clerk, report_id: str, body: Answer, response: Response, idempotency_key: IdempotencyKey = None
) -> StaffReport:
    """Answer, move on, close or reopen a report. The reporter sees the words at once."""
    async with res.database.transaction() as session:
        await answers.answer(session, res, caller, report_id, body, idempotency_key)
    return await _detail(res, caller, report_id, response)


@router.put("/reports/{report_id}/unit", responses=problems(401, 403, 404, 409))
async def route_report(res: Res, caller: Clerk, report_id: str, body: Routing, response: Response) -> StaffReport:
    """Make another unit of the town responsible."""
    async with res.database.transaction() as session:
        await answers.route(session, res, caller, report_id, body)
    return await _detail(res, caller, report_id, response)


async def _detail(res: Res, caller: AnyStaff, report_id: str, response: Response) -> StaffReport:
    async with res.database.read() as session:
        report = await queue.detail(session, report_id, role=caller.role)
    response.headers["ETag"] = f'"{report.version}"'
    response.headers["Cache-Control"] = "no-store"
    return report
