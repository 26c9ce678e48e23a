"""The spool forgets: the oldest segments go when it is too large, too old, or the disk too full."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from hejnal_ingest import metrics
from hejnal_ingest.spool.journal import JOURNAL

log = structlog.get_logger()

_YOUNG_S = 120.0
"""A file written to so lately may still be growing, and the recorder may not have it yet: it stays."""


@dataclass(frozen=True, slots=True)
class _Segment:
    path: Path
    size_bytes: int
    modified_s: float
    shared: bool


class SpoolRing:
    """Keeps the spool within its bounds."""

    def __init__(
        self,
        spool_dir: Path,
        *,
        max_bytes: int,
        max_age_s: float,
        min_free_bytes: int,
        interval_s: float = 15.0,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._spool_dir = spool_dir
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._min_free_bytes = min_free_bytes
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
        now_s = self._now_s()
        segments = sorted(self._segments(), key=lambda segment: segment.modified_s)
        total = sum(segment.size_bytes for segment in segments)
        free = self._free_bytes()
        removed = 0
        for segment in segments:
            age_s = now_s - segment.modified_s
            if age_s > self._max_age_s:
                reason = "age"
            elif total > self._max_bytes:
                reason = "size"
            elif free < self._min_free_bytes and not segment.shared:
                reason = "disk"
            else:
                continue
            if age_s < min(_YOUNG_S, self._max_age_s):
                break
            with contextlib.suppress(FileNotFoundError):
                segment.path.unlink()
            total -= segment.size_bytes
            free += 0 if segment.shared else segment.size_bytes
            removed += 1
            metrics.SPOOL_PRUNED.labels(reason).inc()
            self._remove_empty(segment.path.parent)
        metrics.SPOOL_BYTES.set(total)
        return removed

    def _segments(self) -> list[_Segment]:
        found: list[_Segment] = []
        for path in self._spool_dir.glob("*/*/*.mp4"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                found.append(_Segment(path, stat.st_size, stat.st_mtime, stat.st_nlink > 1))
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
