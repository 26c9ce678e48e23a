"""Connections to cameras are opened a few at a time: neither a start with a whole town nor a switch coming back is a burst."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class StartPacer:
    """Lets one caller through per `spacing_s`, in the order they came, and at most `limit` be opening at the same time."""

    def __init__(self, spacing_s: float, limit: int = 32) -> None:
        self._spacing_s = spacing_s
        self._next_s = 0.0
        self._places = asyncio.Semaphore(limit)
        self.opening = 0
        self.most_opening = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held while a connection is opened. Everything inside must have a time limit."""
        async with self._places:
            loop = asyncio.get_running_loop()
            now_s = loop.time()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._spacing_s
            if turn_s > now_s:
                await asyncio.sleep(turn_s - now_s)
            self.opening += 1
            self.most_opening = max(self.most_opening, self.opening)
            try:
                yield
            finally:
                self.opening -= 1
