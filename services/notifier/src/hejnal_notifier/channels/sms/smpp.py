"""SMS over SMPP 3.4, as operators and aggregators offer it. No idempotency key exists: what is unanswered is in doubt."""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms import smpp_text
from hejnal_notifier.channels.sms.news import NewsDesk, Receipt, TextMessage
from hejnal_notifier.channels.sms.smpp_pdu import Command, Message, Status, Tag, encode_message, message_id
from hejnal_notifier.channels.sms.smpp_session import BindRefusedError, SessionLostError, SmppSession, Smsc
from hejnal_notifier.channels.sms.submit_journal import SubmitJournal
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

EXPIRY_MOST = timedelta(hours=72)
RECONNECT_S = (0.5, 30.0)
PATIENCE_S = 3.0
"""How long a message waits for a session that is being bound."""

_BUSY = {Status.THROTTLED, Status.QUEUE_FULL}
_THROTTLE_PAUSE_S = 0.5
_REFUSED_FOR_GOOD = {Status.INVALID_DESTINATION: ("bad_number", True), Status.PERMANENT_ERROR: ("rejected", False)}
_OURS_TO_MEND = {Status.INVALID_SOURCE}
_MEANINGS: dict[str, tuple[Meaning, str | None]] = {
    "DELIVRD": (Meaning.DELIVERED, None),
    "EXPIRED": (Meaning.FAILED, "expired_at_provider"),
    "UNDELIV": (Meaning.FAILED, "undelivered"),
    "DELETED": (Meaning.FAILED, "failed_at_provider"),
    "REJECTD": (Meaning.FAILED, "rejected_by_operator"),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the message is from: a registered name, or a number that can be answered."""

    name: str

    @property
    def ton(self) -> int:
        """Type of number: 5 alphanumeric, 1 international, 3 short code of the network."""
        if not self.name.lstrip("+").isdigit():
            return 5
        return 1 if self.name.startswith("+") or len(self.name) > 6 else 3


class Smpp:
    """A provider with one bound session at a time, kept open so that receipts are not lost."""

    channel = Channel.SMS
    repeat_is_harmless = False

    def __init__(
        self,
        smsc: Smsc,
        clock: Clock,
        wording: SmsWording,
        desk: NewsDesk,
        *,
        name: str,
        sender: str,
        window: int,
        timeout_s: float,
        journal: SubmitJournal | None = None,
    ) -> None:
        self.name = name
        self.timeout_s = timeout_s + PATIENCE_S
        self._smsc = smsc
        self._clock = clock
        self._wording = wording
        self._desk = desk
        self._sender = Sender(sender)
        self._window = window
        self._answer_s = timeout_s
        self._journal = journal
        self._session: SmppSession | None = None
        self._bound = asyncio.Event()
        self._refused: int | None = None

    async def run(self) -> None:
        """Bind, stay bound, bind again."""
        failures = 0
        while True:
            try:
                session = await SmppSession.open(self._smsc, self._take, window=self._window)
            except (OSError, TimeoutError) as error:
                self._refused = error.status if isinstance(error, BindRefusedError) else None
                failures += 1
                log.warning("smpp_not_bound", provider=self.name, error=repr(error), failures=failures)
            else:
                failures, self._refused = 0, None
                log.info("smpp_bound", provider=self.name)
                self._session = session
                self._bound.set()
                try:
                    await session.serve()
                finally:
                    self._bound.clear()
                    self._session = None
                    await session.close()
            low, high = RECONNECT_S
            await asyncio.sleep(min(high, low * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def send(self, job: Job) -> Outcome:
        """Submit one message, part by part."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._bound.wait()
        except TimeoutError:
            if self._refused is not None:
                return Postponed("refuses_us", f"bind 0x{self._refused:08x}", retry_after_s=60.0, refuses_us=True)
            return Postponed("unreachable")
        session = self._session
        if session is None:
            return Postponed("unreachable")
        text = self._wording.of(job)
        parts = smpp_text.parts_of(text, job.delivery_id.int & 0xFF)
        deadline = self._clock.monotonic() + self._answer_s
        ids = []
        for number, part in enumerate(parts, start=1):
            message, last = self._message(job, part), number == len(parts)
            try:
                outcome = await self._submit(session, message, deadline, job if last else None)
            except SessionLostError as error:
                return Postponed("unanswered", str(error), in_doubt=last)
            except ConnectionError as error:  # not written; a message with a part missing is shown by no phone
                return Postponed("connection_lost", str(error))
            if not isinstance(outcome, str):
                return outcome
            ids.append(outcome)
        return Accepted(ids[0], parts=len(parts), part_ids=tuple(ids))

    async def _submit(self, session: SmppSession, message: Message, deadline: float, whole: Job | None) -> str | Outcome:
        """The SMSC's id of a part, or why there is none. `whole`: with this part the message is whole."""
        body = encode_message(message)

        def note() -> None:
            if whole is not None and self._journal is not None:
                self._journal.note(whole.delivery_id, self._clock.now())

        while True:
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                return Postponed("throttled", retry_after_s=5.0)
            answer = await session.request(Command.SUBMIT_SM, body, timeout_s=left_s, before=note)
            if answer.status == Status.OK:
                return message_id(answer.body)
            if answer.status not in _BUSY:
                return judge_status(answer.status)
            await asyncio.sleep(min(max(0.0, deadline - self._clock.monotonic()), _THROTTLE_PAUSE_S * random.uniform(0.8, 1.5)))

    def _message(self, job: Job, part: smpp_text.Part) -> Message:
        number = job.address.lstrip("+")
        return Message(
            source=self._sender.name.lstrip("+"),
            source_ton=self._sender.ton,
            source_npi=0 if self._sender.ton == 5 else 1,
            destination=number,
            text=part.octets,
            esm_class=part.esm_class,
            registered_delivery=1,
            data_coding=part.data_coding,
            validity=relative_validity(self._clock.now(), job.expires_at),
            tlvs={Tag.USER_MESSAGE_REFERENCE: (job.delivery_id.int & 0xFFFF).to_bytes(2, "big")},
        )

    async def _take(self, message: Message) -> bool:
        """Keep a receipt or a resident's message; False: not now."""
        if message.is_receipt:
            words = smpp_text.receipt_words(message)
            meaning, cause = _MEANINGS.get(words.state, (Meaning.ON_THE_WAY, None))
            raw = {"text": message.payload.decode("latin-1")[:300], "state": words.state, "error": words.error}
            if (reference := message.tlvs.get(Tag.USER_MESSAGE_REFERENCE)) is not None and len(reference) == 2:
                raw["reference"] = reference.hex()
            number = "+" + message.source.lstrip("+")
            await self._desk(Receipt(self.name, words.message_id, meaning, cause, number, raw))
        else:
            said = smpp_text.received(message)
            international = message.source_ton == 1 and not message.source.startswith("+")
            sender = f"+{message.source}" if international else message.source
            await self._desk(TextMessage(self.name, sender, said.text, said.reference, said.total, said.number))
        return True

    @property
    def keeps_journal(self) -> bool:
        """Whether what is handed over is noted."""
        return self._journal is not None and self._journal.is_open

    def open_journal(self) -> None:
        """Take up the journal; without one, everything that our last life had claimed is in doubt."""
        if self._journal is not None:
            try:
                self._journal.open(self._clock.now())
            except OSError:
                log.exception("submit_journal_off", provider=self.name)
                self._journal = None

    def never_submitted(self, delivery_id: UUID, claimed_at: datetime) -> bool:
        """True when our last life certainly did not hand this message over."""
        return self._journal is not None and self._journal.never_submitted(delivery_id, claimed_at)

    def past_is_settled(self) -> None:
        """What our last life had claimed is settled."""
        if self._journal is not None:
            self._journal.forget_past()

    async def close(self) -> None:
        """Unbind."""
        if self._journal is not None:
            self._journal.close()
        if self._session is not None:
            await self._session.close()


def judge_status(status: int) -> Outcome:
    """What a refusal of submit_sm means; the SMSC has certainly not taken the part."""
    detail = f"0x{status:08x}"
    if status in _REFUSED_FOR_GOOD:
        cause, dead = _REFUSED_FOR_GOOD[Status(status)]
        return Refused(cause, detail, "hard_bounce" if dead else None)
    if status in _OURS_TO_MEND:
        log.error("smpp_refuses_us", status=detail)
        return Postponed("refuses_us", detail, retry_after_s=60.0, refuses_us=True)
    return Postponed("provider_error", detail)


def relative_validity(now: datetime, until: datetime) -> str:
    """How long the SMSC may try, as relative time (§7.1.1.2): `YYMMDDhhmmss000R`, at least a minute, at most three days."""
    left = min(max(until - now, timedelta(minutes=1)), EXPIRY_MOST)
    hours, rest = divmod(int(left.total_seconds()) % 86_400, 3600)
    return f"0000{left.days:02d}{hours:02d}{rest // 60:02d}{rest % 60:02d}000R"
