"""What a provider can answer, the same for all channels."""

from dataclasses import dataclass
from typing import Literal

from hejnal_notifier.delivery import Event

ContactReason = Literal["hard_bounce", "gone", "opted_out", "key_withdrawn"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    provider_id: str | None = None
    note: str | None = None
    parts: int = 0
    """SMS parts that will be on the bill."""
    part_ids: tuple[str, ...] = ()
    """What the provider calls each part, where its receipts come part by part."""

    event = Event.ACCEPTED


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now: the provider is away, busy, or refuses for the moment."""

    cause: str
    detail: str = ""
    retry_after_s: float | None = None
    in_doubt: bool = False
    """True when the provider may have taken the message after all (its answer did not come)."""
    refuses_us: bool = False
    """True when the provider refuses the town, not the message: bad token, unknown sender, no credit."""

    event = Event.POSTPONED


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The provider may have taken the message, and a repeat would show twice: a receipt has to say."""

    cause: str
    detail: str = ""

    event = Event.UNANSWERED


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: trying again cannot help."""

    cause: str
    detail: str = ""
    contact: ContactReason | None = None
    """Set when the contact itself can no longer be used."""

    event = Event.REFUSED


Outcome = Accepted | Postponed | Unanswered | Refused
