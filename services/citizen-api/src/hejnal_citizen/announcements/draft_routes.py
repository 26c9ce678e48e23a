"""Staff: drafts, their way through a second pair of eyes, and the files that go with them."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from hejnal_citizen.access import Res
from hejnal_citizen.announcements import attachments, drafts, submission
from hejnal_citizen.announcements.attachment_form import receive
from hejnal_citizen.announcements.draft_schemas import DraftContent, DraftPage, DraftState, DraftSummary, Rejection
from hejnal_citizen.announcements.public_routes import FILES
from hejnal_citizen.announcements.schemas import Attachment
from hejnal_citizen.audit import act
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.resources import SERVICE
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, problems
from hejnal_citizen.staff_access import Announcer, AnyStaff, Approver
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["announcements"])

SeenVersion = Annotated[
    str,
    Header(alias="If-Match", max_length=40, description='`"<version>"` that was read: nobody agrees to what they have not seen'),
]
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "description"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP, HEIC or PDF"},
                        "description": {
                            "type": "string",
                            "maxLength": 500,
                            "description": "What it shows, for those who cannot see",
                        },
                    },
                }
            }
        },
    }
}


@router.get("/announcement-drafts", responses=problems(401, 403))
async def list_drafts(
    res: Res,
    _: AnyStaff,
    state: Annotated[list[DraftState] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DraftPage:
    """Drafts, newest change first. `state=waiting_approval` lists what somebody must decide about."""
    async with res.database.read() as session:
        return await drafts.page(session, tuple(state or ()), cursor=cursor, limit=limit)


@router.post("/announcement-drafts", status_code=201, responses=problems(401, 403, 409))
async def create_draft(
    res: Res, caller: Announcer, body: DraftContent, response: Response, idempotency_key: IdempotencyKey = None
) -> DraftSummary:
    """Keep a draft. Anything may still be missing."""
    async with res.database.transaction() as session:
        draft_id = await drafts.create(session, res, caller, body, idempotency_key)
    response.headers["Location"] = f"/staff/v1/announcement-drafts/{draft_id}"
    return await _draft(res, draft_id, response)


@router.get("/announcement-drafts/{draft_id}", responses=problems(401, 403, 404))
async def get_draft(res: Res, _: AnyStaff, draft_id: str, response: Response) -> DraftSummary:
    """One draft."""
    return await _draft(res, draft_id, response)


@router.put("/announcement-drafts/{draft_id}", responses=problems(401, 403, 404, 409, 412))
async def change_draft(
    res: Res, caller: Announcer, draft_id: str, body: DraftContent, response: Response, if_match: IfMatch = None
) -> DraftSummary:
    """Replace a draft's content. 409 `draft-on-its-way` while it is scheduled or waits, and once published."""
    async with res.database.transaction() as session:
        await drafts.change(session, res, caller, draft_id, body, if_match)
    return await _draft(res, draft_id, response)


@router.delete("/announcement-drafts/{draft_id}", status_code=204, responses=problems(401, 403, 404, 409, 412))
async def delete_draft(res: Res, caller: Announcer, draft_id: str, if_match: IfMatch = None) -> Response:
    """Throw a draft away."""
    async with res.database.transaction() as session:
        await drafts.delete(session, res, caller, draft_id, if_match)
    return Response(status_code=204)


@router.post("/announcement-drafts/{draft_id}/submission", responses=problems(401, 403, 404, 409, 412))
async def submit_draft(
    res: Res,
    caller: Announcer,
    draft_id: str,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> DraftSummary:
    """Publish it, schedule it, or ask a second person, whichever the draft and the town's rule say; `state` tells which."""
    words = await submission.worded_for_judging(res, draft_id)
    async with res.database.transaction() as session:
        await submission.submit(session, res, caller, draft_id, if_match, idempotency_key, words=words)
    return await _draft(res, draft_id, response)


@router.post("/announcement-drafts/{draft_id}/approval", responses=problems(401, 403, 404, 409, 412))
async def approve_draft(res: Res, caller: Approver, draft_id: str, response: Response, if_match: SeenVersion) -> DraftSummary:
    """A second person agrees: it is published, or scheduled. 403 `own-draft` for whoever wrote on it."""
    async with res.database.transaction() as session:
        await submission.approve(session, res, caller, draft_id, if_match)
    return await _draft(res, draft_id, response)


@router.post("/announcement-drafts/{draft_id}/rejection", responses=problems(401, 403, 404, 409, 412))
async def reject_draft(
    res: Res, caller: Approver, draft_id: str, body: Rejection, response: Response, if_match: SeenVersion
) -> DraftSummary:
    """A second person does not agree, and says why; the author may change it and submit it again."""
    async with res.database.transaction() as session:
        await submission.reject(session, res, caller, draft_id, body.reason, if_match)
    return await _draft(res, draft_id, response)


@router.post("/announcement-drafts/{draft_id}/withdrawal", responses=problems(401, 403, 404, 409, 412))
async def withdraw_draft(
    res: Res, caller: Announcer, draft_id: str, response: Response, if_match: IfMatch = None
) -> DraftSummary:
    """Take back what is scheduled or waits for approval."""
    async with res.database.transaction() as session:
        await submission.withdraw(session, res, caller, draft_id, if_match)
    return await _draft(res, draft_id, response)


@router.post("/attachments", status_code=201, responses=problems(400, 401, 403, 413, 415), openapi_extra=FORM)
async def add_attachment(res: Res, caller: Announcer, request: Request) -> Attachment:
    """Keep a picture or PDF. Pictures are encoded anew without metadata; a PDF with scripts, forms or files in it is refused."""
    form = await receive(request, file_bytes=res.settings.attachment_bytes)
    file = await res.attachment_check(form.content)
    now = res.clock.now()
    async with res.database.transaction() as session:
        kept = await attachments.keep(session, file, name=form.name, description=form.description, by=caller.id, now=now)
        await publish(session, act(caller, "attachment.added", kept.id, now=now), source=SERVICE)
    return kept


@router.get("/attachments/{attachment_id}", response_class=Response, responses=problems(401, 403, 404) | FILES)
async def get_any_attachment(res: Res, _: AnyStaff, attachment_id: str) -> Response:
    """A file that was attached, also to a draft."""
    async with res.database.read() as session:
        return await attachments.file(session, attachment_id)


async def _draft(res: Res, draft_id: str, response: Response) -> DraftSummary:
    async with res.database.read() as session:
        found = await drafts.get(session, draft_id)
    tag(response, found.version)
    return found
