"""Messages to one person that no announcement stands behind: one-time codes, tests, notices of their own matter."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import text

from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.residents import PushKeys
from hejnal_notifier.resources import Resources, get_resources
from hejnal_notifier.severity import PRIORITY_DIRECT, priority
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tracing import current_traceparent

router = APIRouter(prefix="/internal/v1", tags=["direct messages"])

Res = Annotated[Resources, Depends(get_resources)]

TEST_TTL = timedelta(minutes=10)
LONGEST_TTL = timedelta(hours=24)
NOTICE_TTL = timedelta(hours=48)


class OneTimeCodeRequest(BaseModel):
    """A code for someone who is signing in."""

    model_config = ConfigDict(frozen=True)

    channel: Literal["email", "sms"]
    address: str = Field(min_length=3, max_length=320, description="E.164 number or e-mail address")
    code: str = Field(pattern=r"^[0-9A-Za-z-]{4,16}$")
    language: Language = Language.PL
    purpose: Literal["sign_in"] = "sign_in"
    expires_at: AwareDatetime
    idempotency_key: str = Field(min_length=8, max_length=128)


class TestMessageRequest(BaseModel):
    """A message that only shows that a contact works."""

    model_config = ConfigDict(frozen=True)

    channel: Literal["email", "sms", "push"]
    address: str = Field(min_length=3, max_length=2048)
    push_keys: PushKeys | None = None
    language: Language = Language.PL
    idempotency_key: str = Field(min_length=8, max_length=128)


class NoticeRequest(BaseModel):
    """What a person is told about their own matter, in words that are ready."""

    model_config = ConfigDict(frozen=True)

    channel: Literal["email", "sms"]
    address: str = Field(min_length=3, max_length=320, description="E.164 number or e-mail address")
    subject: str = Field(min_length=1, max_length=200, description="Of an e-mail; an SMS is its body alone")
    body: str = Field(min_length=1, max_length=8000)
    language: Language = Language.PL
    idempotency_key: str = Field(min_length=8, max_length=128)


class AcceptedMessage(BaseModel):
    """The message is durably in the queue."""

    delivery_id: UUID
    state: str
    duplicate: bool = Field(description="True: this key had been accepted before; nothing new was queued")


_DELIVERY = text(
    "insert into deliveries (delivery_id, channel, priority, state, not_before, expires_at, created_at, changed_at) "
    "values (:delivery_id, :channel, :priority, 'queued', :now, :expires_at, :now, :now) on conflict do nothing returning 1"
)
_MESSAGE = text(
    "insert into direct_messages (delivery_id, kind, language, address, push_p256dh, push_auth, push_server_key, code, "
    "subject, body, traceparent) "
    "values (:delivery_id, :kind, :language, :address, :push_p256dh, :push_auth, :push_server_key, :code, :subject, :body, "
    ":traceparent)"
)
_STATE = text("select state from deliveries where delivery_id = :delivery_id")


async def _accept(
    resources: Resources,
    request: OneTimeCodeRequest | TestMessageRequest | NoticeRequest,
    *,
    kind: Literal["one_time_code", "test", "notice"],
    expires_at: datetime,
    push_keys: PushKeys | None = None,
    code: str | None = None,
    subject: str | None = None,
    body: str | None = None,
    priority: int = PRIORITY_DIRECT,
) -> AcceptedMessage:
    """Keep a message, once per kind and key, and wake its sender. AppError(INVALID) where the town has no such channel."""
    channel = Channel(request.channel)
    _served(resources, channel)
    delivery_id = UUID(bytes=hashlib.sha256(f"{kind}\x1f{request.idempotency_key}".encode()).digest()[:16])
    row = {"delivery_id": delivery_id, "channel": channel.value, "priority": priority, "expires_at": expires_at}
    message: dict[str, Any] = {
        "delivery_id": delivery_id,
        "kind": kind,
        "language": request.language.value,
        "address": request.address,
    }
    message |= {"push_p256dh": push_keys.p256dh if push_keys else None, "push_auth": push_keys.auth if push_keys else None}
    message |= {"push_server_key": push_keys.server_key if push_keys else None}
    message |= {"code": code, "subject": subject, "body": body, "traceparent": current_traceparent()}
    async with resources.database.transaction() as session:
        if (await session.execute(_DELIVERY, row | {"now": resources.clock.now()})).first() is None:
            state = (await session.execute(_STATE, {"delivery_id": delivery_id})).scalar_one()
            return AcceptedMessage(delivery_id=delivery_id, state=state, duplicate=True)
        await session.execute(_MESSAGE, message)
    resources.wake(channel)
    return AcceptedMessage(delivery_id=delivery_id, state="queued", duplicate=False)


def _served(resources: Resources, channel: Channel) -> None:
    if channel not in resources.served:
        detail = f"This town has no {channel} provider set up; use another channel."
        raise AppError(Kind.INVALID, "channel-off", detail)


@router.post("/one-time-codes", status_code=202)
async def send_one_time_code(request: OneTimeCodeRequest, resources: Res) -> AcceptedMessage:
    """Queue a one-time code ahead of everything else. 202 means: it is kept and will be sent, unless it expires before."""
    now = resources.clock.now()
    _served(resources, Channel(request.channel))
    if request.expires_at <= now:
        raise AppError(Kind.INVALID, "expired", "The code has expired already.")
    expires_at = min(request.expires_at, now + LONGEST_TTL)
    return await _accept(resources, request, kind="one_time_code", code=request.code, expires_at=expires_at)


@router.post("/test-messages", status_code=202)
async def send_test_message(request: TestMessageRequest, resources: Res) -> AcceptedMessage:
    """Queue a test message to one contact."""
    _served(resources, Channel(request.channel))
    if Channel(request.channel) is Channel.PUSH and request.push_keys is None:
        raise AppError(Kind.INVALID, "push-keys-missing", "A push message needs the keys of the subscription.")
    expires_at = resources.clock.now() + TEST_TTL
    return await _accept(resources, request, kind="test", push_keys=request.push_keys, expires_at=expires_at)


@router.post("/notices", status_code=202)
async def send_notice(request: NoticeRequest, resources: Res) -> AcceptedMessage:
    """Queue a notice about a person's own matter, such as an answer to their report. 202 means: it is kept and will be sent."""
    return await _accept(
        resources,
        request,
        kind="notice",
        subject=request.subject,
        body=request.body,
        expires_at=resources.clock.now() + NOTICE_TTL,
        priority=priority(Severity.NOTICE),
    )
