"""A webhook as an administrator sees it."""

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.base import Severity

AlertFactType = Literal[
    "alert.raised.v1",
    "alert.repeated.v1",
    "alert.acknowledged.v1",
    "alert.assigned.v1",
    "alert.escalated.v1",
    "alert.resolved.v1",
]
ALL_TYPES: tuple[AlertFactType, ...] = get_args(AlertFactType)
DeliveryState = Literal["queued", "delivered", "expired", "failed"]


class WebhookDraft(BaseModel):
    """Where facts about alerts are to go, and which."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    url: str = Field(min_length=10, max_length=1000, description="https and a public name, or an origin that the settings trust")
    enabled: bool = True
    types: tuple[AlertFactType, ...] = Field(default=(), description="Only these; empty: all")
    min_severity: Severity = Severity.INFO
    min_level: int = Field(default=0, ge=0, le=5, description="Only alerts that went up so far; 0: all")


class Webhook(WebhookDraft):
    """A webhook as it stands. The secret is shown once, when it is made."""

    webhook_id: str
    version: int
    failing_since: datetime | None = Field(description="Since when nothing has arrived")
    paused_at: datetime | None = Field(description="Since when it is not tried any more; see resumption")
    paused_reason: str
    previous_secret_until: datetime | None = Field(description="Until then what is sent is signed with the secret before, too")
    waiting: int = Field(description="Facts that wait to be delivered")
    changed_by: str
    changed_at: datetime


class WebhookWithSecret(Webhook):
    """A webhook that was just made or got another secret."""

    secret: str = Field(description="Shown only now. Standard Webhooks: HMAC-SHA256, `whsec_` and base64")


class WebhookList(BaseModel):
    """By name."""

    items: list[Webhook]


class Attempt(BaseModel):
    """One try to deliver."""

    at: datetime
    status: int | None = Field(description="HTTP status; null when there was no answer")
    error: str
    duration_ms: int


class Delivery(BaseModel):
    """One fact on its way to one webhook."""

    delivery_id: str = Field(description="`webhook-id`, the same for each try")
    event_id: str = Field(description="`id` of the CloudEvent, that of the fact on the topic")
    alert_id: str
    type: str
    state: DeliveryState = Field(description="expired: not delivered within a day")
    tries: int
    next_at: datetime | None
    attempts: list[Attempt] = Field(description="The last 20")
    made_at: datetime
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    """Newest first; `next_cursor` asks for the page of older ones."""

    items: list[Delivery]
    next_cursor: str | None
