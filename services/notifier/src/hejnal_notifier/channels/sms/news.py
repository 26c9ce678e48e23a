"""What an SMS provider has to tell by itself: receipts, and messages that residents send; and the desk that keeps them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hejnal_notifier.delivery import Meaning


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a message, or a part of one, fared. Which delivery it belongs to is told by the provider's own id."""

    provider: str
    provider_id: str
    meaning: Meaning
    cause: str | None
    number: str
    """Whose phone it is about (E.164)."""
    raw: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextMessage:
    """An SMS, or one of its parts, from a resident's phone."""

    provider: str
    sender: str
    """As the network tells: E.164, a national number, a short code or a name."""
    text: str
    reference: int = 0
    total: int = 1
    number: int = 1
    provider_id: str = ""
    """What the provider calls it; "" where it gives no name (SMPP)."""


News = Receipt | TextMessage

PAGE = 100
"""How many open parts are given at once."""


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part that a provider has taken and has not told the end of."""

    provider_id: str
    sent_at: datetime


class NewsDesk(Protocol):
    """Where adapters bring what they hear, and ask what they still wait for: nothing of it is kept in their memory."""

    async def __call__(self, news: News) -> None:
        """Keep one piece of news; raises when it could not be kept."""
        ...

    async def open_parts(self, provider: str, after: OpenPart | None) -> Sequence[OpenPart]:
        """The next at most 100 open parts of the last three days, oldest first, after one that was given before."""
        ...

    async def still_open(self, provider: str, names: Collection[str]) -> set[str]:
        """Those of the provider's ids whose parts are open."""
        ...
