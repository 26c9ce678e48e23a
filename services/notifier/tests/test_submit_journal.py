"""What a crash leaves in doubt over SMPP: no more than what was written whole to the SMSC."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from notifier_town import Desk, announcement, contact, subscription

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms import submit_journal
from hejnal_notifier.channels.sms.submit_journal import SubmitJournal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _life(folder: Path, boot: str = "boot-1", now: datetime = NOW) -> SubmitJournal:
    journal = SubmitJournal(folder, "operator", boot=boot)
    journal.open(now)
    return journal


def test_what_was_noted_is_known_in_the_next_life(tmp_path: Path) -> None:
    first, written, claimed = _life(tmp_path), uuid4(), uuid4()
    first.note(written, NOW)
    second = _life(tmp_path)  # the first one was killed: nothing was closed
    assert not second.never_submitted(written, NOW)
    assert second.never_submitted(claimed, NOW)
    assert not second.never_submitted(claimed, NOW - timedelta(seconds=1)), "claimed before the journal began"
    third = _life(tmp_path)  # killed again before it had settled anything
    assert not third.never_submitted(written, NOW)
    third.forget_past()
    assert not third.never_submitted(claimed, NOW)
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_past_or_after_another_boot_everything_is_in_doubt(tmp_path: Path) -> None:
    first = _life(tmp_path)
    assert not first.never_submitted(uuid4(), NOW)
    assert not _life(tmp_path, boot="boot-2").never_submitted(uuid4(), NOW)
    (tmp_path / "operator.9.journal").write_text("")
    assert not _life(tmp_path, boot="boot-3").never_submitted(uuid4(), NOW)


def test_a_long_life_keeps_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_journal, "MOST_NOTES", 10)
    first = _life(tmp_path)
    ids = [uuid4() for _ in range(35)]
    for number, one in enumerate(ids):
        first.note(one, NOW + timedelta(seconds=number))
    assert len(list(tmp_path.iterdir())) == 2
    second = _life(tmp_path)
    assert not any(second.never_submitted(one, NOW + timedelta(seconds=60)) for one in ids[20:])
    assert not second.never_submitted(ids[0], NOW), "too long ago for the files that are left"


async def test_what_was_never_submitted_is_queued_again_without_doubt(desk: Desk, tmp_path: Path) -> None:
    now = desk.clock.now()
    for number in range(4):
        await desk.subscribe(subscription(f"r{number}", contact("sms", f"+4850010020{number}")))
    fact = announcement(issued_at=now, valid_from=now, valid_until=now + timedelta(days=1))
    await desk.issue(fact)
    life = _life(tmp_path, now=now)
    jobs, _ = await desk.queue.claim(Channel.SMS, 10, "operator")
    life.note(jobs[0].delivery_id, now)
    life = _life(tmp_path, now=now)
    assert await desk.queue.give_back(Channel.SMS, "operator", life.never_submitted) == 3
    assert await desk.queue.take_over(Channel.SMS, harmless=[], own=True) == (1, 0)

    def by_id(rows: list[Any]) -> dict[Any, Any]:
        return {row.delivery_id: row for row in rows}

    rows = by_id(await desk.rows(fact.announcement_id))
    assert rows[jobs[0].delivery_id].state == "unknown"
    assert {(rows[job.delivery_id].state, rows[job.delivery_id].in_doubt) for job in jobs[1:]} == {("queued", False)}
    again, _ = await desk.queue.claim(Channel.SMS, 10, "operator")
    assert {job.attempt for job in again} == {1}
