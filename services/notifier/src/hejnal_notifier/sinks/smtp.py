"""The simulated mail server (SMTP, RFC 5321), with magic recipients."""

import email
from email.header import decode_header, make_header
from email.message import Message
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, Envelope, Session

from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome

if TYPE_CHECKING:
    import asyncio

SIZE_LIMIT_BYTES = 2_000_000

_REFUSALS: dict[Outcome, str] = {
    Outcome.BOUNCE: "550 5.1.1 No such user here",
    Outcome.FULL: "452 4.2.2 Mailbox full",
}
_SHOWN_HEADERS = (
    "From",
    "Date",
    "Message-ID",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "Content-Language",
    "X-Priority",
)


class MailHandler:
    """aiosmtpd's hooks: decides on each recipient, stores what was accepted."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions) -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._flakiness = Flakiness()

    async def handle_RCPT(  # noqa: N802 - name given by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Answer RCPT TO by what the address says."""
        del server, session, rcpt_options
        if self._conditions.is_down("email"):
            self._mailbox.refuse("email", "outage")
            return "421 4.3.2 Service not available"
        outcome = outcomes.of_email(address)
        if outcome in _REFUSALS:
            self._mailbox.refuse("email", outcome)
            return _REFUSALS[outcome]
        if outcome is Outcome.FLAKY and self._flakiness.refuses(address):
            self._mailbox.refuse("email", outcome)
            return "451 4.3.0 Please try again in a moment"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Accept the message, or refuse it for its recipient's sake."""
        del server, session
        if any(outcomes.of_email(to) is Outcome.REJECT for to in envelope.rcpt_tos):
            self._mailbox.refuse("email", Outcome.REJECT)
            return "554 5.7.1 Message rejected by policy"
        await self._conditions.take_time(slow=any(outcomes.of_email(to) is Outcome.SLOW for to in envelope.rcpt_tos))
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(content)
        headers = {name: _decoded(message[name]) for name in _SHOWN_HEADERS if message[name]}
        for to in envelope.rcpt_tos:
            self._mailbox.add(
                "email",
                to,
                key=str(message["Message-ID"]),
                subject=_decoded(message["Subject"] or ""),
                text=_part(message, "plain"),
                html=_part(message, "html"),
                headers=headers,
            )
        return "250 2.0.0 Accepted"


def _decoded(header: str) -> str:
    """A header as people read it (RFC 2047)."""
    return str(make_header(decode_header(header))).replace("\r\n", "")


def _part(message: Message, subtype: str) -> str:
    """The first text part of a subtype. The parser's old policy is used: the new one takes 4 ms a message."""
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}":
            payload = part.get_payload(decode=True)
            text = payload if isinstance(payload, bytes) else b""
            return text.decode(part.get_content_charset("utf-8"), "replace")
    return ""


async def start_smtp(
    loop: "asyncio.AbstractEventLoop", mailbox: Mailbox, conditions: Conditions, host: str, port: int
) -> "asyncio.Server":
    """Listen for mail; the caller closes the returned server."""
    handler = MailHandler(mailbox, conditions)

    def protocol() -> SMTP:
        return SMTP(handler, hostname="sinks.hejnal.test", data_size_limit=SIZE_LIMIT_BYTES, enable_SMTPUTF8=True, loop=loop)

    return await loop.create_server(protocol, host, port)
