"""What the staff sees of sending as such: how the providers do, what waits, and which SMS residents sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import text

from hejnal_notifier.report import mask
from hejnal_notifier.resources import Resources, get_resources
from hejnal_notifier.sending.providers import Provider

router = APIRouter(prefix="/internal/v1", tags=["oversight"])

Res = Annotated[Resources, Depends(get_resources)]

_WAITING = text(
    "select channel, count(*) as deliveries, count(*) filter (where not_before <= :now) as due, "
    "min(not_before) filter (where not_before <= :now) as due_since "
    "from deliveries where state in ('queued', 'sending') group by channel"
)
_INBOUND = text(
    "select provider, provider_id, sender, body, meaning, received_at from inbound "
    "where number = 1 and received_at < :before order by received_at desc, provider, provider_id limit :limit"
)


class ProviderState(BaseModel):
    """One provider as this process sees it."""

    name: str
    rests_s: float = Field(description="It has failed and is left alone for so long; 0: it is used")
    rate_per_s: float | None = Field(description="Messages a second it is fed at most; null: as fast as it answers")
    tries: int = Field(description="In the last minute, at most the newest 200")
    failed: int = Field(description="Of these")
    last_trouble_at: datetime | None
    last_trouble_cause: str | None
    last_trouble_detail: str | None
    credit: float | None = Field(default=None, description="What is left on a prepaid account; null: none, or not told yet")
    credit_unit: str | None = Field(default=None, description="points or messages")
    credit_low: bool = Field(default=False, description="Less than the town's limit: somebody should pay")
    credit_at: datetime | None = Field(default=None, description="When the provider told it")


class ChannelState(BaseModel):
    """A channel: its providers, first choice first, and what waits."""

    channel: str
    providers: list[ProviderState]
    waiting: int = Field(description="Deliveries queued or on their way, quiet hours included")
    due: int = Field(description="Of these, what may go now")
    due_since: datetime | None = Field(description="Since when the one waits that has waited longest")


class ChannelStates(BaseModel):
    """All channels that are set up."""

    channels: list[ChannelState]


class InboundMessage(BaseModel):
    """An SMS that a resident sent to the town."""

    provider: str
    sender: str = Field(description="Masked")
    text: str = Field(description="Empty once it is no longer kept")
    meaning: str = Field(description="What it was taken for: start, stop, report, …")
    received_at: datetime


class InboundPage(BaseModel):
    """The newest first."""

    items: list[InboundMessage]
    next_before: datetime | None = Field(description="Ask for what came before this; null: that was all")


@router.get("/providers")
async def providers(resources: Res) -> ChannelStates:
    """How every provider does right now, and what waits for it."""
    async with resources.database.read() as session:
        waiting = {row.channel: row for row in await session.execute(_WAITING, {"now": resources.clock.now()})}
    states = []
    for channel, known in resources.providers.items():
        row = waiting.get(channel.value)
        states.append(
            ChannelState(
                channel=channel.value,
                providers=[_state(provider) for provider in known.all],
                waiting=row.deliveries if row else 0,
                due=row.due if row else 0,
                due_since=row.due_since if row else None,
            )
        )
    return ChannelStates(channels=states)


def _state(provider: Provider) -> ProviderState:
    tries, failed = provider.recent()
    trouble, credit = provider.last_trouble, provider.credit
    return ProviderState(
        name=provider.name,
        rests_s=round(provider.rests_s, 1),
        rate_per_s=provider.rate(),
        tries=tries,
        failed=failed,
        last_trouble_at=trouble.at if trouble else None,
        last_trouble_cause=trouble.cause if trouble else None,
        last_trouble_detail=trouble.detail if trouble else None,
        credit=credit.left if credit else None,
        credit_unit=credit.unit if credit else None,
        credit_low=credit.low if credit else False,
        credit_at=credit.at if credit else None,
    )


@router.get("/inbound-messages")
async def inbound_messages(
    resources: Res, before: AwareDatetime | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> InboundPage:
    """SMS from residents with what was made of them; the number is masked."""
    values = {"before": before or resources.clock.now(), "limit": limit + 1}
    async with resources.database.read() as session:
        rows = (await session.execute(_INBOUND, values)).all()
    shown = rows[:limit]
    return InboundPage(
        items=[
            InboundMessage(
                provider=row.provider,
                sender=mask("sms", row.sender),
                text=row.body,
                meaning=row.meaning,
                received_at=row.received_at,
            )
            for row in shown
        ],
        next_before=shown[-1].received_at if len(rows) > limit else None,
    )
