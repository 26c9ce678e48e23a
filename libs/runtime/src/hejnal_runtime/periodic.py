"""Work that is done again and again: how often, what a failure means, and how long it is left alone then."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from hejnal_runtime.errors import is_transient

log = structlog.get_logger()

MOST_DOUBLINGS = 6


class PeriodicLoop:
    """Calls `work` until cancelled, with a pause of `every_s` (± a fifth) after each call.

    `work` may return True: more waits, it is called again at once. An error that may pass by itself (`errors.is_transient`, or
    one of `passing`) is logged as `event`; with `longest_s` the pause then doubles from failure to failure up to it. Any other
    error ends the loop, and so the service. `begin_with_pause`: for what need not be done at each start.
    """

    def __init__(
        self,
        event: str,
        work: Callable[[], Awaitable[object]],
        *,
        every_s: float,
        longest_s: float | None = None,
        passing: tuple[type[Exception], ...] = (),
        begin_with_pause: bool = False,
    ) -> None:
        self._event = event
        self._work = work
        self._every_s = every_s
        self._longest_s = max(every_s, longest_s or 0)
        self._passing = passing
        self._begin_with_pause = begin_with_pause

    async def run(self) -> None:
        """For ever; raises what will not pass."""
        failures = 0
        if self._begin_with_pause:
            await self._pause(0)
        while True:
            more: object = False
            try:
                more = await self._work()
                failures = 0
            except Exception as error:
                if not (isinstance(error, self._passing) or is_transient(error)):
                    raise
                failures += 1
                # never its text: a database error's quotes the row
                log.warning(self._event, error=type(error).__name__, failures=failures)
            if more is not True:
                await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        pause_s = min(self._longest_s, self._every_s * 2.0 ** min(failures, MOST_DOUBLINGS))
        await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))
