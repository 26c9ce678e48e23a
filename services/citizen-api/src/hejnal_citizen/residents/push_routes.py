"""Public: web push without an account. The browser keeps a secret token for later changes."""

from fastapi import APIRouter, Request

from hejnal_citizen.access import BearerSecret, Res, client_ip
from hejnal_citizen.residents import push
from hejnal_citizen.residents.schemas import PushSubscription, PushSubscriptionChange, PushSubscriptionCreated
from hejnal_citizen.schema import problems

router = APIRouter(tags=["push"])


@router.post("/push-subscriptions", status_code=201, responses=problems(429))
async def create_push_subscription(res: Res, request: Request, body: PushSubscriptionChange) -> PushSubscriptionCreated:
    """Store a browser and what it wants. The same browser again replaces its former subscription."""
    return await push.create(res, body, ip=client_ip(request))


@router.get("/push-subscriptions/{subscription_id}", responses=problems(401, 404))
async def get_push_subscription(res: Res, subscription_id: str, secret: BearerSecret) -> PushSubscription:
    """What is stored for this browser."""
    return await push.read(res, subscription_id, secret)


@router.put("/push-subscriptions/{subscription_id}", responses=problems(401, 404))
async def put_push_subscription(
    res: Res, subscription_id: str, secret: BearerSecret, body: PushSubscriptionChange
) -> PushSubscription:
    """Replace what this browser wants, or its renewed endpoint."""
    return await push.replace(res, subscription_id, secret, body)


@router.delete("/push-subscriptions/{subscription_id}", status_code=204, responses=problems(401, 404))
async def delete_push_subscription(res: Res, subscription_id: str, secret: BearerSecret) -> None:
    """Forget this browser."""
    await push.delete(res, subscription_id, secret)
