"""Facts on their way to Kafka: in order per camera, none left out, however long Kafka is away (up to a bound)."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from hejnal_contracts.base import Fact
from hejnal_ingest import metrics
from hejnal_runtime.bus import Producer
from hejnal_runtime.errors import AppError

log = structlog.get_logger()

SOURCE = "ingest"
_RETRY_FIRST_S, _RETRY_LAST_S = 0.2, 5.0

Acknowledged = Callable[[], None]


@dataclass(slots=True)
class _Line:
    """One camera's facts."""

    waiting: deque[tuple[Fact, Acknowledged | None]] = field(default_factory=deque)
    sender: asyncio.Task[None] | None = None


class FactQueue:
    """Sends facts with `acks=all`, one after the other per camera, and again until they are taken.

    A camera with `limit` facts waiting is `full`: its recording pauses, so that memory stays bounded.
    """

    def __init__(self, producer: Producer, *, limit: int = 1024, source: str = SOURCE) -> None:
        self._producer = producer
        self._limit = limit
        self._source = source
        self._lines: dict[str, _Line] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._waiting = 0
        self._observers: list[Callable[[Fact], None]] = []
        self._failing_since: float | None = None

    def observe(self, observer: Callable[[Fact], None]) -> None:
        """Every fact is shown to `observer` when it is queued: what it tells is durable in the spool by then."""
        self._observers.append(observer)

    def put(self, camera_id: str, fact: Fact, acknowledged: Acknowledged | None = None) -> None:
        """Queues a fact; `acknowledged` is called when Kafka has it."""
        for observer in self._observers:
            observer(fact)
        line = self._lines.setdefault(camera_id, _Line())
        line.waiting.append((fact, acknowledged))
        self._count(1)
        if line.sender is None:
            line.sender = asyncio.create_task(self._send(camera_id, line), name=f"facts {camera_id}")

    def is_full(self, camera_id: str) -> bool:
        """True when too many facts of the camera wait."""
        line = self._lines.get(camera_id)
        return line is not None and len(line.waiting) >= self._limit

    @property
    def waiting(self) -> int:
        """Facts that are not yet acknowledged."""
        return self._waiting

    def health(self) -> str | None:
        """None while Kafka takes facts; otherwise since when it does not."""
        if self._failing_since is None:
            return None
        if refused := self._producer.health():
            return f"{refused}; {self._waiting} facts wait"
        return f"Kafka takes no facts for {asyncio.get_running_loop().time() - self._failing_since:.0f} s; {self._waiting} wait"

    async def drain(self, timeout_s: float) -> bool:
        """Waits until all is sent; False when that took too long (the spool's journals know what is left)."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            log.warning("facts_left_unsent", count=self._waiting)
            return False
        return True

    async def close(self) -> None:
        """Ends the senders."""
        senders = [line.sender for line in self._lines.values() if line.sender is not None]
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        self._lines.clear()

    async def _send(self, camera_id: str, line: _Line) -> None:
        pause_s = _RETRY_FIRST_S
        try:
            while line.waiting:
                fact, acknowledged = line.waiting[0]
                try:
                    await self._producer.send_fact(fact, self._source)
                except AppError as error:
                    self._note_failure(error)
                    await asyncio.sleep(pause_s)
                    pause_s = min(_RETRY_LAST_S, 2 * pause_s)
                    continue
                pause_s = _RETRY_FIRST_S
                self._failing_since = None
                line.waiting.popleft()
                self._count(-1)
                if acknowledged is not None:
                    with contextlib.suppress(OSError):  # a journal that cannot be updated only means a fact told twice
                        acknowledged()
        finally:
            line.sender = None
            if not line.waiting:
                self._lines.pop(camera_id, None)

    def _note_failure(self, error: AppError) -> None:
        if self._failing_since is None:
            self._failing_since = asyncio.get_running_loop().time()
            log.warning("facts_not_taken", detail=error.detail, waiting=self._waiting)

    def _count(self, change: int) -> None:
        self._waiting += change
        metrics.FACTS_WAITING.set(self._waiting)
        if self._waiting:
            self._idle.clear()
        else:
            self._idle.set()
