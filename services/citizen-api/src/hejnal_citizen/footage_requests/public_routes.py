"""Public: ask for one's own footage and follow the request."""

from fastapi import APIRouter, Request, Response

from hejnal_citizen.access import BearerSecret, Res, client_ip
from hejnal_citizen.footage_requests import store
from hejnal_citizen.footage_requests.schemas import FootageRequestAccepted, FootageRequestForm, FootageRequestView
from hejnal_citizen.preconditions import tag
from hejnal_citizen.schema import IdempotencyKey, problems

router = APIRouter(tags=["footage requests"])


@router.post("/footage-requests", status_code=201, responses=problems(409, 429))
async def submit_footage_request(
    res: Res, request: Request, body: FootageRequestForm, response: Response, idempotency_key: IdempotencyKey = None
) -> FootageRequestAccepted:
    """Ask for a copy of footage of oneself (GDPR art. 15). The office checks who asks and answers within a month."""
    async with res.database.transaction() as session:
        accepted = await store.submit(session, res, body, ip=client_ip(request), key=idempotency_key)
    response.headers["Location"] = f"/api/v1/footage-requests/{accepted.id}"
    response.headers["Cache-Control"] = "no-store"
    return accepted


@router.get("/footage-requests/{request_id}", responses=problems(401, 404))
async def get_footage_request(res: Res, request_id: str, secret: BearerSecret, response: Response) -> FootageRequestView:
    """A request as the person who made it sees it."""
    async with res.database.read() as session:
        found = await store.by_secret(session, request_id, secret)
    tag(response, found.version)
    response.headers["Cache-Control"] = "no-store"
    return found
