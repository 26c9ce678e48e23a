"""The life of a delivery, as a pure state machine. Every statement that changes a state takes its guard from here.

    held ──gathered into a digest──▶ what becomes of the digest
    queued ──claimed──▶ sending ──accepted──▶ sent ──receipt──▶ delivered | failed
      ▲  └─expired/called off─▶ expired | cancelled
      └──postponed, released── sending ──refused──▶ failed
      └──requeued── unknown ◀──worker lost, unanswered── sending

Monotone: a state never goes back to one of lower rank, except that an undelivered message may be queued again. Receipts may
come before the provider's answer is noted, twice, or in the wrong order: what adds no knowledge changes nothing.
"""

import hashlib
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where a delivery stands."""

    HELD = "held"
    """Waits for its recipient's digest, or is in one that is on its way."""
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    """A worker was lost in mid-send; nobody knows whether the provider took the message."""
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a delivery."""

    CLAIMED = "claimed"
    RELEASED = "released"
    """Given back untried."""
    ACCEPTED = "accepted"
    """The provider took it."""
    POSTPONED = "postponed"
    """The provider refused for now."""
    REFUSED = "refused"
    """The provider refused for good, or we gave up."""
    UNANSWERED = "unanswered"
    """The provider may have it; a repeat would show twice."""
    WORKER_LOST = "worker_lost"
    REQUEUED = "requeued"
    """The doubt was settled by sending again."""
    OUTDATED = "outdated"
    """Its time has passed before it was sent."""
    CALLED_OFF = "called_off"
    """A newer version took its place, or the contact is gone."""
    RECEIPT_DELIVERED = "receipt_delivered"
    RECEIPT_FAILED = "receipt_failed"


class Meaning(StrEnum):
    """What a receipt tells."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ON_THE_WAY = "on_the_way"


RECEIPT_EVENTS = {Meaning.DELIVERED: Event.RECEIPT_DELIVERED, Meaning.FAILED: Event.RECEIPT_FAILED}

_S = State
_TRANSITIONS: dict[Event, dict[State, State]] = {
    Event.CLAIMED: {_S.QUEUED: _S.SENDING},
    Event.RELEASED: {_S.SENDING: _S.QUEUED},
    # unknown, queued: the answer of a worker that was taken for lost
    Event.ACCEPTED: {_S.SENDING: _S.SENT, _S.UNKNOWN: _S.SENT, _S.QUEUED: _S.SENT},
    Event.POSTPONED: {_S.SENDING: _S.QUEUED, _S.UNKNOWN: _S.QUEUED},
    Event.REFUSED: {_S.SENDING: _S.FAILED, _S.UNKNOWN: _S.FAILED, _S.QUEUED: _S.FAILED},
    Event.UNANSWERED: {_S.SENDING: _S.UNKNOWN},
    Event.WORKER_LOST: {_S.SENDING: _S.UNKNOWN},
    Event.REQUEUED: {_S.UNKNOWN: _S.QUEUED},
    Event.OUTDATED: {_S.HELD: _S.EXPIRED, _S.QUEUED: _S.EXPIRED, _S.SENDING: _S.EXPIRED, _S.UNKNOWN: _S.EXPIRED},
    Event.CALLED_OFF: {_S.HELD: _S.CANCELLED, _S.QUEUED: _S.CANCELLED, _S.SENDING: _S.CANCELLED},
    # the device has it, whatever else was believed; failed: the receipts came in the wrong order
    Event.RECEIPT_DELIVERED: dict.fromkeys(
        (_S.QUEUED, _S.SENDING, _S.UNKNOWN, _S.SENT, _S.FAILED, _S.EXPIRED, _S.CANCELLED), _S.DELIVERED
    ),
    Event.RECEIPT_FAILED: {_S.SENDING: _S.FAILED, _S.UNKNOWN: _S.FAILED, _S.SENT: _S.FAILED},
}

OPEN = frozenset({State.QUEUED, State.SENDING})
"""States in which the delivery still has work for us."""
TOLD = frozenset({State.SENDING, State.UNKNOWN, State.SENT, State.DELIVERED})
"""States in which the recipient has, or may have, the message."""


def next_state(state: State, event: Event) -> State:
    """The state after an event; the same state where the event says nothing new."""
    return _TRANSITIONS[event].get(state, state)


def allowed_from(event: Event) -> list[str]:
    """States that an event moves, for the guard of an UPDATE."""
    return sorted(_TRANSITIONS[event])


def target(event: Event) -> State:
    """The one state an event leads to."""
    (state,) = set(_TRANSITIONS[event].values())
    return state


def delivery_id_of(announcement_id: str, version: int, resident_id: str, contact_id: str) -> UUID:
    """The one id that a version to a contact can have; the plan works out the same in SQL."""
    key = "\x1f".join((announcement_id, str(version), resident_id, contact_id))
    return UUID(bytes=hashlib.sha256(key.encode()).digest()[:16])


def settle(*, repeat_is_harmless: bool, emergency: bool) -> Event | None:
    """How the doubt after a lost worker is settled.

    Send again where a repeat is harmless or silence would be worse; else wait for a receipt (None).
    """
    return Event.REQUEUED if repeat_is_harmless or emergency else None


def retry_pause_s(attempt: int, *, base_s: float, cap_s: float, retry_after_s: float | None, spread: float) -> float:
    """Pause before the next try: exponential, at least what the provider asks for; `spread` in 0..1 is the jitter."""
    pause_s = min(cap_s, base_s * 2.0 ** min(attempt - 1, 30)) * (0.5 + 0.5 * spread)
    return max(pause_s, retry_after_s or 0.0)
