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
    waiting_for_push: int = Field(
        default=0, ge=0, description="Of `queued`: SMS that go only where no push is confirmed to have been shown in time"
    )
    spared_by_push: int = Field(default=0, ge=0, description="Of `cancelled`: SMS that a confirmed push made needless")
    causes: dict[str, int] = Field(default={}, description="Of `failed` and `expired`: how many by cause")
    pace_s: tuple[float | None, float | None, float | None] | None = Field(
        default=None,
        description="Seconds from issued (or due) until 50, 95 and 99 % were handed over; null: not reached. None: not measured",
    )


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
    reason: Literal["hard_bounce", "gone", "opted_out", "key_withdrawn"] = Field(
        description="key_withdrawn: a browser that subscribed with a key the town no longer has; it is asked to subscribe anew"
    )
    at: Instant
    verified_at: Instant | None = Field(
        default=None, description="When the contact that failed had been verified: one that was verified since is another"
    )


class MessageShown(Fact):
    """A device has shown an announcement's notification, as its service worker says. Said twice, it means the same."""

    TYPE: ClassVar[str] = "message.shown.v1"

    resident_id: Id
    contact_id: Id = Field(description="The push contact of the device")
    announcement_id: Id
    version: int = Field(ge=1)
    shown_at: Instant
