"""Public: what the town asks, taking part, what came out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from hejnal_citizen.access import MaybeSignedIn, Res, client_ip
from hejnal_citizen.consultations import ballot, results, store
from hejnal_citizen.consultations.ballot import Participant
from hejnal_citizen.consultations.schemas import (
    ConsultationDetail,
    ConsultationPage,
    ConsultationResult,
    OpinionGiven,
    OpinionPage,
    OpinionStored,
    Vote,
    VoteStored,
)
from hejnal_citizen.preconditions import tag
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, problems
from hejnal_citizen.secrets import new_token

router = APIRouter(tags=["consultations"])

DEVICE_COOKIE = "hejnal_device"
DEVICE_DAYS = 400
CSV_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


def participant(request: Request, caller: MaybeSignedIn) -> Participant:
    """Who looks or takes part."""
    device = request.cookies.get(DEVICE_COOKIE, "")[:100]
    return Participant(caller.resident_id if caller else None, device, client_ip(request))


Who = Annotated[Participant, Depends(participant)]


@router.get("/consultations", responses=problems())
async def list_consultations(res: Res, cursor: Cursor = None, limit: Limit = 50) -> ConsultationPage:
    """What the town asks or has asked, the newest first."""
    async with res.database.read() as session:
        return await store.public_page(session, cursor=cursor, limit=limit, now=res.clock.now())


@router.get("/consultations/{consultation_id}", responses=problems(404))
async def get_consultation(res: Res, consultation_id: str, who: Who, response: Response) -> ConsultationDetail:
    """One consultation, with what this person or device has chosen."""
    async with res.database.read() as session:
        row = await store.find(session, consultation_id)
        mine = await ballot.choices_of(session, res, row, who)
    tag(response, row.version)
    response.headers["Cache-Control"] = "no-store"
    return store.shown(row, ConsultationDetail, res.clock.now(), my_choices=mine)


@router.post("/consultations/{consultation_id}/votes", status_code=201, responses=problems(401, 404, 409, 429))
async def vote(
    res: Res, consultation_id: str, body: Vote, who: Who, response: Response, idempotency_key: IdempotencyKey = None
) -> VoteStored:
    """Vote. Voting again while it is open replaces the vote. Where one vote per person holds, sign in first."""
    who = _with_device(res, who, response, idempotency_key)
    async with res.database.transaction() as session:
        return await ballot.vote(session, res, consultation_id, body, who, idempotency_key)


@router.get("/consultations/{consultation_id}/opinions", responses=problems(404))
async def list_opinions(res: Res, consultation_id: str, cursor: Cursor = None, limit: Limit = 50) -> OpinionPage:
    """What people think, the oldest first."""
    async with res.database.read() as session:
        return await results.public_opinions(session, consultation_id, cursor=cursor, limit=limit)


@router.post("/consultations/{consultation_id}/opinions", status_code=201, responses=problems(404, 409, 429))
async def give_opinion(
    res: Res, consultation_id: str, body: OpinionGiven, who: Who, response: Response, idempotency_key: IdempotencyKey = None
) -> OpinionStored:
    """Say what you think; three times at most. Neither name, e-mail nor phone is asked for."""
    who = _with_device(res, who, response, idempotency_key)
    async with res.database.transaction() as session:
        return await ballot.give_opinion(session, res, consultation_id, body, who, idempotency_key)


@router.get("/consultations/{consultation_id}/result", responses=problems(404, 409))
async def consultation_result(res: Res, consultation_id: str) -> ConsultationResult:
    """The final result, once the consultation is closed."""
    async with res.database.read() as session:
        return await results.public_result(session, consultation_id, res.clock.now())


@router.get("/consultations/{consultation_id}/result.csv", responses=problems(404, 409) | CSV_RESPONSE, response_class=Response)
async def consultation_result_csv(res: Res, consultation_id: str) -> Response:
    """The same as open data (CSV, UTF-8, CC0)."""
    async with res.database.read() as session:
        result = await results.public_result(session, consultation_id, res.clock.now())
    return Response(results.as_csv(result), media_type="text/csv; charset=utf-8")


def _with_device(res: Res, who: Participant, response: Response, key: str | None) -> Participant:
    """Give a device that comes for the first time its secret. A repeat of a lost answer gets the same one."""
    if who.device:
        return who
    device = res.secrets.caller_key("device", key) if key else new_token()
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_DAYS * 86_400,
        path="/api/v1/consultations",
        httponly=True,
        samesite="lax",
        secure=res.settings.secure_cookies,
    )
    return Participant(who.resident_id, device, who.ip)
