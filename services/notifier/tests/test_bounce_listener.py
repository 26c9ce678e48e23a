"""Bounces that the town's mail server hands over by LMTP, as Postfix's lmtp(8) does."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from notifier_town import Desk, announcement, contact, subscription, until
from sqlalchemy import text
from test_bounces import report

from hejnal_notifier import bounce_listener
from hejnal_notifier.bounce_listener import MESSAGE_LIMIT_BYTES, BounceListener
from hejnal_notifier.bounces import take_bounce, verp
from hejnal_runtime.errors import AppError, Kind

ADDRESS = "odbicia@bugielsk.example"


@asynccontextmanager
async def listening(take: Any) -> AsyncIterator[BounceListener]:
    listener = BounceListener(take, ADDRESS, host="127.0.0.1", port=0)
    running = asyncio.create_task(listener.run())

    async def bound() -> bool:
        if running.done():
            running.result()
        return listener.port != 0

    await until(bound, what="listening")
    yield listener
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def handed_over(listener: BounceListener, raw: bytes, *recipients: str) -> tuple[int, str]:
    """What the listener answers to the mail server."""

    def deliver() -> tuple[int, str]:
        with smtplib.LMTP("127.0.0.1", listener.port) as server:
            server.sock.settimeout(10)
            server.ehlo_or_helo_if_needed()
            server.mail("")
            for recipient in recipients:
                code, words = server.rcpt(recipient)
                if code >= 400:
                    return code, words.decode()
            code, words = server.data(raw)
            return code, words.decode()

    return await asyncio.to_thread(deliver)


async def test_a_bounce_is_stored_before_it_is_taken_and_a_letter_goes_back(desk: Desk) -> None:
    await desk.subscribe(subscription("anna", contact("email", "anna@example.pl")))
    now = desk.clock.now()
    fact = announcement(valid_from=now, valid_until=now + timedelta(hours=6), issued_at=now)
    await desk.issue(fact)
    await desk.send_all()
    delivery_id = next(row.delivery_id for row in await desk.rows(fact.announcement_id) if row.resident_id == "anna")
    away = [True]

    async def take(raw: bytes) -> bool:
        if away.pop() if away else False:
            raise AppError(Kind.UNAVAILABLE, "away", "The database is away.")
        return await take_bounce(desk.database, desk.clock, raw, soft_limit=3) is not None

    # the headers name nobody: only the envelope says whose it is
    raw = report(to="ktos@example.pl")
    recipient = verp(ADDRESS, delivery_id)
    async with listening(take) as listener:
        assert (await handed_over(listener, raw, recipient))[0] == 451
        assert (await handed_over(listener, raw, recipient))[0] == 250
        letter = b"From: ktos@example.pl\r\nSubject: Pytanie\r\n\r\nKiedy bedzie woda?\r\n"
        code, words = await handed_over(listener, letter, ADDRESS)
        assert (code, "town's office" in words) == (550, True)
    async with desk.database.read() as session:
        found = (await session.execute(text("select state, cause from deliveries"))).all()
    assert [tuple(row) for row in found] == [("failed", "bounced_no_such_mailbox")]


async def test_only_the_bounce_address_one_recipient_and_no_giants(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    async def take(raw: bytes) -> bool:
        seen.append(raw)
        return True

    async with listening(take) as listener:
        assert (await handed_over(listener, b"x\r\n", "urzad@bugielsk.example"))[0] == 550
        assert (await handed_over(listener, b"x\r\n", "odbicia+kurz@bugielsk.example"))[0] == 550
        assert (await handed_over(listener, b"x\r\n", verp(ADDRESS, uuid4()), verp(ADDRESS, uuid4())))[0] == 452
        assert (await handed_over(listener, b"x" * 900 + (b"\r\n" + b"y" * 70) * (MESSAGE_LIMIT_BYTES // 70), ADDRESS))[0] == 552
        assert seen == []
        assert (await handed_over(listener, b"z" * 5000 + b"\r\n", "ODBICIA@Bugielsk.Example"))[0] == 250
        assert seen[0].startswith(b"Delivered-To: ODBICIA@Bugielsk.Example\r\nzzz")
        await until(gone(listener), what="the end of the connections")
        monkeypatch.setattr(bounce_listener, "MOST_CONNECTIONS", 0)
        with pytest.raises(smtplib.SMTPConnectError, match="Too many connections"):
            await handed_over(listener, b"x\r\n", ADDRESS)


def gone(listener: BounceListener) -> Callable[[], Any]:
    async def check() -> bool:
        return not listener.connections

    return check


async def test_what_cannot_be_read_is_refused_for_good() -> None:
    async def take(raw: bytes) -> bool:
        raise LookupError(raw)

    async with listening(take) as listener:
        assert (await handed_over(listener, b"x\r\n", ADDRESS))[0] == 554
