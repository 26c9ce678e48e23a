"""Batches of several partitions taken over together: one transaction for what arrives within a moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hejnal_recorder.timeline.decide import StoryFact
from hejnal_runtime.errors import is_transient

Take = Callable[[Sequence[StoryFact]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    facts: Sequence[StoryFact]
    done: "asyncio.Future[None]"


class Gatherer:
    """Collects what the partitions hand in during `linger_s` and takes it over at once.

    Bounded by its callers: each partition waits for its batch before it hands in the next. When a joint batch fails for a
    reason that will not pass, each part is tried by itself, so that one bad fact fails only its own partition.
    """

    def __init__(self, take: Take, *, linger_s: float, largest: int = 5000) -> None:
        self._take = take
        self._linger_s = linger_s
        self._largest = largest
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()

    async def submit(self, facts: Sequence[StoryFact]) -> None:
        """Returns when the facts are taken over; raises what hindered it."""
        waiting = _Waiting(facts, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        await waiting.done

    async def run(self) -> None:
        """Take over what was handed in, for ever. Ended, it leaves nobody waiting."""
        batch: list[_Waiting] = []
        try:
            await self._run(batch)
        finally:
            for waiting in [*batch, *self._waiting]:
                waiting.done.cancel()

    async def _run(self, batch: list[_Waiting]) -> None:
        while True:
            await self._arrived.wait()
            if sum(len(waiting.facts) for waiting in self._waiting) < self._largest:
                await asyncio.sleep(self._linger_s)
            batch[:] = [waiting for waiting in self._waiting if not waiting.done.cancelled()]
            self._waiting.clear()
            self._arrived.clear()
            await self._take_together(batch)

    async def _take_together(self, batch: list[_Waiting]) -> None:
        try:
            await self._take([fact for waiting in batch for fact in waiting.facts])
        except Exception as error:  # noqa: BLE001 whoever handed it in judges it
            if len(batch) > 1 and not is_transient(error):
                for waiting in batch:
                    await self._take_together([waiting])
                return
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            return
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_result(None)
