"""Staff: the queue of reports, one report, its photos, answers and routing."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from hejnal_citizen.access import Res
from hejnal_citizen.places import parse_near
from hejnal_citizen.preconditions import tag
from hejnal_citizen.reports import answers, conversation, listing, moderation, queue
from hejnal_citizen.reports.followup_schemas import Blur, Merge, Moderation, NewMessage, StaffReport
from hejnal_citizen.reports.queue import StaffSelection
from hejnal_citizen.reports.schemas import Answer, Routing, StaffReportPage, Status
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


@router.post("/reports/{report_id}/messages", status_code=201, responses=problems(401, 403, 404, 409))
async def write_to_reporter(
    res: Res, caller: Clerk, report_id: str, body: NewMessage, response: Response, idempotency_key: IdempotencyKey = None
) -> StaffReport:
    """Write to the reporter alone; they are told by their contact, if there is one."""
    async with res.database.transaction() as session:
        await conversation.from_staff(session, res, caller, report_id, body, idempotency_key)
    return await _detail(res, caller, report_id, response)


@router.post("/reports/{report_id}/moderation", status_code=201, responses=problems(401, 403, 404))
async def moderate_report(res: Res, caller: Clerk, report_id: str, body: Moderation, response: Response) -> StaffReport:
    """Show the text or a photo to everybody, or hide it again. The reason stays in the history."""
    async with res.database.transaction() as session:
        await moderation.moderate(session, res, caller, report_id, body)
    return await _detail(res, caller, report_id, response)


@router.put("/reports/{report_id}/photos/{photo_id}/blur", responses=problems(401, 403, 404, 409, 410))
async def blur_photo(res: Res, caller: Clerk, report_id: str, photo_id: str, body: Blur, response: Response) -> StaffReport:
    """Make rectangles of a photo unrecognisable, for everybody; an empty list takes them back while that is possible."""
    await moderation.blur(res, caller, report_id, photo_id, body)
    return await _detail(res, caller, report_id, response)


@router.post("/reports/{report_id}/merge", status_code=201, responses=problems(401, 403, 404, 409))
async def merge_report(res: Res, caller: Clerk, report_id: str, body: Merge, response: Response) -> StaffReport:
    """Close a report as a duplicate of another one; who waits for an answer follows that one."""
    async with res.database.transaction() as session:
        await answers.merge(session, res, caller, report_id, body)
    return await _detail(res, caller, report_id, response)


async def _detail(res: Res, caller: AnyStaff, report_id: str, response: Response) -> StaffReport:
    async with res.database.read() as session:
        report = await queue.detail(session, report_id, role=caller.role)
    tag(response, report.version)
    response.headers["Cache-Control"] = "no-store"
    return report
