"""Dead letters: how they look, and a bound on how fast they may come."""

import asyncio
from collections import deque

from hejnal_runtime.bus.message import Record
from hejnal_runtime.clock import Clock


def dlq_headers(record: Record, error: Exception, attempts: int, group: str) -> list[tuple[str, bytes]]:
    """The original headers and why, where and after how many attempts the message was given up."""
    kept = [(name, value) for name, value in record.headers if not name.startswith("dlq_")]
    why = {
        "dlq_reason": type(error).__name__,
        "dlq_detail": str(error)[:500],
        "dlq_attempts": str(attempts),
        "dlq_handler": group,
        "dlq_topic": record.topic,
        "dlq_partition": str(record.partition),
        "dlq_offset": str(record.offset),
    }
    return kept + [(name, value.encode()) for name, value in why.items()]


class DlqRate:
    """Stops a consumer whose DLQ fills too fast: then the code or the topic is wrong, not the single message."""

    def __init__(self, clock: Clock, *, limit: int = 100, window_s: float = 60.0) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._sent: deque[float] = deque()
        self.stopped = False

    async def wait_until_allowed(self) -> None:
        """Return at once below the limit; above it, mark the consumer as stopped and wait for ever (a restart resumes)."""
        now = self._clock.monotonic()
        while self._sent and now - self._sent[0] > self._window_s:
            self._sent.popleft()
        if len(self._sent) >= self._limit:
            self.stopped = True
        if self.stopped:
            await asyncio.Event().wait()
        self._sent.append(now)
