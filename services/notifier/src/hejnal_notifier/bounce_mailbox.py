"""Fetches bounces from a mailbox over IMAP (RFC 3501): what is understood is deleted there, the rest is flagged for people."""

import asyncio
import imaplib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from hejnal_notifier.bounces import BOUNCE_LIMIT_BYTES
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

TIME_LIMIT_S = 30.0
MOST_AT_ONCE = 50
LONGEST_PAUSE_S = 900.0
_FAILED = imaplib.IMAP4.error

TakeRaw = Callable[[bytes], Awaitable[bool]]
"""Applies one message; True when it was understood. Repeats do no harm: it is deleted only afterwards."""


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Where bounces arrive. The mailbox should be for nothing else."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Literal["none", "starttls", "tls"] = "tls"
    folder: str = "INBOX"


class BounceMailbox:
    """The loop from the mailbox to `take`."""

    def __init__(self, account: ImapAccount, take: TakeRaw, *, every_s: float) -> None:
        self._account = account
        self._take = take
        self._every_s = every_s

    async def run(self) -> None:
        """Look for ever; a mailbox or database that is away is tried again, ever more seldom."""
        loop = PeriodicLoop(
            "bounces_interrupted", self._once, every_s=self._every_s, longest_s=LONGEST_PAUSE_S, passing=(_FAILED,)
        )
        await loop.run()

    async def _once(self) -> bool:
        try:
            return await self.look() == MOST_AT_ONCE
        except (_FAILED, OSError) as error:
            log.warning("bounce_mailbox_not_read", host=self._account.host, error=str(error)[:200])
            raise

    async def look(self) -> int:
        """Take at most 50 new messages; how many there were. Raises what the connection or `take` raises."""
        mailbox = await asyncio.to_thread(_Session.open, self._account)
        try:
            uids = await asyncio.to_thread(mailbox.unseen)
            for uid in uids[:MOST_AT_ONCE]:
                raw = await asyncio.to_thread(mailbox.fetch, uid)
                understood = await self._take(raw)
                await asyncio.to_thread(mailbox.done, uid, delete=understood)
            if uids:
                await asyncio.to_thread(mailbox.expunge)
            return min(len(uids), MOST_AT_ONCE)
        finally:
            await asyncio.to_thread(mailbox.close)


class _Session:
    """One blocking session; each call has a time limit."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client

    @classmethod
    def open(cls, account: ImapAccount) -> "_Session":
        context = ssl.create_default_context()
        client: imaplib.IMAP4
        if account.security == "tls":
            client = imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=TIME_LIMIT_S)
        else:
            client = imaplib.IMAP4(account.host, account.port, timeout=TIME_LIMIT_S)
        try:
            if account.security == "starttls":
                client.starttls(context)
            client.login(account.username, account.password)
            _ok(client.select('"' + account.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'))
        except BaseException:
            client.shutdown()
            raise
        return cls(client)

    def unseen(self) -> list[str]:
        data = _ok(self._client.uid("SEARCH", "UNSEEN", "UNDELETED"))
        return (data[0] or b"").decode().split()

    def fetch(self, uid: str) -> bytes:
        for item in _ok(self._client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{BOUNCE_LIMIT_BYTES}>)")):
            if isinstance(item, tuple):
                return bytes(item[1])
        return b""

    def done(self, uid: str, *, delete: bool) -> None:
        _ok(self._client.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen \\Deleted)" if delete else "(\\Seen \\Flagged)"))

    def expunge(self) -> None:
        _ok(self._client.expunge())

    def close(self) -> None:
        try:
            self._client.logout()
        except (imaplib.IMAP4.error, OSError):
            self._client.shutdown()


def _ok(answer: tuple[str, Any]) -> Any:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the mailbox said {status} {data!r}"[:200])
    return data
