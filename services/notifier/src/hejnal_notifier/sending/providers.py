"""A channel's providers in the town's order: which one takes the next messages, how fast, and when another steps in.

A provider that fails (half of at least ten tries within a minute, five in a row, or one refusal of the town itself) is left
alone for 30 s, then for a minute each time; a single message tries it again. What a failing provider may
have taken stays with it: only what it has certainly not got goes to the next one.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.channels.adapter import Adapter
from hejnal_notifier.sending.outcome import Outcome, Postponed, Unanswered
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

WINDOW_S = 60.0
MOST_KEPT = 200
LEAST_TRIES = 10
FAILING_SHARE = 0.5
IN_A_ROW = 5
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 60.0
_WARM_UP_START = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a provider may be fed."""

    per_s: float | None = None
    """Messages a second; None: as fast as it answers."""
    warm_up_s: float = 0.0
    """Over this time after the start, or after an outage, the rate grows from a tenth to the whole."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last time a provider failed, and how."""

    at: datetime
    cause: str
    detail: str


@dataclass(frozen=True, slots=True)
class Credit:
    """What was left on a prepaid account when it was last told."""

    left: float
    unit: str
    low: bool
    at: datetime


class Provider:
    """One provider, how it has been doing, and when its next message may go."""

    def __init__(self, adapter: Adapter, clock: Clock, pace: Pace = Pace()) -> None:
        self.adapter = adapter
        self._clock = clock
        self._pace = pace
        self._tries: deque[tuple[float, bool]] = deque(maxlen=MOST_KEPT)
        self._failed_in_a_row = 0
        self._pause_s = FIRST_PAUSE_S
        self._closed_until: float | None = None
        self._warm_since: float | None = None
        self._next_at = 0.0
        self.last_trouble: Trouble | None = None
        self.credit: Credit | None = None
        """None: not paid in advance, or not told yet."""
        self.alone = False
        """Nobody can step in: it is never left alone, its messages' own back-off is enough."""
        self.last_hope = False
        """All were at rest when it was chosen."""
        self.came_back = False
        """It has taken a message after it had failed: what waits for it need not wait any longer. Whoever acts on it ends it."""

    @property
    def name(self) -> str:
        """The adapter's name."""
        return self.adapter.name

    @property
    def rests_s(self) -> float:
        """Seconds until it may be tried again; 0 when it may now."""
        if self._closed_until is None:
            return 0.0
        return max(0.0, self._closed_until - self._clock.monotonic())

    @property
    def most_at_once(self) -> int | None:
        """How many messages may be taken for it now: one while it is being tried again."""
        return 1 if self._closed_until is not None else None

    def rate(self) -> float | None:
        """Messages a second that it may be fed now."""
        if self._pace.per_s is None:
            return None
        if not self._pace.warm_up_s:
            return self._pace.per_s
        now = self._clock.monotonic()
        if self._warm_since is None:
            self._warm_since = now
        grown = min(1.0, (now - self._warm_since) / self._pace.warm_up_s)
        return self._pace.per_s * (_WARM_UP_START + (1 - _WARM_UP_START) * grown)

    def wait_s(self) -> float:
        """Seconds until its next message may go."""
        return max(0.0, self._next_at - self._clock.monotonic())

    def recent(self) -> tuple[int, int]:
        """Tries within the last minute, and how many of them failed."""
        now = self._clock.monotonic()
        tries = [failed for at, failed in self._tries if now - at <= WINDOW_S]
        return len(tries), sum(tries)

    def take_turn(self) -> float:
        """Take the next turn: seconds to wait for it."""
        rate = self.rate()
        if rate is None:
            return 0.0
        now = self._clock.monotonic()
        begins = max(now, self._next_at)
        self._next_at = begins + 1 / rate
        return begins - now

    def report(self, outcome: Outcome) -> None:
        """Learn from one try."""
        now = self._clock.monotonic()
        if not isinstance(outcome, Postponed | Unanswered):
            self.came_back = self.came_back or self._failed_in_a_row >= IN_A_ROW
            self._failed_in_a_row = 0
            if self._closed_until is not None and (self.rests_s == 0 or self.last_hope):  # not by what was still in flight
                self._recovered()
            self._tries.append((now, False))
            if self.alone:
                self._show(up=True)
            return
        self.last_trouble = Trouble(self._clock.now(), outcome.cause, outcome.detail[:300])
        self._failed_in_a_row += 1
        self._tries.append((now, True))
        refused = isinstance(outcome, Postponed) and outcome.refuses_us
        if self.alone:
            if refused or self._failed_in_a_row >= IN_A_ROW:
                self._show(up=False)
            return
        if self._closed_until is not None:
            if self.rests_s == 0:  # the try after the rest failed, too
                self._rest(now)
        elif refused or self._failed_in_a_row >= IN_A_ROW or self._fails_often(now):
            self._rest(now)

    def _fails_often(self, now: float) -> bool:
        recent = [failed for at, failed in self._tries if now - at <= WINDOW_S]
        return len(recent) >= LEAST_TRIES and sum(recent) / len(recent) >= FAILING_SHARE

    def _rest(self, now: float) -> None:
        self._closed_until = now + self._pause_s
        log.warning("provider_rests", channel=self.adapter.channel, provider=self.name, seconds=self._pause_s)
        metrics.PROVIDER_RESTS.labels(self.adapter.channel, self.name).inc()
        self._show(up=False)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)

    def _recovered(self) -> None:
        self._closed_until = None
        self.last_hope = False
        self._pause_s = FIRST_PAUSE_S
        self._tries.clear()
        self._warm_since = None
        self._show(up=True)
        log.info("provider_is_back", channel=self.adapter.channel, provider=self.name)

    def _show(self, *, up: bool) -> None:
        metrics.PROVIDER_UP.labels(self.adapter.channel, self.name).set(int(up))


class Providers:
    """The providers of one channel, first choice first."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        if not providers:
            raise ValueError("a channel needs at least one provider")
        if len({provider.name for provider in providers}) != len(providers):
            raise ValueError("two providers of a channel have the same name")
        self._providers = {provider.name: provider for provider in providers}
        providers[0].alone = len(providers) == 1
        for provider in providers:
            metrics.PROVIDER_UP.labels(provider.adapter.channel, provider.name).set(1)

    @property
    def channel(self) -> Channel:
        """The channel they serve."""
        return next(iter(self._providers.values())).adapter.channel

    @property
    def all(self) -> list[Provider]:
        """All of them, first choice first."""
        return list(self._providers.values())

    @property
    def adapters(self) -> list[Adapter]:
        """All adapters, first choice first."""
        return [provider.adapter for provider in self._providers.values()]

    @property
    def harmless(self) -> list[str]:
        """Names of those over which a repeat shows once."""
        return [provider.name for provider in self._providers.values() if provider.adapter.repeat_is_harmless]

    def __getitem__(self, name: str) -> Provider:
        return self._providers[name]

    def choose(self) -> tuple[Provider, list[Provider]]:
        """Who takes new messages now, and who else can be asked again for what it may have taken.

        With all of them at rest, the one that may be tried soonest.
        """
        everyone = list(self._providers.values())
        ready = [provider for provider in everyone if provider.rests_s == 0]
        if not ready:
            soonest = min(everyone, key=lambda provider: provider.rests_s)
            soonest.last_hope = True
            return soonest, []
        # In the town's order, so that a better choice whose rest is over gets its one trial message before the rest go on.
        chosen = ready[0]
        return chosen, [provider for provider in ready if provider is not chosen]
