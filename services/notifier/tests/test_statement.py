"""The month's statement: counted by the town's calendar, with what failed and why, how fast it was and what it cost."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from notifier_town import Desk, announcement, contact, subscription

from hejnal_contracts.base import Channel
from hejnal_notifier.sending.outcome import Accepted, Refused
from hejnal_notifier.sending.queue import Done
from hejnal_notifier.statement import Pace, pace, span_of, statement
from hejnal_runtime.errors import AppError


def _resources(desk: Desk) -> Any:
    return SimpleNamespace(database=desk.database, settings=SimpleNamespace(sms_monthly_budget_zl=500))


async def test_a_month_is_counted_by_channel_state_cause_pace_and_cost(desk: Desk) -> None:
    for number in range(4):
        await desk.subscribe(
            subscription(f"r{number}", contact("sms", f"+4850010020{number}"), contact("email", f"r{number}@x.pl"))
        )
    now = desk.clock.now()
    fact = announcement(issued_at=now, valid_from=now, valid_until=now + timedelta(hours=5))
    await desk.issue(fact)
    texts, _ = await desk.queue.claim(Channel.SMS, 10, "smpp")
    desk.clock.advance(2)
    await desk.queue.note([Done(job, Accepted("x", parts=2)) for job in texts[:3]])
    desk.clock.advance(8)
    await desk.queue.note([Done(texts[3], Refused("bad_number", "", "hard_bounce"))])
    month = await statement("2026-11", _resources(desk))
    assert (month.announcements, month.versions, month.drills, month.sms_budget_zl) == (1, 1, 0, 500)
    by_channel = {one.channel: one for one in month.channels}
    assert by_channel["email"].by_state == {"queued": 4}
    assert by_channel["email"].pace == Pace(p50_s=None, p95_s=None, p99_s=None)
    assert by_channel["sms"].by_state == {"sent": 3, "failed": 1}
    assert by_channel["sms"].failures == {"bad_number": 1}
    assert by_channel["sms"].pace == Pace(p50_s=2, p95_s=None, p99_s=None)
    assert [(bill.provider, bill.parts, bill.messages, bill.cost_zl) for bill in month.sms] == [("smpp", 6, 3, 0.54)]
    empty = await statement("2026-10", _resources(desk))
    assert (empty.versions, empty.channels, empty.sms_cost_zl) == (0, [], 0)


def test_months_follow_the_towns_clock() -> None:
    first, span = span_of("2026-12")
    assert first.isoformat() == "2026-12-01"
    assert span["since"].astimezone(UTC) == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert span["until"].astimezone(UTC) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    for wrong in ("2026-13", "2026-1", "listopad", "1999-01"):
        with pytest.raises(AppError):
            span_of(wrong)


def test_what_is_not_reached_has_no_time() -> None:
    assert pace([1, float("inf"), float("inf")]) == Pace(p50_s=1, p95_s=None, p99_s=None)
