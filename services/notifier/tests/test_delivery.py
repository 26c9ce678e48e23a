"""The life of a delivery: no order of events loses or doubles a message."""

from hypothesis import given
from hypothesis import strategies as st

from hejnal_notifier.delivery import Event, State, allowed_from, next_state, retry_pause_s, settle, target

RANK = {
    State.QUEUED: 0,
    State.SENDING: 1,
    State.UNKNOWN: 1,
    State.SENT: 2,
    State.FAILED: 3,
    State.EXPIRED: 3,
    State.CANCELLED: 3,
    State.DELIVERED: 4,
}
STATES = st.sampled_from(State)
EVENTS = st.sampled_from(Event)


@given(st.lists(EVENTS, max_size=40))
def test_ended_deliveries_never_start_again(events: list[Event]) -> None:
    state, best = State.QUEUED, 0
    for event in events:
        after = next_state(state, event)
        assert RANK[after] >= best if best >= 2 else True
        state, best = after, max(best, RANK[after])


@given(st.lists(EVENTS, max_size=40))
def test_what_the_device_has_stays_delivered(events: list[Event]) -> None:
    state = State.DELIVERED
    for event in events:
        state = next_state(state, event)
    assert state is State.DELIVERED


@given(STATES, EVENTS)
def test_an_event_twice_is_an_event_once(state: State, event: Event) -> None:
    once = next_state(state, event)
    assert next_state(once, event) is once


@given(st.permutations([Event.ACCEPTED, Event.RECEIPT_DELIVERED, Event.RECEIPT_DELIVERED, Event.RECEIPT_FAILED]))
def test_receipts_in_any_order_end_delivered(events: list[Event]) -> None:
    state = State.SENDING
    for event in events:
        state = next_state(state, event)
    assert state is State.DELIVERED


@given(EVENTS)
def test_the_guard_of_the_database_is_the_machine(event: Event) -> None:
    for state in State:
        moved = next_state(state, event) is not state
        assert moved == (state.value in allowed_from(event))
        if moved:
            assert next_state(state, event) is target(event)


def test_doubt_is_settled_by_policy() -> None:
    assert settle(repeat_is_harmless=True, emergency=False) is Event.REQUEUED
    assert settle(repeat_is_harmless=False, emergency=True) is Event.REQUEUED
    assert settle(repeat_is_harmless=False, emergency=False) is None


@given(st.integers(1, 500), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 5000)))
def test_pauses_grow_to_a_cap_and_respect_the_provider(attempt: int, spread: float, retry_after_s: float | None) -> None:
    pause_s = retry_pause_s(attempt, base_s=2, cap_s=600, retry_after_s=retry_after_s, spread=spread)
    assert pause_s >= (retry_after_s or 0)
    assert pause_s <= max(600, retry_after_s or 0)
    assert pause_s >= min(600, 2.0**attempt) / 2
