"""What every channel's adapter offers."""

from typing import Protocol

from hejnal_contracts.base import Channel
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Outcome


class Adapter(Protocol):
    """Sends one message over one provider."""

    channel: Channel
    repeat_is_harmless: bool
    """True when the same delivery sent twice shows once: by topic, Message-ID or the gateway's idempotency key."""
    timeout_s: float
    """Longest time that `send` takes."""

    async def send(self, job: Job) -> Outcome:
        """Hand one message to the provider. Never raises for what a provider or the network can do."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
