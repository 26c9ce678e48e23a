"""The threads that write the spool. What waits is written together and then synced together.

The first sync of a group commits the file system's journal for all of them: on a slow disk a town of cameras needs a few
commits a second instead of one for each fragment. No timer: a group is what has come while the last one was under way.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from hejnal_ingest import metrics

_LARGEST_GROUP = 64

Result = TypeVar("Result")


class PendingBytes:
    """Bounds the footage of all cameras that waits to be written."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Room for a fragment; False when there is none. A fragment larger than all the room is let in alone."""
        if self._bytes and self._bytes + size_bytes > self._limit_bytes:
            return False
        self._bytes += size_bytes
        metrics.PENDING_BYTES.set(self._bytes)
        return True

    def give_back(self, size_bytes: int) -> None:
        """The fragment is written or dropped."""
        self._bytes -= size_bytes
        metrics.PENDING_BYTES.set(self._bytes)


class _Job:
    __slots__ = ("error", "future", "loop", "result", "sync", "work")

    def __init__(self, work: Callable[[], Any], sync: Callable[[], None] | None) -> None:
        self.work = work
        self.sync = sync
        self.result: Any = None
        self.error: BaseException | None = None
        self.future: Future[Any] | None = None
        self.loop: tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]] | None = None

    def do(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 it belongs to whoever waits for the result
            self.error = error
        finally:
            del self.work  # its footage is not to be kept while others are synced

    def make_durable(self) -> None:
        if self.sync is None or self.error is not None:
            return
        try:
            self.sync()
        except BaseException as error:  # noqa: BLE001 it belongs to whoever waits for the result
            self.error = error

    def settle(self) -> None:
        """On the event loop of whoever waits."""
        assert self.loop is not None
        waiting = self.loop[1]
        if waiting.cancelled():
            return
        if self.error is not None:
            waiting.set_exception(self.error)
        else:
            waiting.set_result(self.result)


class SpoolWriters(Executor):
    """A bounded number of threads. `store` writes and syncs in a group; `submit` is for all other blocking work.

    The threads are daemons: one that hangs on a dead disk does not keep the process from ending.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"spool-{number}", daemon=True) for number in range(max(1, threads))
        ]
        for thread in self._threads:
            thread.start()

    def store(self, write: Callable[[], Result], sync: Callable[[], None]) -> "asyncio.Future[Result]":
        """Gives the result of `write`, when `sync` has made it durable. Raises what either raises."""
        loop = asyncio.get_running_loop()
        job = _Job(write, sync)
        waiting: asyncio.Future[Result] = loop.create_future()
        job.loop = (loop, waiting)
        self._put(job)
        return waiting

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> "Future[Result]":
        """Executor: runs a call in one of the threads."""
        job = _Job(lambda: fn(*args, **kwargs), None)
        future: Future[Result] = Future()
        job.future = future
        self._put(job)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 as Executor has it
        """No more jobs; with `wait` the queued ones are done first, for ten seconds at most."""
        with self._wake:
            self._closing = True
            if cancel_futures:
                self._jobs.clear()
            self._wake.notify_all()
        if wait:
            for thread in self._threads:
                thread.join(10)

    def _put(self, job: _Job) -> None:
        with self._wake:
            if self._closing:
                raise RuntimeError("the spool's writers are closed")
            self._jobs.append(job)
            self._wake.notify()

    def _take(self) -> list[_Job]:
        with self._wake:
            while not self._jobs and not self._closing:
                self._wake.wait()
            group: list[_Job] = []
            while self._jobs and len(group) < _LARGEST_GROUP:
                group.append(self._jobs.popleft())
            return group

    def _work(self) -> None:
        while group := self._take():
            for job in group:
                job.do()
            for job in group:
                job.make_durable()
            waiting: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
            for job in group:
                if job.loop is not None:
                    waiting.setdefault(job.loop[0], []).append(job)
                elif job.future is not None:
                    _resolve(job.future, job)
            for loop, jobs in waiting.items():
                metrics.SYNC_GROUP.observe(len(jobs))
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def _resolve(future: "Future[Any]", job: _Job) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if job.error is not None:
        future.set_exception(job.error)
    else:
        future.set_result(job.result)
