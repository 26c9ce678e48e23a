"""SerwerSMS against its simulator; a modem against the real gammu-smsd with a phone that it simulates."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from notifier_town import Desk, Sinks, announcement, contact, subscription, until
from smpp_peers import job
from sms_desk_of_tests import Told

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.modem import Folders, Modem
from hejnal_notifier.channels.sms.news import NewsDesk, OpenPart, Receipt, TextMessage
from hejnal_notifier.channels.sms.serwersms import SerwerSms, judge_answer
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.outcome import Accepted, Postponed, Refused
from hejnal_notifier.sending.parts import SentPart, note_parts
from hejnal_notifier.sending.queue import Done
from hejnal_notifier.sms_desk import SmsDesk
from hejnal_runtime.clock import SystemClock

WORDING = SmsWording("Bugielsk", diacritics=True, max_parts=6)


# --- SerwerSMS ------------------------------------------------------------------------------------------------------


def _account(sinks: Sinks, desk: NewsDesk, url: str = "") -> SerwerSms:
    return SerwerSms(
        url or f"{sinks.url}/serwersms",
        SystemClock(),
        WORDING,
        desk,
        name="serwersms",
        token="secret",
        sender="Bugielsk",
        concurrency=4,
        timeout_s=5,
    )


async def test_a_message_goes_out_and_its_report_is_asked_for(sinks: Sinks) -> None:
    told = Told()
    account = _account(sinks, told)
    sent, lost = job("+48500100201"), job("+48500100003")
    outcomes = [await account.send(one) for one in (sent, lost)]
    told.waits_for += [one.provider_id for one in outcomes if isinstance(one, Accepted) and one.provider_id]
    assert len(told.waits_for) == 2
    await account.look()
    assert [one.meaning for one in told if isinstance(one, Receipt)] == [Meaning.DELIVERED, Meaning.FAILED]
    (arrived,) = await sinks.messages(channel="sms", to="48500100201")
    assert arrived["key"] == sent.delivery_id.hex
    await account.close()


async def test_what_is_in_doubt_is_asked_about_before_it_is_sent_again(sinks: Sinks) -> None:
    account = _account(sinks, Told())
    first = job("+48500100201")
    assert isinstance(await account.send(first), Accepted)
    again = await account.send(replace(first, in_doubt=True, attempt=2))
    assert isinstance(again, Accepted)
    assert again.note
    assert again.parts == 1, "the earlier try was not noted: the bill would miss it"
    unknown = await account.send(replace(job("+48500100202"), in_doubt=True, attempt=2))
    assert isinstance(unknown, Accepted)
    assert not unknown.note
    assert len(await sinks.messages(channel="sms", to="48500100201")) == 1
    await account.close()


async def test_refusals_outages_and_residents(sinks: Sinks) -> None:
    told = Told()
    account = _account(sinks, told)
    refused = await account.send(job("+48500100001"))
    assert isinstance(refused, Refused)
    assert refused.contact == "hard_bounce"
    await sinks.post("/api/outage", {"channel": "sms", "seconds": 60})
    away = await account.send(job("+48500100202"))
    assert isinstance(away, Postponed)
    assert not away.in_doubt
    await sinks.post("/api/outage", {"channel": "sms", "seconds": 0})
    await sinks.post("/api/sms", {"from": "+48500100299", "text": "STOP"})
    await account.look()
    (message,) = [one for one in told if isinstance(one, TextMessage)]
    assert (message.sender, message.text, bool(message.provider_id)) == ("+48500100299", "STOP", True)
    await account.close()
    nobody = _account(sinks, told, "http://127.0.0.1:9")
    unreachable = await nobody.send(job("+48500100203"))
    assert isinstance(unreachable, Postponed)
    assert not unreachable.in_doubt
    await nobody.close()


async def test_reports_are_asked_for_after_a_restart(sinks: Sinks, desk: Desk) -> None:
    """Nothing is remembered but what is in the table of parts."""
    now = desk.clock.now()
    for number in range(3):
        await desk.subscribe(subscription(f"r{number}", contact("sms", f"+4850010020{number}")))
    fact = announcement(issued_at=now, valid_from=now, valid_until=now + timedelta(days=1))
    await desk.issue(fact)
    jobs, _ = await desk.queue.claim(Channel.SMS, 10, "serwersms")
    keep = SmsDesk(desk.database, desk.clock)
    first = _account(sinks, keep)
    await desk.queue.note([Done(job, await first.send(job)) for job in jobs])
    await first.close()
    second = _account(sinks, keep)
    await second.look()
    await second.close()
    assert [row.state for row in await desk.rows(fact.announcement_id)] == ["delivered"] * 3
    assert await keep.open_parts("serwersms", None) == []


async def test_open_parts_come_a_hundred_at_once_and_each_once(desk: Desk) -> None:
    now = desk.clock.now()
    async with desk.database.transaction() as session:
        sent = [SentPart("serwersms", f"m{number:03}", uuid4(), 1) for number in range(230)]
        await note_parts(session, sent, now)
        await note_parts(session, [SentPart("serwersms", "old", uuid4(), 1)], now - timedelta(days=4))
        await note_parts(session, [SentPart("other", "m999", uuid4(), 1)], now)
    keep = SmsDesk(desk.database, desk.clock)
    seen: list[OpenPart] = []
    while page := await keep.open_parts("serwersms", seen[-1] if seen else None):
        assert len(page) <= 100
        seen += page
    assert [part.provider_id for part in seen] == [f"m{number:03}" for number in range(230)]


async def test_residents_messages_are_asked_for_page_by_page_and_from_where_we_were(sinks: Sinks) -> None:
    told = Told()
    account = _account(sinks, told)
    for number in range(120):
        await sinks.post("/api/sms", {"from": f"500100{number:03}", "text": "START"})
    await account.look()
    assert len({one.provider_id for one in told if isinstance(one, TextMessage)}) == 120
    assert account._heard_until is not None
    told.clear()
    account._heard_until = SystemClock().now() + timedelta(seconds=2)
    await account.look()
    assert not told
    await account.close()


def test_answers_that_say_nothing_leave_a_doubt() -> None:
    empty = judge_answer({"success": True, "items": []}, parts=1)
    assert isinstance(empty, Postponed)
    assert empty.in_doubt
    ours = judge_answer({"error": {"code": 1, "type": "limit_exhausted", "message": "no credit"}}, parts=1)
    assert isinstance(ours, Postponed)
    assert ours.refuses_us


# --- a modem --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(*(tmp_path / name for name in ("outbox", "sent", "error", "inbox")))
    for folder in (made.outbox, made.sent, made.error, made.inbox, tmp_path / "phone"):
        folder.mkdir()
    return made


@pytest.fixture
def smsd(folders: Folders, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which("gammu-smsd") or "/usr/bin/gammu-smsd"
    (tmp_path / "smsdrc").write_text(
        f"[gammu]\ndevice = {tmp_path}/phone\nconnection = none\nmodel = dummy\n"
        f"[smsd]\nservice = files\nlogfile = {tmp_path}/smsd.log\nloopsleep = 1\nchecksecurity = 0\nchecknetwork = 0\n"
        f"inboxformat = unicode\noutboxformat = unicode\n"
        f"inboxpath = {folders.inbox}/\noutboxpath = {folders.outbox}/\nsentsmspath = {folders.sent}/\n"
        f"errorsmspath = {folders.error}/\n"
    )
    process = subprocess.Popen([program, "-c", str(tmp_path / "smsdrc")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield process
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


async def test_a_modem_sends_once_whatever_we_forget(folders: Folders, smsd: subprocess.Popen[bytes]) -> None:
    told = Told()
    modem = Modem(folders, SystemClock(), WORDING, told, name="modem")
    message = job("+48500100201", "Pękła rura na Krótkiej. " * 8)
    first = await modem.send(message)
    assert isinstance(first, Accepted)
    assert first.parts == 3

    async def sent() -> bool:
        assert smsd.poll() is None
        return bool(list(folders.sent.iterdir()))

    await until(sent, 30, "the modem's sending")
    again = await modem.send(replace(message, in_doubt=True))
    assert isinstance(again, Accepted)
    assert again.note
    assert again.parts == 3
    await asyncio.sleep(2)
    (kept,) = folders.sent.iterdir()
    assert "Pękła rura" in kept.read_text(encoding="utf-16")
    assert not list(folders.outbox.iterdir())
    await modem.look()
    assert not told


async def test_a_modem_that_does_not_move_is_left_and_what_expires_is_taken_back(folders: Folders) -> None:
    clock = SystemClock()
    told = Told()
    modem = Modem(folders, clock, WORDING, told, name="modem")
    assert isinstance(await modem.send(job("+48500100201")), Accepted)
    (waiting,) = folders.outbox.iterdir()
    expired = int(clock.now().timestamp()) - 60
    old = waiting.rename(waiting.with_name(f"{waiting.name.split('-')[0]}-{expired}.txtd"))
    told.waits_for.append(old.name)
    await modem.look()
    await modem.look()
    (receipt,) = told
    assert isinstance(receipt, Receipt)
    assert (receipt.meaning, receipt.cause, receipt.number) == (Meaning.FAILED, "expired_at_provider", "+48500100201")
    assert not old.exists()
    assert isinstance(await modem.send(job("+48500100202")), Accepted)
    (stuck,) = folders.outbox.iterdir()
    os.utime(stuck, (1000, 1000))
    refused = await modem.send(job("+48500100203"))
    assert isinstance(refused, Postponed)
    assert refused.cause == "modem_stuck"


async def test_a_residents_sms_is_read_from_all_its_parts(folders: Folders) -> None:
    told = Told()
    modem = Modem(folders, SystemClock(), WORDING, told, name="modem")
    for part, words in enumerate(("ZGŁOŚ dziura ", "na Długiej 5")):
        name = f"IN20261122_130000_00_+48500100299_{part:02d}.txt"
        (folders.inbox / name).write_text(words, encoding="utf-16")
    await modem.look()
    assert not told, "the daemon may still be writing"
    for path in folders.inbox.iterdir():
        os.utime(path, (1000, 1000))
    await modem.look()
    (message,) = told
    assert isinstance(message, TextMessage)
    assert (message.sender, message.text) == ("+48500100299", "ZGŁOŚ dziura na Długiej 5")
    assert not list(folders.inbox.iterdir())


async def test_failures_are_told_once_even_after_a_restart_and_old_files_go(folders: Folders) -> None:
    now = int(SystemClock().now().timestamp())
    made = f"OUTM20261120_120000_00_+48500100201_{'0' * 31}"
    failed, long_ago, sent_long_ago = f"{made}1-{now}.txtd", f"{made}2-{now - 4 * 86400}.txtd", f"{made}3-1000.txtd"
    for folder, name in ((folders.error, failed), (folders.error, long_ago), (folders.sent, sent_long_ago)):
        (folder / name).write_text("x")
    (folders.sent / "OUT_of_somebody_else.txt").write_text("x")
    told = Told(failed)
    for _ in range(2):  # the second one has forgotten everything
        modem = Modem(folders, SystemClock(), WORDING, told, name="modem")
        await modem.look()
    assert [(one.provider_id, one.cause) for one in told if isinstance(one, Receipt)] == [(failed, "failed_at_provider")]
    assert [path.name for path in folders.error.iterdir()] == [failed]
    assert [path.name for path in folders.sent.iterdir()] == ["OUT_of_somebody_else.txt"]


async def test_a_folder_that_is_gone_is_a_provider_that_is_away(folders: Folders) -> None:
    modem = Modem(folders, SystemClock(), WORDING, Told(), name="modem")
    folders.outbox.rmdir()
    outcome = await modem.send(job("+48500100201"))
    assert isinstance(outcome, Postponed)
    assert outcome.cause == "unreachable"
