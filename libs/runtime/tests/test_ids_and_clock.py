"""Ids sort by time; a manual clock moves only when told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from hejnal_runtime.clock import ManualClock, SystemClock
from hejnal_runtime.ids import new_id


def test_ids_are_uuid7_unique_and_carry_their_millisecond():
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    for one in ids:
        value = UUID(one)
        assert value.version == 7
        assert value.variant == "specified in RFC 4122"
        assert before <= datetime.fromtimestamp((value.int >> 80) / 1000, UTC) <= datetime.now(UTC)


def test_a_manual_clock():
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(90)
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001 the point of the test
    assert SystemClock().now().tzinfo is UTC
