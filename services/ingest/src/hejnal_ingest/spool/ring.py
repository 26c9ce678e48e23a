"""The spool forgets what the recorder has, the oldest first; what it has not is given up by a stated rule only.

What the archive has deleted again (by age, for room or for privacy) goes from here too, at once.

The rule (`SpoolPolicy`) when the spool is too large, too old or the disk too full, and all that was taken over is gone:
`oldest` gives up footage that was not taken, that of low-priority cameras first; the recorder finds it missing and states a gap.
`keep` gives up nothing: recording stops with `disk_full` until there is room.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from hejnal_ingest import metrics
from hejnal_ingest.spool.journal import JOURNAL

log = structlog.get_logger()

_YOUNG_S = 120.0
"""A file written to so lately may still be growing, and the recorder may not have it yet: it stays."""
_PRIORITIES = {"low": 0, "normal": 1, "high": 2}
FULL = "the spool is full of footage that the recorder has not taken over"


class SpoolPolicy(StrEnum):
    """What is given up when there is no room and the recorder has not taken the footage over."""

    OLDEST = "oldest"
    KEEP = "keep"


@dataclass(slots=True)
class SpoolRoom:
    """Whether there is room for more; set by the ring, asked before each group of pictures."""

    full: str | None = None


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """The spool's bounds."""

    max_bytes: int
    max_age_s: float
    min_free_bytes: int
    policy: SpoolPolicy = SpoolPolicy.OLDEST


@dataclass(frozen=True, slots=True)
class _Segment:
    path: Path
    name: str
    size_bytes: int
    modified_s: float
    shared: bool
    taken: bool
    dropped: bool
    """The archive had it, and has deleted it."""
    priority: int


def _nothing_fetched(_name: str, _size_bytes: int) -> bool:
    return False


def _all_alike(_camera_id: str) -> str:
    return "normal"


class SpoolRing:
    """Keeps the spool within its bounds.

    `fetched(name, size)` says whether a recorder has fetched a segment whole, `priority(camera_id)` is the registry's.
    """

    def __init__(
        self,
        spool_dir: Path,
        limits: SpoolLimits,
        *,
        room: SpoolRoom | None = None,
        fetched: Callable[[str, int], bool] = _nothing_fetched,
        forget: Callable[[str], None] = lambda _name: None,
        priority: Callable[[str], str] = _all_alike,
        interval_s: float = 15.0,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._spool_dir = spool_dir
        self._limits = limits
        self._room = room or SpoolRoom()
        self._fetched = fetched
        self._linked: set[str] = set()
        self._forget = forget
        self._priority = priority
        self._interval_s = interval_s
        self._now_s = now_s

    async def run(self) -> None:
        """Prunes for ever."""
        while True:
            try:
                await asyncio.to_thread(self.prune)
            except OSError as error:
                log.warning("spool_not_pruned", error=repr(error))
            await asyncio.sleep(self._interval_s)

    def prune(self) -> int:
        """Removes what is too much; gives the number of segments removed. Blocking. Raises OSError."""
        limits, now_s = self._limits, self._now_s()
        segments = self._segments()
        total = sum(segment.size_bytes for segment in segments)
        free = self._free_bytes()
        untaken = sum(segment.size_bytes for segment in segments if not segment.taken)
        removed = 0
        # first what the recorder has; then, if the policy allows, what it has not, of unimportant cameras first
        order = sorted(segments, key=lambda one: (not one.taken, one.priority if not one.taken else 0, one.modified_s))
        for segment in order:
            age_s = now_s - segment.modified_s
            if segment.dropped:
                reason = "archive"
            elif age_s > limits.max_age_s:
                reason = "age"
            elif total > limits.max_bytes:
                reason = "size"
            elif free < limits.min_free_bytes and not segment.shared:
                reason = "disk"
            else:
                continue
            young = age_s < min(_YOUNG_S, limits.max_age_s)
            if not segment.dropped and (young or (not segment.taken and limits.policy is SpoolPolicy.KEEP)):
                continue
            self._remove(segment, reason)
            total -= segment.size_bytes
            untaken -= 0 if segment.taken else segment.size_bytes
            free += 0 if segment.shared else segment.size_bytes
            removed += 1
        metrics.SPOOL_BYTES.set(total)
        metrics.SPOOL_UNTAKEN_BYTES.set(untaken)
        metrics.SPOOL_LIMIT_BYTES.set(limits.max_bytes)
        self._judge(total, free)
        return removed

    def _judge(self, total: int, free: int) -> None:
        limits = self._limits
        full = limits.policy is SpoolPolicy.KEEP and (total > limits.max_bytes or free < limits.min_free_bytes)
        if full and self._room.full is None:
            log.error("spool_full", total_bytes=total, free_bytes=free)
        self._room.full = FULL if full else None
        metrics.SPOOL_FULL.set(1 if full else 0)

    def _remove(self, segment: _Segment, reason: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            segment.path.unlink()
        self._forget(segment.name)
        metrics.SPOOL_PRUNED.labels(reason).inc()
        if not segment.taken:
            metrics.SPOOL_GIVEN_UP.inc()
            log.error("footage_given_up", segment=segment.name, reason=reason, size_bytes=segment.size_bytes)
        self._remove_empty(segment.path.parent)

    def _segments(self) -> list[_Segment]:
        found: list[_Segment] = []
        linked: set[str] = set()
        priorities: dict[str, int] = {}
        for path in self._spool_dir.glob("*/*/*.mp4"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                name = str(path.relative_to(self._spool_dir))
                camera_id = path.parts[-3]
                if camera_id not in priorities:
                    priorities[camera_id] = _PRIORITIES.get(self._priority(camera_id), 1)
                shared = stat.st_nlink > 1
                dropped = not shared and name in self._linked
                taken = shared or dropped or self._fetched(name, stat.st_size)
                if shared or dropped:
                    linked.add(name)
                found.append(_Segment(path, name, stat.st_size, stat.st_mtime, shared, taken, dropped, priorities[camera_id]))
        self._linked = linked
        return found

    def _free_bytes(self) -> int:
        stat = os.statvfs(self._spool_dir)
        return stat.f_bavail * stat.f_frsize

    def _remove_empty(self, folder: Path) -> None:
        """A run folder goes with its last segment, unless its story is not yet told."""
        if (folder / JOURNAL).exists():
            return
        with contextlib.suppress(OSError):
            for name in folder.iterdir():
                if name.suffix == ".mp4":
                    return
            for name in folder.iterdir():
                name.unlink()
            folder.rmdir()
            folder.parent.rmdir()
