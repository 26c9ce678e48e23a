"""Ingest's side of the decoding process: one picture at a time, a bounded queue, a time limit, a share of one core."""

import asyncio
import itertools
from collections.abc import Callable
from enum import IntEnum

import structlog

from hejnal_ingest import metrics
from hejnal_ingest.picture.decoding.wire import Look, LookRequest, WireError, decode_answer, encode_request
from hejnal_media.decoding_process import DecodingProcess, DecodingProcessDiedError

log = structlog.get_logger()

QUEUE_LIMIT = 64
_RESTART_FIRST_S, _RESTART_LAST_S = 0.5, 30.0
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
    """Decoding may use `share` of one core. Routine waits while there is debt; what is urgent may borrow some seconds.

    Nothing is saved at the start: that is when all cameras are connected at once.
    """

    def __init__(self, share: float, monotonic: Callable[[], float]) -> None:
        self._share = share
        self._monotonic = monotonic
        self._balance_s = 0.0
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
        self._process = DecodingProcess("hejnal_ingest.picture.decoding.child", time_limit_s=time_limit_s)
        self._share = CpuShare(share, monotonic)
        self._queue: asyncio.PriorityQueue[tuple[int, int, LookRequest, asyncio.Future[Look]]] = asyncio.PriorityQueue(
            QUEUE_LIMIT
        )
        self._numbers = itertools.count()

    @property
    def pid(self) -> int | None:
        """Of the process; None before the first picture and after a death."""
        return self._process.pid

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
                    found = decode_answer(await self._process.ask(encode_request(request)))
                except (DecodingProcessDiedError, WireError) as error:
                    metrics.LOOKS.labels("died").inc()
                    log.warning("picture_decoder_died", error=repr(error), size_bytes=len(request.payload))
                    self._give(answer, UndecodableError(f"the decoder did not survive the picture: {error}"))
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
            await self._process.close()
            while not self._queue.empty():
                self._queue.get_nowait()[3].cancel()

    @staticmethod
    def _give(answer: "asyncio.Future[Look]", outcome: Look | Exception) -> None:
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
