"""Staff: write, open and close consultations, type in forms, look after opinions."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hejnal_citizen.access import Res
from hejnal_citizen.consultations import ballot, results, store
from hejnal_citizen.consultations.schemas import (
    ConsultationChange,
    ConsultationResult,
    OpinionModeration,
    OpinionState,
    PaperEntry,
    PaperEntryStored,
    StaffConsultation,
    StaffConsultationPage,
    StaffOpinionPage,
)
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, problems
from hejnal_citizen.staff_access import Announcer, Clerk

router = APIRouter(tags=["consultations"])


@router.get("/consultations", responses=problems(401, 403))
async def list_consultations(res: Res, _: Clerk, cursor: Cursor = None, limit: Limit = 50) -> StaffConsultationPage:
    """All consultations with drafts, the newest first."""
    async with res.database.read() as session:
        return await store.staff_page(session, cursor=cursor, limit=limit, now=res.clock.now())


@router.post("/consultations", status_code=201, responses=problems(401, 403, 409))
async def create_consultation(
    res: Res, caller: Announcer, body: ConsultationChange, response: Response, idempotency_key: IdempotencyKey = None
) -> StaffConsultation:
    """Draft a consultation. Nobody sees it before it is opened."""
    async with res.database.transaction() as session:
        consultation_id = await store.create(session, res, caller, body, idempotency_key)
    response.headers["Location"] = f"/staff/v1/consultations/{consultation_id}"
    return await _detail(res, consultation_id, response)


@router.get("/consultations/{consultation_id}", responses=problems(401, 403, 404))
async def get_consultation(res: Res, _: Clerk, consultation_id: str, response: Response) -> StaffConsultation:
    """One consultation."""
    return await _detail(res, consultation_id, response)


@router.put("/consultations/{consultation_id}", responses=problems(401, 403, 404, 409, 412))
async def change_consultation(
    res: Res, caller: Announcer, consultation_id: str, body: ConsultationChange, response: Response, if_match: IfMatch = None
) -> StaffConsultation:
    """Change a consultation that has not begun."""
    async with res.database.transaction() as session:
        await store.change(session, res, caller, consultation_id, body, if_match)
    return await _detail(res, consultation_id, response)


@router.post("/consultations/{consultation_id}/opening", responses=problems(401, 403, 404, 409, 412))
async def open_consultation(
    res: Res, caller: Announcer, consultation_id: str, response: Response, if_match: IfMatch = None
) -> StaffConsultation:
    """Show it to everybody; people take part from `opens_at` to `closes_at`. Once opened, a repeat changes nothing."""
    async with res.database.transaction() as session:
        await store.open_up(session, res, caller, consultation_id, if_match)
    return await _detail(res, consultation_id, response)


@router.post("/consultations/{consultation_id}/closure", responses=problems(401, 403, 404, 409, 412))
async def close_consultation(
    res: Res, caller: Announcer, consultation_id: str, response: Response, if_match: IfMatch = None
) -> StaffConsultation:
    """End it for good and publish its result; when every form on paper has been typed in. A repeat changes nothing."""
    async with res.database.transaction() as session:
        await store.close(session, res, caller, consultation_id, if_match)
    return await _detail(res, consultation_id, response)


@router.post("/consultations/{consultation_id}/paper-entries", status_code=201, responses=problems(401, 403, 404, 409))
async def enter_paper_form(
    res: Res, caller: Clerk, consultation_id: str, body: PaperEntry, idempotency_key: IdempotencyKey = None
) -> PaperEntryStored:
    """Type in a form on paper. Each form's number counts once."""
    async with res.database.transaction() as session:
        return await ballot.enter_paper(session, res, caller, consultation_id, body, idempotency_key)


@router.get("/consultations/{consultation_id}/result", responses=problems(401, 403, 404))
async def consultation_result(res: Res, _: Clerk, consultation_id: str) -> ConsultationResult:
    """The result as it stands; preliminary until the consultation is closed."""
    async with res.database.read() as session:
        return await results.staff_result(session, consultation_id, res.clock.now())


@router.get("/consultations/{consultation_id}/opinions", responses=problems(401, 403, 404))
async def list_opinions(
    res: Res,
    _: Clerk,
    consultation_id: str,
    state: Annotated[list[OpinionState] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> StaffOpinionPage:
    """Opinions with what became of them, the oldest first."""
    async with res.database.read() as session:
        return await results.staff_opinions(session, consultation_id, state or [], cursor=cursor, limit=limit)


@router.post(
    "/consultations/{consultation_id}/opinions/{opinion_id}/moderation", status_code=204, responses=problems(401, 403, 404)
)
async def moderate_opinion(res: Res, caller: Clerk, consultation_id: str, opinion_id: str, body: OpinionModeration) -> None:
    """Show an opinion to everybody or hide it, with the reason."""
    async with res.database.transaction() as session:
        await ballot.moderate(session, res, caller, consultation_id, opinion_id, body)


async def _detail(res: Res, consultation_id: str, response: Response) -> StaffConsultation:
    async with res.database.read() as session:
        row = await store.find(session, consultation_id, drafts=True)
    tag(response, row.version)
    return store.shown(row, StaffConsultation, res.clock.now())
