"""What plays on the simulated providers from outside: outages and delay."""

import asyncio
import time

from hejnal_notifier.sinks.mailbox import CHANNELS, SinkChannel

SLOW_S = 3.0


class Conditions:
    """Outages per channel (set through the API) and a delay that every accepted message takes."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self._down_until: dict[SinkChannel, float] = dict.fromkeys(CHANNELS, 0.0)

    def break_down(self, channel: SinkChannel, seconds: float) -> None:
        """Make a provider answer "temporarily unavailable" for some time; 0 ends an outage."""
        self._down_until[channel] = time.monotonic() + seconds

    def is_down(self, channel: SinkChannel) -> bool:
        """Whether the provider has an outage now."""
        return time.monotonic() < self._down_until[channel]

    async def take_time(self, *, slow: bool = False) -> None:
        """Wait as long as accepting a message takes."""
        delay_s = self.delay_s + (SLOW_S if slow else 0.0)
        if delay_s > 0:
            await asyncio.sleep(delay_s)
