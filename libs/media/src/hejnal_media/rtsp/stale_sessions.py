"""Sessions a camera may still count as ours.

Cameras have few places. One whose connection was cut keeps the place taken until the session's timeout, and answers the next
try with "busy": then it is left alone for that long, instead of being asked again and again.
"""

import time
from collections.abc import Callable

_NO_PLACE = 453
_BUSY = frozenset({_NO_PLACE, 454, 455, 500, 503})
_SPARE_S = 1.0
_LONGEST_S = 120.0
"""A camera that asks for more (some say hours) is tried all the same."""


class StaleSessions:
    """Kept by the caller from one session of a camera's stream to the next."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free_at_s: float | None = None
        self._camera_knows = False

    def lost(self, timeout_s: float, *, camera_knows: bool = False) -> None:
        """A session has ended without TEARDOWN; its place may be taken until its timeout.

        `camera_knows`: the camera itself has closed the connection. Then only its word that there is no place counts: an
        error in general is as likely a camera that starts.
        """
        self._free_at_s = self._monotonic() + min(timeout_s, _LONGEST_S) + _SPARE_S
        self._camera_knows = camera_knows

    def opened(self) -> None:
        """The camera has a place for us: whatever was lost is gone, or does not matter."""
        self._free_at_s = None

    def wait_s(self, status: int, retry_after: str) -> float | None:
        """How long to leave a camera alone that answered with `status`; None when the usual pause will do."""
        if status not in _BUSY:
            return None
        if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6:
            return min(float(retry_after), _LONGEST_S)
        if self._free_at_s is None or (self._camera_knows and status != _NO_PLACE):
            return None
        remaining_s = self._free_at_s - self._monotonic()
        return remaining_s if remaining_s > 0 else None
