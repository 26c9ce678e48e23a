"""Magic recipients: an address says what the simulated provider does with it. The list is in the service's README."""

import re
from collections import Counter
from enum import StrEnum

FLAKY_REFUSALS = 2
"""How often a flaky recipient is refused before it accepts."""


class Outcome(StrEnum):
    """What the simulated provider does with a message."""

    ACCEPT = "accept"
    BOUNCE = "bounce"
    """Permanent refusal: no such recipient."""
    REJECT = "reject"
    """Permanent refusal of the message itself."""
    FULL = "full"
    """Temporary refusal, every time."""
    FLAKY = "flaky"
    """Temporary refusal twice, then accepted."""
    SLOW = "slow"
    """Accepted after a few seconds."""
    GONE = "gone"
    """Push: the subscription is no more (410)."""
    UNDELIVERED = "undelivered"
    """SMS: accepted, then the receipt says that it was not delivered."""
    SILENT = "silent"
    """SMS: accepted, no receipt ever comes."""
    NOISY = "noisy"
    """SMS: receipts come twice and in the wrong order."""


_SMS_ENDINGS: dict[str, Outcome] = {
    "00001": Outcome.BOUNCE,
    "00002": Outcome.FLAKY,
    "00003": Outcome.UNDELIVERED,
    "00004": Outcome.SILENT,
    "00005": Outcome.NOISY,
    "00006": Outcome.SLOW,
    "00007": Outcome.FULL,
}

_EMAIL_TAG = re.compile(r"\+([a-z]+)(?:-[^@]*)?@", re.IGNORECASE)
_PUSH_PREFIX = re.compile(r"^([a-z]+)-")


def _named(name: str) -> Outcome:
    try:
        return Outcome(name.lower())
    except ValueError:
        return Outcome.ACCEPT


def of_email(address: str) -> Outcome:
    """`anna+bounce@example.pl` bounces; a further `-anything` in the tag makes addresses distinct."""
    match = _EMAIL_TAG.search(address)
    return _named(match[1]) if match else Outcome.ACCEPT


def of_number(number: str) -> Outcome:
    """Numbers that end in 00001 to 00007 have an outcome of their own."""
    return _SMS_ENDINGS.get(number[-5:], Outcome.ACCEPT)


def of_push(device_id: str) -> Outcome:
    """`gone-4f2a…` is gone; the prefix is chosen when the subscription is made."""
    match = _PUSH_PREFIX.match(device_id)
    return _named(match[1]) if match else Outcome.ACCEPT


class Flakiness:
    """Counts the refusals of flaky recipients."""

    def __init__(self) -> None:
        self._refusals: Counter[str] = Counter()

    def refuses(self, recipient: str) -> bool:
        """True for the first `FLAKY_REFUSALS` calls with this recipient."""
        if self._refusals[recipient] >= FLAKY_REFUSALS:
            return False
        self._refusals[recipient] += 1
        return True
