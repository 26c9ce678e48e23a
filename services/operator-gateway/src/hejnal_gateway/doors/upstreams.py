"""Where an upstream's requests go: the first address while it answers, the next one while it does not. Pure but for the clock."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from hejnal_runtime.clock import Clock

REST_S = 2.0
"""How long an address that failed is left alone at first; doubled with each further failure."""
LONGEST_REST_S = 30.0
REFUSALS = 3
"""So many answers "unavailable" one after the other count as a failure; no connection at all counts at once."""

OPENS_AFTER = 3
"""So many failures in a row, and an address without stand-in is not even asked for a while."""
LONGEST_REST_ALONE_S = 5.0


@dataclass(slots=True)
class _Address:
    url: str
    refusals: int = 0
    failures: int = 0
    failed_at: float = 0.0
    rests_until: float = 0.0


class Upstreams:
    """Addresses of one upstream, the preferred one first, each with a circuit breaker."""

    def __init__(self, urls: Sequence[str], clock: Clock) -> None:
        self._addresses = [_Address(url.rstrip("/")) for url in urls]
        self._clock = clock

    @property
    def first(self) -> str:
        """The preferred address, the only one that takes orders."""
        return self._addresses[0].url

    @property
    def several(self) -> bool:
        """Whether others stand in for the first."""
        return len(self._addresses) > 1

    def rest_of_first_s(self) -> float:
        """How long the first address, which nobody stands in for, is not to be asked; 0 when it is.

        It must have failed several times with nothing between. When its rest is over, one request tries.
        """
        first, now = self._addresses[0], self._clock.monotonic()
        if first.failures < OPENS_AFTER:
            return 0.0
        rest_s = min(first.rests_until, first.failed_at + LONGEST_REST_ALONE_S) - now
        if rest_s > 0:
            return rest_s
        first.failed_at, first.rests_until = now, now + REST_S
        return 0.0

    def in_turn(self) -> list[str]:
        """All addresses in the order to ask them: those that rest come last.

        An address whose rest is over is tried by one request; the others go on elsewhere until that one has an answer.
        """
        now = self._clock.monotonic()
        ready, resting = [], []
        for address in self._addresses:
            if address.failures and now < address.rests_until:
                resting.append(address)
                continue
            if address.failures:
                address.rests_until = now + REST_S
            ready.append(address)
        return [address.url for address in (*ready, *resting)]

    def answered(self, url: str) -> None:
        """It works (again)."""
        address = self._of(url)
        address.refusals = address.failures = 0

    def refused(self, url: str) -> None:
        """It answered that it is not able to, now."""
        address = self._of(url)
        address.refusals += 1
        if address.refusals >= REFUSALS:
            self.failed(url)

    def failed(self, url: str) -> None:
        """No connection, or no answer in time."""
        address = self._of(url)
        rest_s = min(LONGEST_REST_S, REST_S * 2.0**address.failures)
        address.failures = min(address.failures + 1, 16)
        address.refusals = 0
        address.failed_at = self._clock.monotonic()
        address.rests_until = address.failed_at + rest_s * random.uniform(0.75, 1)

    def _of(self, url: str) -> _Address:
        return next(address for address in self._addresses if address.url == url)
