"""What every provider's adapter offers."""

from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from hejnal_contracts.base import Channel
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Outcome


class Adapter(Protocol):
    """Sends one message over one provider."""

    channel: Channel
    name: str
    """Which provider it is: noted with each delivery before it is sent, so that a doubt is settled with the right one."""
    repeat_is_harmless: bool
    """True when the same delivery sent twice over this provider shows once: by topic, Message-ID or idempotency key."""
    timeout_s: float
    """Longest time that `send` takes."""

    async def send(self, job: Job) -> Outcome:
        """Hand one message to the provider. Never raises for what a provider or the network can do."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


@runtime_checkable
class Journalled(Protocol):
    """An adapter without a harmless repeat that notes on disk what it hands over, and so knows after a crash what it did not."""

    @property
    def keeps_journal(self) -> bool:
        """Whether it does so now: then more can be claimed than is being sent."""
        ...

    def open_journal(self) -> None:
        """Take up what the last life of this replica has noted."""
        ...

    def never_submitted(self, delivery_id: UUID, claimed_at: datetime) -> bool:
        """True when the last life certainly did not hand this message over."""
        ...

    def past_is_settled(self) -> None:
        """What the last life had claimed is settled; its notes can go."""
        ...


@runtime_checkable
class Prepaid(Protocol):
    """An adapter whose provider is paid in advance and tells what is left."""

    credit_unit: str
    """What `credit` counts: points or messages."""
    low_credit: float
    """Less than this is little: somebody should pay."""

    async def credit(self) -> float | None:
        """What is left; None when the provider does not tell it now. Never raises for what a provider or the network can do."""
        ...


@runtime_checkable
class Listening(Protocol):
    """An adapter that keeps a session, or asks, for what the provider has to tell: receipts, messages of residents."""

    async def run(self) -> None:
        """Listen until cancelled; comes back by itself after every failure."""
        ...
