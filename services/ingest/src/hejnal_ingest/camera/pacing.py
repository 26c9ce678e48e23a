"""Connections to cameras are opened one after the other, so that a start with a whole town is no burst."""

import asyncio


class StartPacer:
    """Lets one caller through per `spacing_s`, in the order they came."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._next_s = 0.0

    async def wait(self) -> None:
        """Returns when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._spacing_s
        if turn_s > now_s:
            await asyncio.sleep(turn_s - now_s)
