"""Takes bounces from the town's mail server over LMTP (RFC 2033), for towns whose mail server has no IMAP.

The mail server keeps a message until it is answered 250, so nothing is lost while the database is away.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from hejnal_runtime.errors import is_transient

log = structlog.get_logger()

TIME_LIMIT_S = 60.0
MESSAGE_LIMIT_BYTES = 1024 * 1024
"""What servers return may hold our whole message; it is read no further than `bounces.BOUNCE_LIMIT_BYTES`."""
MOST_CONNECTIONS = 20
LINE_LIMIT_BYTES = 65_536
"""Some servers return lines longer than RFC 5321 allows."""

TakeRaw = Callable[[bytes], Awaitable[bool]]
"""Applies one message; True when it was understood. Repeats do no harm."""


class _Connection(LMTP):
    """One connection, unless there are too many."""

    line_length_limit = LINE_LIMIT_BYTES

    def __init__(self, listener: "BounceListener") -> None:
        super().__init__(listener, data_size_limit=MESSAGE_LIMIT_BYTES, timeout=TIME_LIMIT_S, hostname="hejnal", ident="LMTP")
        self._connections = listener.connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        if len(self._connections) >= MOST_CONNECTIONS:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
            transport.close()
            return
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        if self in self._connections:
            self._connections.discard(self)
            super().connection_lost(error)


class BounceListener:
    """Listens until cancelled. `address` is the bounce address, also in its form with a delivery's id after a plus."""

    def __init__(self, take: TakeRaw, address: str, *, host: str, port: int) -> None:
        self._take = take
        name, _, domain = address.partition("@")
        self._ours = re.compile(rf"{re.escape(name)}(\+[0-9a-f]{{32}})?@{re.escape(domain)}", re.IGNORECASE)
        self._host = host
        self.port = port
        """Where it listens; 0 until `run` has found a free one."""
        self.connections: set[_Connection] = set()

    async def run(self) -> None:
        """OSError where the port is taken."""
        server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), self._host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            await server.serve_forever()

    async def handle_RCPT(  # noqa: N802 the library's name
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient a message: each gets an answer of its own."""
        del server, session, options
        if not self._ours.fullmatch(address):
            return "550 5.1.1 Only the bounce address is taken here"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: LMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Taken when what it says is stored; a person's letter goes back to them."""
        del server, session
        raw = f"Delivered-To: {envelope.rcpt_tos[0]}\r\n".encode() + (envelope.original_content or b"")
        try:
            understood = await self._take(raw)
        except Exception as error:
            if not is_transient(error):
                log.exception("bounce_not_taken")
                return "554 5.3.0 This message cannot be read"
            log.warning("bounces_interrupted", error=type(error).__name__)
            return "451 4.3.0 Try again later"
        return "250 2.0.0 Taken" if understood else "550 5.7.1 Nobody reads this mailbox: write to the town's office"
