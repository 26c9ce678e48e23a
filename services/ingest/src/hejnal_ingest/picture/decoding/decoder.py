"""Ingest's side of the decoding process: one picture at a time, a bounded queue, a time limit, a share of one core."""

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from enum import IntEnum

import structlog

from hejnal_ingest import metrics
from hejnal_ingest.picture.decoding.wire import (
    HEAD_BYTES,
    Look,
    LookRequest,
    WireError,
    decode_answer,
    encode_request,
    split_head,
)

log = structlog.get_logger()

QUEUE_LIMIT = 64
_RESTART_FIRST_S, _RESTART_LAST_S = 0.5, 30.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""NumPy would reserve memory for every core of the machine."""
_DEBT_S = 3.0
_SAVED_S = 3.0


class Urgency(IntEnum):
    """Who is served first."""

    SUSPICION = 0
    ON_DEMAND = 1
    ROUTINE = 2


class DecoderBusyError(Exception):
    """The queue is full, or the share of a core is used up."""


class UndecodableError(Exception):
    """The picture could not be decoded, or the decoder did not survive it."""


class CpuShare:
    """Decoding may use `share` of one core. Routine waits while there is debt; what is urgent may borrow some seconds."""

    def __init__(self, share: float, monotonic: Callable[[], float]) -> None:
        self._share = share
        self._monotonic = monotonic
        self._balance_s = _SAVED_S
        self._at = monotonic()

    def used(self, cpu_s: float) -> None:
        """So much was decoded."""
        self._balance_s = self._balance() - cpu_s

    def allows(self, urgency: Urgency) -> bool:
        """Whether a picture of this urgency may be decoded now."""
        self._balance_s = self._balance()
        return self._balance_s > (0.0 if urgency is Urgency.ROUTINE else -_DEBT_S)

    def _balance(self) -> float:
        now = self._monotonic()
        earned, self._at = (now - self._at) * self._share, now
        return min(_SAVED_S, self._balance_s + earned)


class PictureDecoder:
    """`run()` serves requests until cancelled. Its process is started with the first one and again after a death."""

    def __init__(self, *, share: float, time_limit_s: float, monotonic: Callable[[], float]) -> None:
        self._time_limit_s = time_limit_s
        self._share = CpuShare(share, monotonic)
        self._queue: asyncio.PriorityQueue[tuple[int, int, LookRequest, asyncio.Future[Look]]] = asyncio.PriorityQueue(
            QUEUE_LIMIT
        )
        self._numbers = itertools.count()
        self._process: Process | None = None

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._queue.qsize()

    def allows(self, urgency: Urgency) -> bool:
        """False while the share is used up or the queue is half full of what is more urgent."""
        room = QUEUE_LIMIT if urgency is not Urgency.ROUTINE else QUEUE_LIMIT // 4
        return self._queue.qsize() < room and self._share.allows(urgency)

    async def look(self, request: LookRequest, urgency: Urgency) -> Look:
        """What the picture shows. Raises DecoderBusyError, UndecodableError."""
        if not self.allows(urgency):
            metrics.LOOKS.labels("refused").inc()
            raise DecoderBusyError
        answer: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((urgency, next(self._numbers), request, answer))
        return await answer

    async def run(self) -> None:
        """Serves for ever."""
        pause_s = _RESTART_FIRST_S
        try:
            while True:
                _, _, request, answer = await self._queue.get()
                if answer.cancelled():
                    continue
                try:
                    found = await self._ask(request)
                except (OSError, WireError, TimeoutError, asyncio.IncompleteReadError) as error:
                    metrics.LOOKS.labels("died").inc()
                    log.warning("picture_decoder_died", error=repr(error), size_bytes=len(request.payload))
                    self._give(answer, UndecodableError(f"the decoder did not survive the picture: {type(error).__name__}"))
                    await self._end()
                    self._share.used(self._time_limit_s / 2)
                    await asyncio.sleep(pause_s)
                    pause_s = min(_RESTART_LAST_S, 2 * pause_s)
                    continue
                pause_s = _RESTART_FIRST_S
                if isinstance(found, Look):
                    self._share.used(found.cpu_s)
                    metrics.LOOKS.labels("decoded").inc()
                    metrics.LOOK_CPU_S.inc(found.cpu_s)
                    self._give(answer, found)
                else:
                    metrics.LOOKS.labels("undecodable").inc()
                    self._give(answer, UndecodableError(found))
        finally:
            await self._end()
            while not self._queue.empty():
                self._queue.get_nowait()[3].cancel()

    async def _ask(self, request: LookRequest) -> Look | str:
        async with asyncio.timeout(self._time_limit_s + (5.0 if self._process is None else 0.0)):
            process = self._process or await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(encode_request(request))
            await process.stdin.drain()
            head = await process.stdout.readexactly(HEAD_BYTES)
            _, size = split_head(head)
            return decode_answer(head + await process.stdout.readexactly(size))

    async def _start(self) -> Process:
        # No environment: what is in ours (keys, addresses) is none of the decoder's business.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hejnal_ingest.picture.decoding.child",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ} | _ONE_THREAD,
            limit=1024 * 1024,
            start_new_session=True,
        )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    @staticmethod
    def _give(answer: "asyncio.Future[Look]", outcome: Look | Exception) -> None:
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
