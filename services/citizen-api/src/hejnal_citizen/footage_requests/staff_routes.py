"""The data protection officer: requests for footage, from who is asking to the answer."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hejnal_citizen.access import Res
from hejnal_citizen.footage_requests import store
from hejnal_citizen.footage_requests.schemas import (
    Extension,
    FootageAnswer,
    FootageRequestPage,
    HandOver,
    IdentityCheck,
    StaffFootageRequest,
    State,
)
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, problems
from hejnal_citizen.staff_access import ProtectionOfficer

router = APIRouter(tags=["footage requests"])


@router.get("/footage-requests", responses=problems(401, 403))
async def list_footage_requests(
    res: Res,
    _: ProtectionOfficer,
    state: Annotated[list[State] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> FootageRequestPage:
    """Requests with the days that are left, the newest first. No names."""
    async with res.database.read() as session:
        return await store.page(session, state or [], cursor=cursor, limit=limit, now=res.clock.now())


@router.get("/footage-requests/{request_id}", responses=problems(401, 403, 404))
async def get_footage_request(res: Res, _: ProtectionOfficer, request_id: str, response: Response) -> StaffFootageRequest:
    """One request with who asks, and its history."""
    return await _detail(res, request_id, response)


@router.post("/footage-requests/{request_id}/identity-check", responses=problems(401, 403, 404, 409, 412))
async def confirm_identity(
    res: Res, caller: ProtectionOfficer, request_id: str, body: IdentityCheck, response: Response, if_match: IfMatch = None
) -> StaffFootageRequest:
    """Note how the office made sure who is asking. A repeat changes nothing."""
    async with res.database.transaction() as session:
        await store.confirm_identity(session, res, caller, request_id, body, if_match)
    return await _detail(res, request_id, response)


@router.post("/footage-requests/{request_id}/hand-over", responses=problems(401, 403, 404, 409, 412))
async def hand_over_footage(
    res: Res, caller: ProtectionOfficer, request_id: str, body: HandOver, response: Response, if_match: IfMatch = None
) -> StaffFootageRequest:
    """Note the recorder's hold (footage is kept from deletion) or evidence package made for this request."""
    async with res.database.transaction() as session:
        await store.hand_over(session, res, caller, request_id, body, if_match)
    return await _detail(res, request_id, response)


@router.post("/footage-requests/{request_id}/extension", responses=problems(401, 403, 404, 409, 412))
async def extend_footage_request(
    res: Res, caller: ProtectionOfficer, request_id: str, body: Extension, response: Response, if_match: IfMatch = None
) -> StaffFootageRequest:
    """Take two months more, once, with the reason that the person is told."""
    async with res.database.transaction() as session:
        await store.extend(session, res, caller, request_id, body, if_match)
    return await _detail(res, request_id, response)


@router.post("/footage-requests/{request_id}/answer", responses=problems(401, 403, 404, 409, 412))
async def answer_footage_request(
    res: Res,
    caller: ProtectionOfficer,
    request_id: str,
    body: FootageAnswer,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> StaffFootageRequest:
    """Answer for good. Footage is handed over only to somebody whose identity was confirmed."""
    async with res.database.transaction() as session:
        await store.answer(session, res, caller, request_id, body, if_match, idempotency_key)
    return await _detail(res, request_id, response)


async def _detail(res: Res, request_id: str, response: Response) -> StaffFootageRequest:
    async with res.database.read() as session:
        found = await store.detail(session, request_id, res.clock.now())
    tag(response, found.version)
    response.headers["Cache-Control"] = "no-store"
    return found
