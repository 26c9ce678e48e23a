"""Staff: preview, issue, update, call off; how it fares."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hejnal_citizen.access import Res
from hejnal_citizen.announcements import history, listing, preview
from hejnal_citizen.announcements.listing import Selection
from hejnal_citizen.announcements.schemas import (
    Cancellation,
    Issue,
    Preview,
    PreviewRequest,
    StaffAnnouncementDetail,
    StaffAnnouncementPage,
    State,
    Update,
    VersionProgress,
)
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, problems
from hejnal_citizen.staff_access import Announcer, AnyStaff, Approver
from hejnal_contracts.base import Channel
from hejnal_runtime.quiet_hours import TOWN_TIME

router = APIRouter(tags=["announcements"])


@router.get("/announcements", responses=problems(401, 403))
async def list_announcements(
    res: Res,
    _: AnyStaff,
    category: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[State] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> StaffAnnouncementPage:
    """Announcements in their newest version with their progress: active ones first."""
    selection = Selection(tuple(category or ()), tuple(state or ()), None, 0, None)
    async with res.database.read() as session:
        return await listing.staff_page(session, selection, cursor=cursor, limit=limit, now=res.clock.now())


@router.post("/announcements/preview", responses=problems(401, 403))
async def preview_announcement(res: Res, _: Approver, draft: PreviewRequest) -> Preview:
    """Whom a draft would reach, what each channel and language says, how many SMS parts that is, what it costs, what is left.

    Also whether a second person must agree. Words and costs are notifier's: `worded` is false while it is away. Stores nothing.
    """
    now = res.clock.now()
    async with res.database.read() as session:
        reach = await preview.reach(session, draft, res.settings, now=now)
    announced = preview.draft_of(draft)
    worded = await res.wordings.of(announced, "updated" if draft.updates else "issued", draft.updates)
    found = preview.shown(announced, reach, worded, res.settings)
    if Channel.SMS not in draft.channels or worded is None:
        return found
    spending = await res.notifier.sms_spending(now.astimezone(TOWN_TIME).strftime("%Y-%m"))
    return found if spending is None else preview.with_budget(found, *spending)


@router.post("/announcements", status_code=201, responses=problems(401, 403, 409))
async def issue_announcement(
    res: Res, caller: Announcer, body: Issue, response: Response, idempotency_key: IdempotencyKey = None
) -> StaffAnnouncementDetail:
    """Issue a first version. It is on its way to people when this returns.

    409 `approval-needed` where the town's rule asks for a second person (an emergency, or costly SMS): submit a draft instead.
    """
    worded = await history.worded_for_judging(res, body, "issued")
    async with res.database.transaction() as session:
        announcement_id = await history.issue(session, res, caller, body, idempotency_key, worded=worded)
    response.headers["Location"] = f"/staff/v1/announcements/{announcement_id}"
    return await _detail(res, announcement_id, response)


@router.get("/announcements/{announcement_id}", responses=problems(401, 403, 404))
async def get_announcement(res: Res, _: AnyStaff, announcement_id: str, response: Response) -> StaffAnnouncementDetail:
    """One announcement with its history and the progress of its newest version."""
    return await _detail(res, announcement_id, response)


@router.put("/announcements/{announcement_id}", responses=problems(401, 403, 404, 409, 412))
async def update_announcement(
    res: Res,
    caller: Announcer,
    announcement_id: str,
    body: Update,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> StaffAnnouncementDetail:
    """Issue a new version; it goes to everyone told before and to new matches. 409 `approval-needed` as for the first."""
    worded = await history.worded_for_judging(res, body, "updated", announcement_id)
    async with res.database.transaction() as session:
        await history.update(session, res, caller, announcement_id, body, if_match, idempotency_key, worded=worded)
    return await _detail(res, announcement_id, response)


@router.post("/announcements/{announcement_id}/cancellation", responses=problems(401, 403, 404, 409, 412))
async def cancel_announcement(
    res: Res,
    caller: Announcer,
    announcement_id: str,
    body: Cancellation,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> StaffAnnouncementDetail:
    """All-clear or withdrawal: the last version; it goes to everyone who was told before."""
    async with res.database.transaction() as session:
        await history.cancel(session, res, caller, announcement_id, body, if_match, idempotency_key)
    return await _detail(res, announcement_id, response)


@router.get("/announcements/{announcement_id}/progress", responses=problems(401, 403, 404))
async def announcement_progress(res: Res, _: AnyStaff, announcement_id: str) -> list[VersionProgress]:
    """How each version fares on its way to people, newest first."""
    async with res.database.read() as session:
        return await listing.progress(session, announcement_id)


async def _detail(res: Res, announcement_id: str, response: Response) -> StaffAnnouncementDetail:
    async with res.database.read() as session:
        page_url = res.settings.announcement_url(announcement_id)
        detail = await listing.staff_detail(session, announcement_id, now=res.clock.now(), page_url=page_url)
    tag(response, detail.version)
    return detail
