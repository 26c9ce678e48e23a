"""Writes one run: fragments to disk in order, each told to the recorder once it is durable."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from hejnal_contracts.media import GapCause, RunStarted
from hejnal_ingest import metrics
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.spool.files import SegmentFile, Written, sync_folder
from hejnal_ingest.spool.fragments import Fragment
from hejnal_ingest.spool.journal import RunEnding, RunJournal, note_announced, remove_journal, write_journal
from hejnal_ingest.spool.run_facts import RunIdentity, ended_fact, fragment_fact, instant
from hejnal_ingest.spool.writers import PendingBytes, SpoolWriters
from hejnal_media.access_unit import CLOCK_RATE, MAX_GOP_BYTES, CodecParameters

log = structlog.get_logger()

MAX_PENDING_BYTES = MAX_GOP_BYTES
_NOTE_ANNOUNCED_EVERY = 15

Result = TypeVar("Result")


class RunWriter:
    """`write` queues a fragment (bounded by bytes), `end` closes the run. Failures are told once through `on_failed`."""

    def __init__(
        self,
        identity: RunIdentity,
        parameters: CodecParameters,
        *,
        spool_dir: Path,
        pool: SpoolWriters,
        facts: FactQueue,
        on_failed: Callable[[str], None],
        on_begun: Callable[[], None] = lambda: None,
        pending: PendingBytes | None = None,
        after: "RunWriter | None" = None,
        stall_s: float = 10.0,
    ) -> None:
        """`after` is the writer of the camera's run before: nothing of this run is told until that one's end is.

        `on_begun` is called when the first fragment is durable.
        """
        self.identity = identity
        self._parameters = parameters
        self._spool_dir = spool_dir
        self._folder = spool_dir / identity.camera_id / identity.run_id
        self._pool = pool
        self._facts = facts
        self._on_failed = on_failed
        self._on_begun = on_begun
        self._pending = pending or PendingBytes(MAX_PENDING_BYTES)
        self._stall_s = stall_s
        self._queue: deque[Fragment] = deque()
        self._pending_bytes = 0
        self._wake = asyncio.Event()
        self._ending: tuple[GapCause, str] | None = None
        self._failed = False
        self._file: SegmentFile | None = None
        self._segment: tuple[str, str] = ("", "")
        self._started: RunStarted | None = None
        self._written = 0
        self._acknowledged = 0
        self._ended_at_us = 0
        self._task = asyncio.create_task(self._run(after), name=f"writer {identity.camera_id}")

    def write(self, fragment: Fragment) -> None:
        """Queues a fragment. When the disk cannot keep up the run fails, rather than memory."""
        if self._failed or self._ending is not None:
            return
        if self._pending_bytes + fragment.size_bytes > MAX_PENDING_BYTES and self._queue:
            self._fail("the disk is too slow: 64 MB of footage wait to be written", "slow")
            return
        if not self._pending.take(fragment.size_bytes):
            self._fail("the disk is too slow: too much footage of all cameras waits to be written", "slow")
            return
        if self._facts.is_full(self.identity.camera_id):
            self._fail("Kafka takes no facts: too much footage waits to be announced", "facts")
            return
        self._pending_bytes += fragment.size_bytes
        self._queue.append(fragment)
        self._wake.set()

    async def end(self, cause: GapCause, detail: str, *, timeout_s: float = 10.0) -> None:
        """Writes what is queued and tells the run's end. Returns when that is done or the time is over."""
        if self._ending is None:
            self._ending = (cause, detail)
            self._wake.set()
        done, _ = await asyncio.wait({self._task}, timeout=timeout_s)
        if not done:
            log.warning("run_end_late", camera_id=self.identity.camera_id, run_id=self.identity.run_id)

    @property
    def finished(self) -> bool:
        """True when the run's end is told and nothing of it is in memory any more."""
        return self._task.done()

    async def _run(self, after: "RunWriter | None") -> None:
        if after is not None:
            await asyncio.wait({after._task})  # noqa: SLF001 the same class
            after = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and not self._failed:
                await self._write_next()
            if self._failed:
                self._drop_queue()
            if self._ending is not None or self._failed:
                break
        await self._close()

    async def _write_next(self) -> None:
        fragment = self._queue.popleft()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            written = await self._watched(self._pool.store(functools.partial(self._store, fragment), self._sync))
        except FileNotFoundError:
            self._fail("the spool's files have vanished", "lost", GapCause.INGEST_LOST)
            return
        except OSError as error:
            self._fail(f"the spool cannot be written: {error.strerror or type(error).__name__}", "disk")
            return
        finally:
            self._release(fragment)
        metrics.WRITE_S.observe(loop.time() - began_s)
        metrics.FRAGMENTS.inc()
        metrics.FRAGMENT_BYTES.inc(written.size_bytes)
        self._announce(fragment, written)

    async def _watched(self, storing: "asyncio.Future[Written]") -> Written:
        """A disk that hangs ends the run, though not the waiting: what it takes in the end is whole, and told."""
        done, _ = await asyncio.wait({storing}, timeout=self._stall_s)
        if not done:
            self._fail(f"the disk hangs: a write has taken more than {self._stall_s:.0f} s", "stalled")
            self._drop_queue()
        return await storing

    def _drop_queue(self) -> None:
        while self._queue:
            self._release(self._queue.popleft())

    def _release(self, fragment: Fragment) -> None:
        self._pending_bytes -= fragment.size_bytes
        self._pending.give_back(fragment.size_bytes)

    def _sync(self) -> None:
        """In a thread."""
        assert self._file is not None
        self._file.sync()

    def _store(self, fragment: Fragment) -> Written:
        """In a thread."""
        if self._started is None:
            self._open_folder(fragment)
        if fragment.starts_segment or self._file is None:
            if self._file is not None:
                self._file.close()
            self._file = SegmentFile(self._folder / f"{fragment.segment_id}.mp4", fragment.init)
        written = self._file.write(fragment.head, fragment.pieces)
        if fragment.sequence % _NOTE_ANNOUNCED_EVERY == _NOTE_ANNOUNCED_EVERY - 1:
            note_announced(self._folder, self._acknowledged)
        return written

    def _open_folder(self, fragment: Fragment) -> None:
        identity, parameters = self.identity, self._parameters
        started = RunStarted(
            camera_id=identity.camera_id,
            run_id=identity.run_id,
            epoch=identity.epoch,
            ingest_id=identity.ingest_id,
            stream=identity.stream,
            spool_url=identity.spool_url,
            codec=parameters.codec,
            width=parameters.width,
            height=parameters.height,
            timescale=CLOCK_RATE,
            started_at=instant(fragment.starts_at_us),
            audio_codec=fragment.audio_codec,
            backfilled=identity.backfilled,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        write_journal(self._folder, RunJournal(started=started))
        for folder in (self._folder.parent, self._spool_dir):
            sync_folder(folder)
        self._started = started

    def _announce(self, fragment: Fragment, written: Written) -> None:
        assert self._file is not None
        assert self._started is not None
        identity = self.identity
        if fragment.sequence == 0:
            self._facts.put(identity.camera_id, self._started)
            if not self._failed:
                self._on_begun()
        fact = fragment_fact(
            self._started,
            path=f"{identity.camera_id}/{identity.run_id}/{fragment.segment_id}.mp4",
            segment_id=fragment.segment_id,
            init_size_bytes=self._file.init_size_bytes,
            init_sha256=self._file.init_sha256,
            written=written,
            sequence=fragment.sequence,
            starts_at_us=fragment.starts_at_us,
            ends_at_us=fragment.ends_at_us,
            media_time=fragment.media_time,
            duration_ticks=fragment.duration_ticks,
            frames=fragment.frames,
            segment_ends=fragment.segment_ends,
            camera_time_us=fragment.camera_time_us,
            starts_with_key_frame=fragment.starts_with_key_frame,
        )
        self._facts.put(identity.camera_id, fact, functools.partial(self._note, fragment.sequence + 1))
        self._written = fragment.sequence + 1
        self._ended_at_us = fragment.ends_at_us

    def _note(self, count: int) -> None:
        self._acknowledged = count

    def _fail(self, detail: str, reason: str, cause: GapCause = GapCause.DISK_FULL) -> None:
        if self._failed:
            return
        self._failed = True
        metrics.WRITE_FAILURES.labels(reason).inc()
        log.error("recording_failed", camera_id=self.identity.camera_id, run_id=self.identity.run_id, detail=detail)
        if self._ending is None:
            self._ending = (cause, detail)
        self._wake.set()
        self._on_failed(detail)

    async def _close(self) -> None:
        """Closes the file and tells the end; a run without a fragment was never told and leaves nothing."""
        assert self._ending is not None
        cause, detail = self._ending
        metrics.RUNS_ENDED.labels(cause.value).inc()
        try:
            await self._in_thread(self._finish_files, cause, detail)
        except OSError as error:
            log.warning("run_journal_not_written", run_id=self.identity.run_id, error=repr(error))
        if self._started is not None and self._written:
            self._facts.put(
                self.identity.camera_id,
                ended_fact(self._started, cause, detail, self._written, self._ended_at_us),
                self._forget_journal,
            )

    def _finish_files(self, cause: GapCause, detail: str) -> None:
        """In a thread."""
        if self._file is not None:
            self._file.close()
        if self._started is None or not self._written:
            self._forget_folder()
            return
        note_announced(self._folder, self._acknowledged)
        ending = RunEnding(cause=cause, detail=detail, ended_at=instant(self._ended_at_us), fragments=self._written)
        write_journal(self._folder, RunJournal(started=self._started, ending=ending))

    def _forget_folder(self) -> None:
        """Nothing of the run was told: nothing of it stays."""
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                path.unlink()
            self._folder.rmdir()

    def _forget_journal(self) -> None:
        remove_journal(self._folder)

    async def _in_thread(self, function: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, functools.partial(function, *arguments))
