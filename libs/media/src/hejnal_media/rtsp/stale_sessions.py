"""Sessions a camera may still count as ours.

Cameras have few places. One whose connection was cut keeps the place taken until the session's timeout, and answers the next
try with "busy": then it is left alone for that long, instead of being asked again and again.
"""

import time
from collections.abc import Callable

_BUSY = frozenset({453, 454, 455, 500, 503})
_SPARE_S = 1.0
_LONGEST_S = 120.0
"""A camera that asks for more (some say hours) is tried all the same."""


class StaleSessions:
    """Kept by the caller from one session of a camera's stream to the next."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free_at_s: float | None = None

    def lost(self, timeout_s: float) -> None:
        """A session has ended without a word; its place is taken until its timeout."""
        self._free_at_s = self._monotonic() + min(timeout_s, _LONGEST_S) + _SPARE_S

    def opened(self) -> None:
        """The camera has a place for us: whatever was lost is gone, or does not matter."""
        self._free_at_s = None

    def wait_s(self, status: int, retry_after: str) -> float | None:
        """How long to leave a camera alone that answered with `status`; None when the usual pause will do."""
        if status not in _BUSY:
            return None
        if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6:
            return min(float(retry_after), _LONGEST_S)
        if self._free_at_s is None:
            return None
        remaining_s = self._free_at_s - self._monotonic()
        return remaining_s if remaining_s > 0 else None
