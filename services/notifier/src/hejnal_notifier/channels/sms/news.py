"""What an SMS provider has to tell by itself: receipts, and messages that residents send."""

from dataclasses import dataclass, field

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
    """E.164, or what the network tells."""
    text: str
    reference: int = 0
    total: int = 1
    number: int = 1
    provider_id: str = ""
    """What the provider calls it; "" where it gives no name (SMPP)."""


News = Receipt | TextMessage
