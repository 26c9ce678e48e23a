"""Mail that came back: read as mail servers write it, applied once, fetched from a real IMAP server."""

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifier_town import Desk, announcement, contact, subscription
from sqlalchemy import text

from hejnal_local.ports import free_ports
from hejnal_notifier.bounce_mailbox import BounceMailbox, ImapAccount
from hejnal_notifier.bounces import BOUNCE_LIMIT_BYTES, Bounce, read_bounce, take_bounce, verp
from hejnal_notifier.delivery import Meaning

OURS = UUID("0123456789abcdef0123456789abcdef")


def report(*, to: str = "", action: str = "failed", status: str = "5.1.1", diagnostic: str = "", returned: str = "") -> bytes:
    """A bounce in the form of RFC 3464 as Postfix writes it."""
    to = to or verp("odbicia@bugielsk.example", OURS)
    code = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    inside = f"--B\nContent-Type: text/rfc822-headers\n\n{returned}\n" if returned else ""
    return (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.example.pl\nTo: {to}\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nI'm sorry to have to inform you that your message could not be delivered.\n"
        "--B\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.pl\nArrival-Date: Sun, 22 Nov 2026 12:00:00 +0100\n\n"
        f"Final-Recipient: rfc822; anna@example.pl\nAction: {action}\nStatus: {status}\n{code}\n{inside}--B--\n"
    ).encode()


@pytest.mark.parametrize(
    ("raw", "meaning", "status", "dead"),
    [
        (report(diagnostic="550 5.1.1 <anna@example.pl>: Recipient address rejected"), Meaning.FAILED, "5.1.1", True),
        (report(status="5.0.0", diagnostic="550-5.1.1 The email account does not exist"), Meaning.FAILED, "5.1.1", True),
        (report(status="5.2.1", diagnostic="550 5.2.1 inactive"), Meaning.FAILED, "5.2.1", True),
        (report(status="5.1.10", diagnostic="554 5.1.10 null MX"), Meaning.FAILED, "5.1.10", True),
        (report(status="5.2.2", diagnostic="552 5.2.2 over quota"), Meaning.FAILED, "5.2.2", False),
        (report(status="5.7.26", diagnostic="550-5.7.26 unauthenticated"), Meaning.FAILED, "5.7.26", False),
        (report(status="4.4.1", diagnostic="connect: timed out"), Meaning.FAILED, "4.4.1", False),
        (report(status="", diagnostic="550 no such user"), Meaning.FAILED, "", True),
        (report(action="delayed", status="4.4.1"), Meaning.ON_THE_WAY, "4.4.1", False),
        (report(action="Delivered", status="2.0.0"), Meaning.DELIVERED, "2.0.0", False),
        (report(action="relayed", status="2.0.0"), Meaning.ON_THE_WAY, "2.0.0", False),
        (report(action="failed", status="2.1.5"), Meaning.ON_THE_WAY, "2.1.5", False),
    ],
)
def test_what_reports_say(raw: bytes, meaning: Meaning, status: str, dead: bool) -> None:
    bounce = read_bounce(raw)
    assert bounce is not None
    assert (bounce.delivery_id, bounce.meaning, bounce.status, bounce.dead) == (OURS, meaning, status, dead)


def test_a_server_that_drops_the_plus_is_understood_by_what_it_returns() -> None:
    mine = report(to="odbicia@bugielsk.example", returned=f"Subject: Nie ma wody\nMessage-ID: <{OURS}@bugielsk.example>\n")
    bounce = read_bounce(mine)
    assert bounce is not None
    assert bounce.delivery_id == OURS


def test_what_is_no_report_of_ours_is_left_to_people() -> None:
    holiday = f"To: {verp('odbicia@bugielsk.example', OURS)}\nAuto-Submitted: auto-replied\nSubject: Urlop\n\nWracam 1 grudnia.\n"
    assert read_bounce(holiday.encode()) is None
    assert read_bounce(report(to="odbicia@bugielsk.example")) is None
    assert read_bounce(b"") is None


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 60))
def test_no_message_breaks_the_reader(noise: bytes, at: int, cut: int) -> None:
    raw = report()
    assert isinstance(read_bounce(raw[:at] + noise + raw[at + cut :]), Bounce | None)


async def sent_mail(desk: Desk, name: str = "anna") -> UUID:
    """An announcement that was handed to the mail server; its delivery."""
    now = desk.clock.now()
    fact = announcement(valid_from=now, valid_until=now + timedelta(hours=6), issued_at=now)
    await desk.issue(fact)
    await desk.send_all()
    rows = [row for row in await desk.rows(fact.announcement_id) if row.resident_id == name]
    return rows[0].delivery_id if rows else uuid4()


async def come_back(desk: Desk, delivery_id: UUID, status: str = "5.1.1") -> None:
    raw = report(to=verp("odbicia@bugielsk.example", delivery_id), status=status)
    assert await take_bounce(desk.database, desk.clock, raw, soft_limit=3)


async def story(desk: Desk) -> tuple[list[Any], list[str]]:
    async with desk.database.read() as session:
        states = [tuple(row) for row in await session.execute(text("select state, cause from deliveries order by created_at"))]
        facts = await session.execute(text("select convert_from(value, 'UTF8') from outbox where type = 'contact.failed.v1'"))
        return states, list(facts.scalars())


