"""E-mail over SMTP (RFC 5321) with connections that are kept and used again."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import aiosmtplib
import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

MESSAGES_PER_CONNECTION = 100
IDLE_S = 20.0

# RFC 3463: 5.1.x bad address, 5.2.1 mailbox disabled; without an enhanced code these replies mean the mailbox (RFC 5321 §4.2.2)
_DEAD_MAILBOX = re.compile(r"^\s*5\.(1\.\d+|2\.1)\b")
_ENHANCED = re.compile(r"^\s*5\.\d+\.\d+\b")
_MAILBOX_REPLIES = {550, 551, 553}
# The relay does not know us as a sender: a fault of the set-up, no word about the recipient.
_NOT_RELAYED = re.compile(r"\brelay(ing)?\b.*\b(denied|not (permitted|allowed)|prohibited)|\bunable to relay\b", re.IGNORECASE)
# Pauses that a reason asks for (RFC 3463): a full mailbox is not emptied in seconds, a greylist opens after minutes.
_PAUSES_S = (
    (re.compile(r"^\s*4\.2\.2\b"), 1800.0),
    (re.compile(r"^\s*4\.7\.\d+\b|grey ?list", re.IGNORECASE), 120.0),
    (re.compile(r"^\s*4\.(4\.5|5\.3|3\.2)\b|too many|rate limit", re.IGNORECASE), 60.0),
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = None


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    used_at: float
    messages: int = 0


class Email:
    """Hands messages to the town's mail server."""

    channel = Channel.EMAIL
    name = "smtp"
    repeat_is_harmless = True

    def __init__(
        self,
        server: MailServer,
        composer: EmailComposer,
        clock: Clock,
        *,
        timeout_s: float,
        envelope_sender: Callable[[UUID], str] | None = None,
    ) -> None:
        """`envelope_sender`: the address to which the bounce of a delivery returns; the sender's own without it."""
        self.timeout_s = timeout_s
        self._envelope_sender = envelope_sender or (lambda _: composer.sender)
        self._server = server
        self._composer = composer
        self._clock = clock
        self._idle: deque[_Connection] = deque()

    async def send(self, job: Job) -> Outcome:
        """Hand over one message. A kept connection that the server has closed meanwhile is replaced once, unseen."""
        try:
            message = self._composer.compose(job, self._clock.now())
        except ValueError as error:
            return Refused("bad_address", str(error), contact="hard_bounce")
        recipient = envelope_address(job.address)
        if recipient is None:
            return Refused("bad_address", "the name before the @ needs SMTPUTF8", contact="hard_bounce")
        while True:
            connection = self._take_idle()
            fresh = connection is None
            try:
                connection = connection or await self._connect()
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                return self._connect_failed(error)
            try:
                notices = connection.client.supports_extension("dsn")  # RFC 3461: bounces without the whole text
                _, reply = await connection.client.sendmail(
                    self._envelope_sender(job.delivery_id),
                    [recipient],
                    message,
                    mail_options=["RET=HDRS"] if notices else None,
                    rcpt_options=["NOTIFY=FAILURE"] if notices else None,
                )
            except aiosmtplib.SMTPServerDisconnected as error:
                connection.client.close()
                if fresh:
                    return Postponed("connection_lost", str(error)[:200], in_doubt=True)
                continue
            except (aiosmtplib.SMTPTimeoutError, TimeoutError, OSError) as error:
                connection.client.close()
                return Postponed("timeout", type(error).__name__, in_doubt=True)
            except aiosmtplib.SMTPException as error:
                await self._give_back(connection)
                return judge_smtp(error)
            await self._give_back(connection)
            return Accepted(self._composer.message_id(job), reply[:200])

    def _take_idle(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            fresh_enough = self._clock.monotonic() - connection.used_at < IDLE_S
            if fresh_enough and connection.messages < MESSAGES_PER_CONNECTION and connection.client.is_connected:
                return connection
            connection.client.close()
        return None

    async def _connect(self) -> _Connection:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=True if server.security == "starttls" else False if server.security == "none" else None,
            username=server.username,
            password=server.password,
            timeout=self.timeout_s / 2,
        )
        await client.connect()
        return _Connection(client, self._clock.monotonic())

    def _connect_failed(self, error: Exception) -> Postponed:
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            log.error("mail_server_refuses_us", error=str(error)[:200])
            return Postponed("refuses_us", str(error)[:200], retry_after_s=60.0)
        return Postponed("unreachable", f"{type(error).__name__} {error}"[:200])

    async def _give_back(self, connection: _Connection) -> None:
        if not connection.client.is_connected:
            connection.client.close()
            return
        connection.used_at = self._clock.monotonic()
        connection.messages += 1
        self._idle.append(connection)

    async def close(self) -> None:
        """Say goodbye on every kept connection."""
        while self._idle:
            client = self._idle.pop().client
            try:
                await client.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError):
                client.close()


def judge_smtp(error: aiosmtplib.SMTPException) -> Outcome:
    """What an SMTP refusal means: 4xx later; 5xx never; a dead mailbox ends the contact."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    code = getattr(error, "code", 0)
    said = str(getattr(error, "message", error))
    detail = f"{code} {said}"[:200]
    if (isinstance(error, aiosmtplib.SMTPSenderRefused) and code >= 500) or _NOT_RELAYED.search(said):
        log.error("mail_server_refuses_sender", detail=detail)
        return Postponed("refuses_us", detail, retry_after_s=60.0, refuses_us=True)
    if 500 <= code < 600:
        dead = bool(_DEAD_MAILBOX.match(said)) or (
            isinstance(error, aiosmtplib.SMTPRecipientRefused) and code in _MAILBOX_REPLIES and not _ENHANCED.match(said)
        )
        return Refused("no_such_mailbox", detail, contact="hard_bounce") if dead else Refused("rejected", detail)
    pause_s = next((seconds for reason, seconds in _PAUSES_S if reason.search(said)), None)
    return Postponed("deferred", detail, pause_s)


def envelope_address(address: str) -> str | None:
    """An address for SMTP without SMTPUTF8: its domain in A-labels; None when the name before the @ is not ASCII."""
    name, _, domain = address.rpartition("@")
    if not name.isascii():
        return None
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
