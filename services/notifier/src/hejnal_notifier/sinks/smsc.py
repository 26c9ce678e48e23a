"""The simulated SMSC: SMPP 3.4 with a window, throttling, long messages and delivery receipts."""

import asyncio
import contextlib
import itertools
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from hejnal_notifier.channels.sms import smpp_pdu, smpp_text
from hejnal_notifier.channels.sms.smpp_pdu import Command, MalformedPduError, Message, Pdu, PduReader, Status, Tag
from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome

RECEIPT_DELAY_S = 0.2
ANSWER_S = 20.0
"""How long an ESME may take to answer what is brought to it, before it is brought again."""
RECEIPT_TRIES = 300
_REFUSALS = {
    Outcome.BOUNCE: Status.INVALID_DESTINATION,
    Outcome.REJECT: Status.PERMANENT_ERROR,
    Outcome.FULL: Status.QUEUE_FULL,
    Outcome.FLAKY: Status.THROTTLED,
}
_STATES: dict[Outcome, tuple[str, ...]] = {Outcome.UNDELIVERED: ("UNDELIV",), Outcome.NOISY: ("DELIVRD", "DELIVRD", "ENROUTE")}


class Smsc:
    """Serves ESMEs on one port; what reaches a phone goes into the mailbox, put together from its parts."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions, *, password: str = "") -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._password = password
        self._flakiness = Flakiness()
        self._pieces: dict[tuple[str, int], dict[int, str]] = {}
        self._sessions: dict[asyncio.StreamWriter, dict[int, asyncio.Future[int]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sequences = itertools.count(1)
        self.silent = False
        """True: takes messages and answers nothing, like an SMSC that dies in mid-answer."""

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Listen; the server's sockets tell the port."""
        return await asyncio.start_server(self._serve, host, port)

    async def text(self, sender: str, body: str, *, to: str = "48500000000") -> bool:
        """A resident's SMS to the town; True when an ESME has kept it."""
        messages = [
            Message(
                sender.lstrip("+"),
                to,
                part.octets,
                source_ton=1,
                source_npi=1,
                data_coding=part.data_coding,
                esm_class=part.esm_class,
            )
            for part in smpp_text.parts_of(body, secrets.randbelow(256))
        ]
        for writer in list(self._sessions):
            kept = [await self._bring(writer, message) == Status.OK for message in messages]
            return all(kept)
        return False

    async def close(self) -> None:
        """Break all sessions."""
        for writer in list(self._sessions):
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received: asyncio.Queue[Pdu | None] = asyncio.Queue()
        reading = asyncio.create_task(self._read(reader, received))
        try:
            while (pdu := await received.get()) is not None:
                await self._take(pdu, writer)
        finally:
            reading.cancel()
            for waiting in self._sessions.pop(writer, {}).values():
                if not waiting.done():
                    waiting.set_result(Status.SYSTEM_ERROR)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader, received: asyncio.Queue[Pdu | None]) -> None:
        """Read as it comes: what has reached us counts, also when the peer is killed before we have dealt with it."""
        pdus = PduReader()
        try:
            while data := await reader.read(65_536):
                for pdu in pdus.feed(data):
                    received.put_nowait(pdu)
        except (OSError, MalformedPduError):
            pass
        finally:
            received.put_nowait(None)

    async def _take(self, pdu: Pdu, writer: asyncio.StreamWriter) -> None:
        if pdu.command & smpp_pdu.RESPONSE:
            waiting = self._sessions.get(writer, {}).pop(pdu.sequence, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu.status)
        elif pdu.command == Command.BIND_TRANSCEIVER:
            password = pdu.body.split(b"\0")[1].decode("ascii", "replace")
            allowed = not self._password or password == self._password
            self._answer(writer, pdu, Status.OK if allowed else Status.INVALID_PASSWORD, b"sinks\0")
            if allowed:
                self._sessions[writer] = {}
        elif pdu.command == Command.SUBMIT_SM and writer in self._sessions:
            await self._submit(pdu, writer)
        elif pdu.command in (Command.ENQUIRE_LINK, Command.UNBIND):
            self._answer(writer, pdu)
        else:
            writer.write(smpp_pdu.encode(Command.GENERIC_NACK, pdu.sequence, status=Status.INVALID_COMMAND))

    async def _submit(self, pdu: Pdu, writer: asyncio.StreamWriter) -> None:
        message = smpp_pdu.decode_message(pdu.body)
        number = "+" + message.destination
        outcome = outcomes.of_number(number)
        if self._conditions.is_down("sms"):
            self._mailbox.refuse("sms", "outage")
            self._answer(writer, pdu, Status.SYSTEM_ERROR)
            return
        if outcome in _REFUSALS and (outcome is not Outcome.FLAKY or self._flakiness.refuses(number)):
            self._mailbox.refuse("sms", outcome)
            self._answer(writer, pdu, _REFUSALS[outcome])
            return
        await self._conditions.take_time(slow=outcome is Outcome.SLOW)
        name = secrets.token_hex(8)
        self._arrived(number, message, name)
        if self.silent:
            return
        self._answer(writer, pdu, Status.OK, name.encode() + b"\0")
        if message.registered_delivery & 3 and outcome is not Outcome.SILENT:
            task = asyncio.create_task(self._receipts(writer, message, name, _STATES.get(outcome, ("DELIVRD",))))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _arrived(self, number: str, message: Message, name: str) -> None:
        part = smpp_text.received(message)
        key = (number, part.reference)
        texts = {1: part.text}
        if part.total > 1:
            texts = self._pieces.setdefault(key, {})
            texts[part.number] = part.text
            if len(texts) < part.total:
                return
            del self._pieces[key]
        text = "".join(texts[at] for at in sorted(texts))
        reference = int.from_bytes(message.tlvs.get(Tag.USER_MESSAGE_REFERENCE, b""), "big")
        headers = {"from": message.source, "id": name, "parts": str(part.total), "reference": str(reference)}
        self._mailbox.add("sms", number, key=name, text=text, headers=headers)  # a phone shows a repeat again

    async def _receipts(self, writer: asyncio.StreamWriter, message: Message, name: str, states: tuple[str, ...]) -> None:
        now = datetime.now(UTC).strftime("%y%m%d%H%M")
        for state in states:
            await asyncio.sleep(RECEIPT_DELAY_S)
            told = f"id:{name} sub:001 dlvrd:001 submit date:{now} done date:{now} stat:{state} err:000 text:"
            receipt = replace(message, source=message.destination, destination=message.source, text=told.encode(), esm_class=0x04)
            receipt = replace(receipt, source_ton=1, destination_ton=message.source_ton, data_coding=0, registered_delivery=0)
            tlvs: dict[int, bytes] = {Tag.RECEIPTED_MESSAGE_ID: name.encode() + b"\0"}
            if (reference := message.tlvs.get(Tag.USER_MESSAGE_REFERENCE)) is not None:
                tlvs[Tag.USER_MESSAGE_REFERENCE] = reference
            receipt = replace(receipt, tlvs=tlvs)
            pauses_s = itertools.chain((0.2, 0.4, 0.8), itertools.repeat(2.0, RECEIPT_TRIES))
            for pause_s in pauses_s:  # kept until somebody is bound who takes it
                target = writer if writer in self._sessions else next(iter(self._sessions), None)
                if target is not None and await self._bring(target, receipt) == Status.OK:
                    break
                await asyncio.sleep(pause_s)

    async def _bring(self, writer: asyncio.StreamWriter, message: Message) -> int:
        if writer.is_closing():
            return Status.SYSTEM_ERROR
        sequence = next(self._sequences)
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._sessions[writer][sequence] = waiting
        try:
            writer.write(smpp_pdu.encode(Command.DELIVER_SM, sequence, smpp_pdu.encode_message(message)))
        except RuntimeError:  # uvloop: it is closed, although it has not said so
            return Status.SYSTEM_ERROR
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                return await waiting
        return Status.SYSTEM_ERROR

    @staticmethod
    def _answer(writer: asyncio.StreamWriter, pdu: Pdu, status: int = Status.OK, body: bytes = b"") -> None:
        if not writer.is_closing():
            with contextlib.suppress(RuntimeError):  # uvloop: it is closed, although it has not said so
                writer.write(smpp_pdu.encode(pdu.command | smpp_pdu.RESPONSE, pdu.sequence, body, status))
