"""The loop that moves footage of some age into the store.

Per file, each step safe to repeat and whole before the next begins:

1. `mark`: the row says that an object may exist (so that a deletion removes it).
2. `copy`: what is announced of the file goes to the store.
3. `verify`: the whole object is read back. Size and SHA-256 must be those of the bytes sent, and head and fragments those that
   ingest announced.
4. `switch`: the row says that readers take the object, one transaction.
5. `unlink`: the local file goes, then the row says so.

A crash leaves a row in between; the next round goes on from there. Held footage, and what an export needs, is not moved.
"""

import asyncio
import hashlib
import random
from collections.abc import Iterable
from datetime import timedelta

import structlog

from hejnal_recorder import metrics
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.tiers import rows
from hejnal_recorder.tiers.rows import DueFile, Part
from hejnal_recorder.tiers.store import Copied, ObjectStore
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, is_transient

log = structlog.get_logger()

BATCH = 64
SKIPPED_S = 3600.0
"""A file that cannot be moved is left alone so long."""
LONGEST_PAUSE_S = 300.0


class Mover:
    """Moves what ended more than `after` ago, `at_once` files at a time."""

    def __init__(
        self, database: Database, archive: Archive, store: ObjectStore, clock: Clock, *, after: timedelta, at_once: int,
        interval_s: float,
    ) -> None:  # fmt: skip
        self._database = database
        self._archive = archive
        self._store = store
        self._clock = clock
        self._after = after
        self._slots = asyncio.Semaphore(at_once)
        self._interval_s = interval_s
        self._skipped: dict[str, float] = {}

    async def run(self) -> None:
        """For ever. While store or database are away it asks again, ever more seldom up to five minutes."""
        pause_s = 5.0
        while True:
            try:
                more = await self.round()
                metrics.STORE_UP.set(1)
                pause_s = 5.0
                await asyncio.sleep(0.1 if more else self._interval_s)
            except Exception as error:
                if not is_transient(error):
                    raise
                if isinstance(error, AppError) and error.slug == "store-unreachable":
                    metrics.STORE_UP.set(0)
                log.warning("moving_interrupted", error=repr(error))
                await asyncio.sleep(pause_s * random.uniform(0.5, 1))
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def round(self) -> bool:
        """Finish what a crash left, move a batch; True when there is more to move."""
        await self._finish()
        now = self._clock.monotonic()
        self._skipped = {segment_id: until for segment_id, until in self._skipped.items() if until > now}
        before = self._clock.now() - self._after
        async with self._database.read() as session:
            due = await rows.due_files(session, before, skip=list(self._skipped), batch=BATCH)
        results = await asyncio.gather(*(self._move_in_turn(file) for file in due), return_exceptions=True)
        await self._finish()
        await self._measure()
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(due) >= BATCH

    async def _measure(self) -> None:
        before = self._clock.now() - self._after
        async with self._database.read() as session:
            oldest = await rows.oldest_waiting(session, before)
            local_bytes, store_bytes = await rows.bytes_by_tier(session)
        metrics.TIER_BYTES.labels("local").set(local_bytes)
        metrics.TIER_BYTES.labels("store").set(store_bytes)
        metrics.TIER_OLDEST_WAITING.set((before - oldest).total_seconds() if oldest else 0)

    async def _move_in_turn(self, file: DueFile) -> None:
        async with self._slots:
            outcome = await self._move(file)
        metrics.TIER_MOVED.labels(outcome).inc()
        if outcome != "moved":
            self._skipped[file.segment_id] = self._clock.monotonic() + SKIPPED_S
            log.warning("segment_not_moved", segment_id=file.segment_id, path=file.path, outcome=outcome)

    async def _move(self, file: DueFile) -> str:
        parts = await self.mark(file)
        if parts is None:
            return "bound"
        try:
            copied = await self.copy(file, max(part.size_bytes for part in parts))
        except FileNotFoundError:
            return "missing"
        wrong = await self.verify(file, copied, parts)
        if wrong:
            return wrong
        if await self.switch(file, parts):
            return "moved"
        await self._tidy_up(file)
        return "bound"

    async def mark(self, file: DueFile) -> tuple[Part, ...] | None:
        """Step 1."""
        async with self._database.transaction() as session:
            return await rows.mark(session, file)

    async def copy(self, file: DueFile, size_bytes: int) -> Copied:
        """Step 2. FileNotFoundError when the local file is gone."""
        self._archive.check_mounted()
        return await self._store.put(file.path, self._archive.archive_dir / file.path, size_bytes)

    async def verify(self, file: DueFile, copied: Copied, parts: Iterable[Part]) -> str:
        """Step 3: empty when the object is what was recorded, else who is wrong (`corrupted`: the store, `damaged`: our file)."""
        try:
            if await self._store.size(file.path) != copied.size_bytes:
                return "corrupted"
            checked = _Ranges(parts)
            digest = hashlib.sha256()
            async for piece in self._store.pieces(file.path, copied.size_bytes):
                digest.update(piece)
                checked.take(piece)
        except FileNotFoundError:
            return "corrupted"
        if digest.hexdigest() != copied.sha256:
            return "corrupted"
        return "" if checked.fit() else "damaged"

    async def switch(self, file: DueFile, parts: tuple[Part, ...]) -> bool:
        """Step 4."""
        async with self._database.transaction() as session:
            return await rows.switch(session, file, parts)

    def unlink(self, path: str) -> None:
        """Step 5, its first half."""
        self._archive.unlink(path)

    async def _finish(self) -> None:
        """Step 5 of all files that have come so far."""
        while True:
            async with self._database.read() as session:
                leaving = await rows.leaving_files(session, batch=BATCH)
            if not leaving:
                return
            for file in leaving:
                await asyncio.to_thread(self.unlink, file.path)
            async with self._database.transaction() as session:
                await rows.settle(session, leaving)

    async def _tidy_up(self, file: DueFile) -> None:
        """Deleted while it was being copied: no object stays. What only is bound now keeps it for later."""
        async with self._database.read() as session:
            kept = await rows.is_stored(session, file)
        if not kept:
            await self._store.delete(file.path)


class _Ranges:
    """Hashes head and fragments while the file goes by."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._at = 0
        wanted: list[tuple[int, int, bytes]] = []
        for part in parts:
            wanted.append((0, part.init_size_bytes, part.init_sha256))
            wanted += [(one.offset_bytes, one.size_bytes, one.sha256) for one in part.fragments]
        self._wanted = [(first, first + size, sha256, hashlib.sha256()) for first, size, sha256 in sorted(set(wanted))]
        self._next = 0

    def take(self, piece: bytes) -> None:
        """The next bytes of the file."""
        view, end = memoryview(piece), self._at + len(piece)
        for first, last, _, digest in self._wanted[self._next :]:
            if first >= end:
                break
            if last > self._at:
                digest.update(view[max(first, self._at) - self._at : min(last, end) - self._at])
        while self._next < len(self._wanted) and self._wanted[self._next][1] <= end:
            self._next += 1
        self._at = end

    def fit(self) -> bool:
        """Whether all of it is what was announced."""
        return all(digest.digest() == sha256 for _, _, sha256, digest in self._wanted)