def anna(version: int = 1, **more: Any) -> Any:
    return subscription(
        "anna", contact("email", "anna@example.pl", contact_id="anna-mail").model_copy(update=more), version=version
    )


async def test_a_dead_mailbox_ends_the_contact_once_and_citizen_api_hears_of_it(desk: Desk) -> None:
    await desk.subscribe(anna())
    delivery_id = await sent_mail(desk)
    for _ in range(2):
        await come_back(desk, delivery_id)
    states, facts = await story(desk)
    assert states == [("failed", "bounced_no_such_mailbox")]
    assert len(facts) == 1
    assert '"hard_bounce"' in facts[0]
    await sent_mail(desk)
    assert len((await story(desk))[0]) == 1  # nothing is planned for it any more


async def test_other_refusals_end_it_only_when_they_go_on(desk: Desk) -> None:
    await desk.subscribe(anna())
    for number in range(3):
        delivery_id = await sent_mail(desk)
        assert len((await story(desk))[1]) == 0, f"closed after {number}"
        await come_back(desk, delivery_id, "5.2.2")
        await come_back(desk, delivery_id, "5.2.2")  # the same one twice counts once
        desk.clock.advance(3600)
    states, facts = await story(desk)
    assert states == [("failed", "bounced")] * 3
    assert len(facts) == 1


async def test_a_late_bounce_does_not_close_what_was_verified_since(desk: Desk) -> None:
    await desk.subscribe(anna())
    delivery_id = await sent_mail(desk)
    desk.clock.advance(60)
    await desk.subscribe(anna(2, verified_at=desk.clock.now()))
    await come_back(desk, delivery_id)
    assert (await story(desk))[1] == []


# --- a real IMAP server ------------------------------------------------------------------------------------------------


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[ImapAccount]:
    (port,) = free_ports(1)
    code = "from pymap.main import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
        "dict",
        "--demo-user",
        "odbicia",
    ]
    process = subprocess.Popen([*command, "--demo-password", "sekret"], cwd=tmp_path)
    deadline = time.monotonic() + 30
    while True:
        try:
            imaplib.IMAP4("127.0.0.1", port, timeout=5).logout()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline, "the IMAP server did not start"
            time.sleep(0.05)
    yield ImapAccount("127.0.0.1", port, "odbicia", "sekret", "none")
    process.terminate()
    process.wait(10)


def put(account: ImapAccount, *messages: bytes) -> None:
    client = imaplib.IMAP4(account.host, account.port, timeout=5)
    client.login(account.username, account.password)
    for raw in messages:
        assert client.append("INBOX", "", "", raw.replace(b"\n", b"\r\n"))[0] == "OK"
    client.logout()


def left(account: ImapAccount) -> list[bytes]:
    client = imaplib.IMAP4(account.host, account.port, timeout=5)
    client.login(account.username, account.password)
    client.select("INBOX", readonly=True)
    found = [bytes(part) for part in client.search(None, "ALL")[1] if part]
    client.logout()
    return b" ".join(found).split()


async def test_bounces_are_fetched_and_deleted_and_letters_of_people_stay(desk: Desk, mailbox: ImapAccount) -> None:
    await desk.subscribe(anna())
    delivery_id = await sent_mail(desk)
    before = len(left(mailbox))
    letter = b"From: ktos@example.pl\nTo: odbicia@bugielsk.example\nSubject: Pytanie\n\nKiedy bedzie woda?\n"
    huge = report(to=verp("odbicia@bugielsk.example", delivery_id)) + b"x" * (2 * BOUNCE_LIMIT_BYTES)
    put(mailbox, letter, huge)

    async def take(raw: bytes) -> bool:
        return await take_bounce(desk.database, desk.clock, raw, soft_limit=3) is not None

    loop = BounceMailbox(mailbox, take, every_s=1)
    assert await loop.look() >= 2
    assert (await story(desk))[0] == [("failed", "bounced_no_such_mailbox")]
    assert len(left(mailbox)) == before + 1
    assert await loop.look() == 0


async def test_a_crash_between_noting_and_deleting_loses_and_doubles_nothing(desk: Desk, mailbox: ImapAccount) -> None:
    await desk.subscribe(anna())
    put(mailbox, report(to=verp("odbicia@bugielsk.example", await sent_mail(desk))))
    seen: list[Message | bytes] = []

    async def take(raw: bytes) -> bool:
        understood = await take_bounce(desk.database, desk.clock, raw, soft_limit=3) is not None
        if understood:
            seen.append(raw)
            if len(seen) == 1:
                raise ConnectionResetError("killed here")
        return understood

    loop = BounceMailbox(mailbox, take, every_s=1)
    with pytest.raises(ConnectionResetError):
        await loop.look()
    await loop.look()
    assert len(seen) == 2
    states, facts = await story(desk)
    assert (len(states), len(facts)) == (1, 1)


async def test_a_wrong_password_is_said(mailbox: ImapAccount) -> None:
    async def take(raw: bytes) -> bool:
        return False

    wrong = ImapAccount(mailbox.host, mailbox.port, mailbox.username, "zle", "none")
    with pytest.raises(imaplib.IMAP4.error):
        await BounceMailbox(wrong, take, every_s=1).look()
