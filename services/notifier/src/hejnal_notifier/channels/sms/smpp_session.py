"""One bound SMPP session: requests in a window, answers by sequence number, what the SMSC brings."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from hejnal_notifier.channels.sms import smpp_pdu
from hejnal_notifier.channels.sms.smpp_pdu import Command, MalformedPduError, Message, Pdu, PduReader, Status
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

LINK_EVERY_S = 30.0
ANSWER_S = 15.0
CONNECT_S = 10.0
MAX_BEING_HANDLED = 1000
"""Receipts come in heaps after a burst. Beyond this nothing is read any more, not even answers to what we submit."""
_READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Smsc:
    """Where to bind, and as whom."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    tls: bool = False


class SessionLostError(OSError):
    """The session ended before the answer came: the SMSC may have acted."""


class BindRefusedError(OSError):
    """The SMSC does not take us; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"bind refused with status 0x{status:08x}")
        self.status = status


class SmppSession:
    """Made by `open`; lives until `lost` is set. At most `window` requests are unanswered at any time."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_message: Callable[[Message], Awaitable[bool]],
        *,
        window: int,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_message = on_message
        self._window = asyncio.Semaphore(window)
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._handling: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    @classmethod
    async def open(cls, smsc: Smsc, on_message: Callable[[Message], Awaitable[bool]], *, window: int) -> "SmppSession":
        """Connect and bind as transceiver. `on_message` gets each deliver_sm; True: it is kept, False: bring it again.

        OSError or TimeoutError when there is no way to the SMSC, BindRefusedError when it does not take us.
        """
        context = ssl.create_default_context() if smsc.tls else None
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(smsc.host, smsc.port, ssl=context)
        session = cls(reader, writer, on_message, window=window)
        session._reading = asyncio.create_task(session._read(), name="smpp reader")
        try:
            await session._bind(smsc)
        except BaseException:
            await session.close()
            raise
        return session

    async def _bind(self, smsc: Smsc) -> None:
        body = smpp_pdu.bind_transceiver(smsc.system_id, smsc.password, smsc.system_type)
        answer = await self.request(Command.BIND_TRANSCEIVER, body)
        if answer.status != Status.OK:
            raise BindRefusedError(answer.status)

    async def request(
        self, command: Command, body: bytes = b"", timeout_s: float = ANSWER_S, before: Callable[[], None] | None = None
    ) -> Pdu:
        """Send a request and wait for its answer. SessionLostError when none came: the SMSC may have acted all the same.

        `before` is called when it is this request's turn, right before it is written.
        """
        async with self._window:
            if self.lost.is_set() or self._writer.is_closing():
                raise ConnectionError("the session is over")
            self._sequence = self._sequence % 0x7FFF_FFFF + 1
            sequence = self._sequence
            answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
            self._waiting[sequence] = answer
            try:
                if before is not None:
                    before()
                self._write(smpp_pdu.encode(command, sequence, body))
                return await self._answer_of(answer, timeout_s)
            finally:
                self._waiting.pop(sequence, None)

    async def _answer_of(self, answer: asyncio.Future[Pdu], timeout_s: float) -> Pdu:
        try:
            async with asyncio.timeout(timeout_s):
                await self._writer.drain()
                return await answer
        except TimeoutError as error:
            raise SessionLostError("no answer in time") from error
        except SessionLostError:
            raise
        except OSError as error:
            raise SessionLostError(str(error)) from error

    def _write(self, pdu: bytes) -> None:
        """ConnectionError: not a byte was written."""
        try:
            self._writer.write(pdu)
        except RuntimeError as error:  # uvloop: the connection is closed, although it has not said so
            raise ConnectionError("the connection is closed") from error

    async def serve(self) -> None:
        """Keep the link alive until it is lost (§7.2)."""
        while not self.lost.is_set():
            with contextlib.suppress(TimeoutError):
                await wait_for(self.lost.wait(), LINK_EVERY_S)
            if self.lost.is_set():
                return
            try:
                await self.request(Command.ENQUIRE_LINK)
            except OSError:
                self._end()

    async def close(self) -> None:
        """Unbind as far as the SMSC still listens, and close."""
        if not self.lost.is_set():
            with contextlib.suppress(OSError):
                await self.request(Command.UNBIND, timeout_s=1.0)
        self._end()
        own = [*self._handling, *([self._reading] if self._reading is not None else [])]
        for task in own:
            task.cancel()
        await asyncio.gather(*own, return_exceptions=True)

    def _end(self) -> None:
        self.lost.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(SessionLostError("the session was lost"))
        self._writer.close()

    async def _read(self) -> None:
        pdus = PduReader()
        try:
            while data := await self._reader.read(_READ_BYTES):
                for pdu in pdus.feed(data):
                    await self._take(pdu)
        except (OSError, MalformedPduError) as error:
            log.warning("smpp_session_broken", error=repr(error))
        finally:
            self._end()

    async def _take(self, pdu: Pdu) -> None:
        if pdu.command & smpp_pdu.RESPONSE:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command == Command.DELIVER_SM:
            while len(self._handling) > MAX_BEING_HANDLED:  # the SMSC has to wait
                await asyncio.wait(self._handling, return_when=asyncio.FIRST_COMPLETED, timeout=1)
            task = asyncio.create_task(self._deliver(pdu))
            self._handling.add(task)
            task.add_done_callback(self._handling.discard)
        elif pdu.command == Command.ENQUIRE_LINK:
            self._answer(pdu)
        elif pdu.command == Command.UNBIND:
            self._answer(pdu)
            self._end()
        else:
            self._write(smpp_pdu.encode(Command.GENERIC_NACK, pdu.sequence, status=Status.INVALID_COMMAND))

    async def _deliver(self, pdu: Pdu) -> None:
        """A message is answered only when it is kept: what we lose now the SMSC brings again."""
        try:
            kept = await self._on_message(smpp_pdu.decode_message(pdu.body))
        except MalformedPduError as error:
            log.warning("smpp_message_malformed", error=str(error))
            kept = True  # it will not get better
        except Exception:
            log.exception("smpp_message_not_kept")
            kept = False
        self._answer(pdu, Status.OK if kept else Status.TEMPORARY_ERROR, b"\0")

    def _answer(self, pdu: Pdu, status: int = Status.OK, body: bytes = b"") -> None:
        if not self.lost.is_set() and not self._writer.is_closing():
            with contextlib.suppress(ConnectionError):
                self._write(smpp_pdu.encode(pdu.command | smpp_pdu.RESPONSE, pdu.sequence, body, status))
