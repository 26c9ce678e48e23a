"""How an announcement fares on its way to people."""

from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import Channel, Fact, Id, Instant, Model


class ChannelCounts(Model):
    """Deliveries of one channel by state."""

    channel: Channel
    queued: int = Field(ge=0)
    sent: int = Field(ge=0)
    delivered: int = Field(ge=0)
    failed: int = Field(ge=0)
    expired: int = Field(ge=0)
    cancelled: int = Field(ge=0)
    unknown: int = Field(default=0, ge=0, description="In doubt after a crash, not yet settled")


class DeliveryProgressed(Fact):
    """Where an announcement version stands."""

    TYPE: ClassVar[str] = "delivery.progressed.v1"

    announcement_id: Id
    version: int = Field(ge=1)
    counts: tuple[ChannelCounts, ...]
    finished: bool
    at: Instant


class ContactFailed(Fact):
    """A contact point can no longer be used."""

    TYPE: ClassVar[str] = "contact.failed.v1"

    announcement_id: Id
    resident_id: Id
    contact_id: Id
    channel: Channel
    reason: Literal["hard_bounce", "gone", "opted_out"]
    at: Instant
