"""Which provider takes the next messages, how fast, and when another one steps in. Pure: a clock that is set by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_notifier.sending.providers import Pace, Provider, Providers
from hejnal_runtime.clock import ManualClock

AWAY = Postponed("unreachable")


@dataclass
class Silent:
    """An adapter that is never called here."""

    name: str
    repeat_is_harmless: bool = True
    channel = Channel.SMS
    timeout_s = 5.0

    async def send(self, job: Job) -> Outcome:
        raise AssertionError(job)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))


def two(clock: ManualClock) -> tuple[Providers, Provider, Provider]:
    first, second = Provider(Silent("first"), clock), Provider(Silent("second"), clock)
    return Providers([first, second]), first, second


def test_the_first_choice_takes_everything_while_it_works(clock: ManualClock) -> None:
    providers, first, second = two(clock)
    for _ in range(50):
        first.report(Accepted())
        first.report(Refused("bad_number"))  # the message's fault, not the provider's
    assert providers.choose() == (first, [second])
    assert first.most_at_once is None


def test_five_failures_in_a_row_bring_in_the_next_and_one_message_tries_the_first_again(clock: ManualClock) -> None:
    providers, first, second = two(clock)
    for _ in range(5):
        first.report(AWAY)
    assert providers.choose() == (second, [])
    assert first.rests_s == 30
    clock.advance(30)
    chosen, others = providers.choose()
    assert (chosen, others, chosen.most_at_once) == (first, [second], 1)
    first.report(AWAY)
    assert (providers.choose()[0], first.rests_s) == (second, 60)
    clock.advance(60)
    providers.choose()[0].report(Accepted())
    assert providers.choose()[0] is first
    assert first.most_at_once is None


def test_half_of_the_tries_failing_within_a_minute_is_enough_and_old_failures_are_forgotten(clock: ManualClock) -> None:
    providers, first, second = two(clock)
    for _ in range(4):
        first.report(AWAY)
        first.report(Accepted())
    clock.advance(61)
    for _ in range(6):
        first.report(Accepted())
        first.report(AWAY)
        first.report(Accepted())
    assert providers.choose()[0] is first
    for _ in range(6):
        first.report(AWAY)
        first.report(Accepted())
        first.report(AWAY)
    assert providers.choose()[0] is second


def test_a_provider_that_refuses_the_town_is_left_at_once(clock: ManualClock) -> None:
    providers, first, second = two(clock)
    first.report(Postponed("refuses_us", refuses_us=True))
    assert providers.choose()[0] is second


def test_one_that_stands_alone_is_never_left(clock: ManualClock) -> None:
    alone = Provider(Silent("alone"), clock)
    providers = Providers([alone])
    for _ in range(100):
        alone.report(AWAY)
    assert providers.choose() == (alone, [])
    assert alone.most_at_once is None
    shown = metrics.PROVIDER_UP.labels(alone.adapter.channel, "alone")._value
    assert shown.get() == 0, "whoever watches is told all the same"
    alone.report(Accepted())
    assert shown.get() == 1


def test_with_all_at_rest_the_one_that_may_be_tried_soonest(clock: ManualClock) -> None:
    providers, first, second = two(clock)
    for _ in range(5):
        second.report(AWAY)
    clock.advance(10)
    for _ in range(5):
        first.report(AWAY)
    assert providers.choose()[0] is second


def test_the_pace_is_kept_and_grows_after_the_start(clock: ManualClock) -> None:
    paced = Provider(Silent("paced"), clock, Pace(per_s=10))
    assert [round(paced.take_turn(), 3) for _ in range(4)] == [0, 0.1, 0.2, 0.3]
    clock.advance(10)
    assert paced.take_turn() == 0
    warming = Provider(Silent("warming"), clock, Pace(per_s=10, warm_up_s=100))
    assert warming.rate() == pytest.approx(1)
    clock.advance(50)
    assert warming.rate() == pytest.approx(5.5)
    clock.advance(100)
    assert warming.rate() == pytest.approx(10)


def test_names_tell_providers_apart(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="same name"):
        Providers([Provider(Silent("a"), clock), Provider(Silent("a"), clock)])
    with pytest.raises(ValueError, match="at least one"):
        Providers([])
    providers = Providers([Provider(Silent("a"), clock), Provider(Silent("b", repeat_is_harmless=False), clock)])
    assert providers.harmless == ["a"]


def test_a_provider_that_takes_a_message_after_an_outage_has_come_back(clock: ManualClock) -> None:
    """Also one that is alone and so is never left alone."""
    alone = Provider(Silent("alone"), clock)
    Providers([alone])
    for _ in range(4):
        alone.report(AWAY)
    alone.report(Accepted())
    assert not alone.came_back, "four failures are no outage"
    for _ in range(5):
        alone.report(AWAY)
    assert not alone.came_back
    alone.report(Refused("bad_number"))
    assert alone.came_back
