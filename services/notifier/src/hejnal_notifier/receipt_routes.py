"""Where SMS gateways report delivery and bring residents' messages, guarded by a secret in the address."""

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.news import TextMessage
from hejnal_notifier.channels.sms.smsapi import receipt_meaning
from hejnal_notifier.inbound import MAX_CHARACTERS, take_message
from hejnal_notifier.receipts import apply_receipt, count_receipt
from hejnal_notifier.resources import Resources, get_resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1/receipts", tags=["receipts"])

_FIELDS = ("MsgId", "status", "status_name", "idx", "to", "donedate", "points", "from")


@router.get("/sms/{secret}", response_class=PlainTextResponse)
async def sms_receipt(secret: str, request: Request, resources: Annotated[Resources, Depends(get_resources)]) -> str:
    """Take a receipt of the SMS gateway; the answer "OK" ends its retries."""
    _check(secret, resources)
    raw = {name: request.query_params[name][:200] for name in _FIELDS if name in request.query_params}
    try:
        delivery_id = UUID(raw.get("idx", ""))
    except ValueError:
        delivery_id = None
    meaning, cause = receipt_meaning(raw.get("status", ""))
    async with resources.database.transaction() as session:
        applied = await apply_receipt(
            session,
            resources.clock,
            channel=Channel.SMS,
            delivery_id=delivery_id,
            provider_id=raw.get("MsgId", ""),
            meaning=meaning,
            cause=cause,
            raw=raw,
        )
    count_receipt(Channel.SMS, meaning, applied=applied)
    return "OK"


@router.post("/sms/{secret}/messages", response_class=PlainTextResponse)
async def sms_message(secret: str, request: Request, resources: Annotated[Resources, Depends(get_resources)]) -> str:
    """Take an SMS that a resident sent to the town's number at the SMS gateway; "OK" ends its retries."""
    _check(secret, resources)
    form = await request.form(max_files=0, max_fields=20)
    sender, body = str(form.get("sms_from", "")), str(form.get("sms_text", ""))
    if not sender.lstrip("+").isdigit() or not body:
        raise AppError(Kind.INVALID, "message-incomplete", "sms_from is a number, sms_text is not empty.")
    async with resources.database.transaction() as session:
        message = TextMessage("smsapi", sender, body[:MAX_CHARACTERS], provider_id=str(form.get("MsgId", "")))
        await take_message(session, resources.clock, message)
    return "OK"


def _check(secret: str, resources: Resources) -> None:
    expected = resources.settings.sms_receipt_secret
    if expected is None or not hmac.compare_digest(secret.encode(), expected.get_secret_value().encode()):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
