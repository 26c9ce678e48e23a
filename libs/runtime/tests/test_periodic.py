"""The loop around work that is done again and again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.periodic import PeriodicLoop


class Pauses:
    """asyncio.sleep that notes and does not wait; ends the loop after `most` pauses."""

    def __init__(self, monkeypatch, most):
        self.seen, self._most, self._sleep = [], most, asyncio.sleep
        monkeypatch.setattr("hejnal_runtime.periodic.asyncio.sleep", self)
        monkeypatch.setattr("hejnal_runtime.periodic.random.uniform", lambda low, high: (low + high) / 2)

    async def __call__(self, seconds):
        self.seen.append(seconds)
        if len(self.seen) == self._most:
            raise asyncio.CancelledError
        await self._sleep(0)


def answers(*given):
    left = list(given)

    async def work():
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return work


async def run(loop):
    with pytest.raises(asyncio.CancelledError):
        await loop.run()


async def test_more_work_is_done_at_once_and_a_count_is_no_more(monkeypatch):
    pauses = Pauses(monkeypatch, 2)
    await run(PeriodicLoop("interrupted", answers(True, True, None, 7), every_s=5))
    assert pauses.seen == [5, 5]


async def test_failures_that_may_pass_lengthen_the_pause_up_to_the_longest(monkeypatch):
    pauses = Pauses(monkeypatch, 5)
    away = AppError(Kind.UNAVAILABLE, "away", "The database is away.")
    with capture_logs() as logged:
        await run(PeriodicLoop("interrupted", answers(away, OSError("x"), away, None, away), every_s=2, longest_s=10))
    assert pauses.seen == [4, 8, 10, 2, 4]
    assert [(one["event"], one["error"], one["failures"]) for one in logged] == [
        ("interrupted", "AppError", 1),
        ("interrupted", "OSError", 2),
        ("interrupted", "AppError", 3),
        ("interrupted", "AppError", 1),
    ]


async def test_without_a_longest_pause_all_are_alike(monkeypatch):
    pauses = Pauses(monkeypatch, 3)
    await run(PeriodicLoop("interrupted", answers(OSError(), OSError(), False), every_s=2))
    assert pauses.seen == [2, 2, 2]


async def test_what_will_not_pass_ends_it(monkeypatch):
    pauses = Pauses(monkeypatch, 9)
    with pytest.raises(LookupError):
        await PeriodicLoop("interrupted", answers(LookupError()), every_s=2).run()
    assert pauses.seen == []
    await run_until_value_error(pauses)


async def run_until_value_error(pauses):
    with pytest.raises(ValueError, match="broken"):
        await PeriodicLoop(
            "interrupted", answers(LookupError(), ValueError("broken")), every_s=2, passing=(LookupError,), begin_with_pause=True
        ).run()
    assert pauses.seen == [2, 2]
