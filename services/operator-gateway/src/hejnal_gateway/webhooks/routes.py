"""Webhooks at the staff door."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import KEEP_ALERT_RULES
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    Webhook,
    WebhookDraft,
    WebhookList,
    WebhookWithSecret,
)
from hejnal_gateway.webhooks.sender import succeeded
from hejnal_gateway.webhooks.webhooks import trial_event
from hejnal_runtime.ids import new_id

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_ALERT_RULES))]
WebhookId = Annotated[str, Path(min_length=1, max_length=64)]


class ChangedWebhook(WebhookDraft):
    """A webhook's new text."""

    version: int = Field(ge=1, description="The version this change was made from; 409 when it is no longer the newest")


@router.get("", summary="Where facts about alerts go")
async def list_webhooks(resources: Res, _staff: Keeper) -> WebhookList:
    """All webhooks, without their secrets."""
    async with resources.database.read() as session:
        return WebhookList(items=await resources.webhooks.all(session))


@router.post("", status_code=201, summary="Add a webhook")
async def add_webhook(body: WebhookDraft, resources: Res, staff: Keeper, response: Response) -> WebhookWithSecret:
    """The secret is shown in this answer and never again."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        made = await resources.webhooks.add(session, body, by=staff.account_id, now=now)
        await publish_audit(session, staff, "webhook.added", now, object_id=made.webhook_id)
    response.headers["Location"] = f"/api/v1/webhooks/{made.webhook_id}"
    return made


@router.get("/{webhook_id}", summary="One webhook")
async def show_webhook(webhook_id: WebhookId, resources: Res, _staff: Keeper) -> Webhook:
    """How it stands."""
    async with resources.database.read() as session:
        return await resources.webhooks.get(session, webhook_id)


@router.put("/{webhook_id}", summary="Change a webhook")
async def change_webhook(webhook_id: WebhookId, body: ChangedWebhook, resources: Res, staff: Keeper) -> Webhook:
    """What is queued goes to the new address."""
    now = resources.clock.now()
    draft = WebhookDraft(**body.model_dump(exclude={"version"}))
    async with resources.database.transaction() as session:
        changed = await resources.webhooks.change(session, webhook_id, draft, version=body.version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "webhook.changed", now, object_id=webhook_id)
    return changed


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
async def remove_webhook(webhook_id: WebhookId, resources: Res, staff: Keeper) -> None:
    """With all that was queued for it, and its log."""
    async with resources.database.transaction() as session:
        await resources.webhooks.remove(session, webhook_id)
        await publish_audit(session, staff, "webhook.removed", resources.clock.now(), object_id=webhook_id)


@router.post("/{webhook_id}/secret", summary="Give a webhook another secret")
async def rotate_secret(webhook_id: WebhookId, resources: Res, staff: Keeper) -> WebhookWithSecret:
    """For a day what is sent carries signatures of both, so that the receiver can change without a gap."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        changed = await resources.webhooks.rotate(session, webhook_id, by=staff.account_id, now=now)
        await publish_audit(session, staff, "webhook.secret-changed", now, object_id=webhook_id)
    return changed


@router.post("/{webhook_id}/resumption", summary="Try a paused webhook again")
async def resume_webhook(webhook_id: WebhookId, resources: Res, staff: Keeper) -> Webhook:
    """What has waited for less than a day is sent at once."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        resumed = await resources.webhooks.resume(session, webhook_id, now=now)
        await publish_audit(session, staff, "webhook.resumed", now, object_id=webhook_id)
    return resumed


@router.get("/{webhook_id}/deliveries", summary="What was sent to a webhook")
async def list_deliveries(
    webhook_id: WebhookId,
    resources: Res,
    _staff: Keeper,
    state: DeliveryState | None = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """The last 30 days, newest first, each with its tries."""
    async with resources.database.read() as session:
        return await resources.webhooks.deliveries(
            session, webhook_id, state=state, cursor=int(cursor) if cursor else None, limit=limit
        )


@router.post("/{webhook_id}/test", summary="Send a trial to a webhook")
async def test_webhook(webhook_id: WebhookId, resources: Res, staff: Keeper) -> Delivery:
    """One signed event `pl.hejnal.webhook.test.v1`, now and once, also while it is paused; the answer tells how it went."""
    now, delivery_id = resources.clock.now(), new_id()
    async with resources.database.transaction() as session:
        url, keys = await resources.webhooks.keys(session, webhook_id, now)
        await publish_audit(session, staff, "webhook.tested", now, object_id=webhook_id)
    body = trial_event(delivery_id, webhook_id, now)
    attempt = await resources.webhook_post.send(url, delivery_id, body, keys)
    async with resources.database.transaction() as session:
        return await resources.webhooks.note_test(
            session, webhook_id, delivery_id, body, attempt, delivered=succeeded(attempt), now=now
        )
