"""Public: web push without an account. The browser keeps a secret token for later changes."""

from fastapi import APIRouter, Request, Response

from hejnal_citizen.access import BearerSecret, Res, client_ip
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.residents import push, trials
from hejnal_citizen.residents.schemas import (
    PushSubscription,
    PushSubscriptionChange,
    PushSubscriptionCreated,
    Shown,
    TestMessagesSent,
)
from hejnal_citizen.schema import IdempotencyKey, problems

router = APIRouter(tags=["push"])


@router.post("/push-subscriptions", status_code=201, responses=problems(429))
async def create_push_subscription(res: Res, request: Request, body: PushSubscriptionChange) -> PushSubscriptionCreated:
    """Store a browser and what it wants. The same browser again replaces its former subscription."""
    return await push.create(res, body, ip=client_ip(request))


@router.get("/push-subscriptions/{subscription_id}", responses=problems(401, 404))
async def get_push_subscription(res: Res, subscription_id: str, secret: BearerSecret, response: Response) -> PushSubscription:
    """What is stored for this browser."""
    found = await push.read(res, subscription_id, secret)
    tag(response, found.version)
    return found


@router.put("/push-subscriptions/{subscription_id}", responses=problems(401, 404, 412))
async def put_push_subscription(
    res: Res,
    subscription_id: str,
    secret: BearerSecret,
    body: PushSubscriptionChange,
    response: Response,
    if_match: IfMatch = None,
) -> PushSubscription:
    """Replace what this browser wants, or its renewed endpoint."""
    found = await push.replace(res, subscription_id, secret, body, if_match=if_match)
    tag(response, found.version)
    return found


@router.delete("/push-subscriptions/{subscription_id}", status_code=204, responses=problems(401, 404))
async def delete_push_subscription(res: Res, subscription_id: str, secret: BearerSecret) -> None:
    """Forget this browser."""
    await push.delete(res, subscription_id, secret)


@router.post("/push-subscriptions/{subscription_id}/test", status_code=202, responses=problems(401, 404, 409, 429))
async def try_push_subscription(
    res: Res, subscription_id: str, secret: BearerSecret, idempotency_key: IdempotencyKey = None
) -> TestMessagesSent:
    """Send this browser a test message."""
    return await trials.send_to_browser(res, subscription_id, secret, idempotency_key)


@router.post("/push-subscriptions/{contact_id}/shown", status_code=204, responses=problems(429))
async def message_shown(res: Res, contact_id: str, body: Shown) -> None:
    """The service worker's beacon: the message was shown, so the SMS that waited for it need not go.

    `contact_id` comes with the encrypted push message and is known to nobody else. The answer is the same for an unknown one.
    """
    async with res.database.transaction() as session:
        await trials.note_shown(session, res, contact_id, body)
