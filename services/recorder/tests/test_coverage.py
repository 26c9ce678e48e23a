"""Sums for the time bar: exact, whatever happened to the rows, and completeness per day and month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from test_days import assert_sums_are_true

from hejnal_contracts.media import GapCause
from hejnal_recorder.coverage.buckets import STEPS_S, Buckets, fitting_scale
from hejnal_recorder.timeline.spans import Interval


@given(
    st.integers(0, 10_000_000), st.integers(1, 9_000_000), st.integers(1, 3000),
    st.lists(st.tuples(st.integers(-100_000, 10_000_000), st.integers(0, 500_000)), max_size=5),
)  # fmt: skip
def test_buckets_hold_exactly_what_falls_into_them(
    start_s: int, length_s: int, wanted: int, stretches: list[tuple[int, int]]
) -> None:
    starts_at = NOW + timedelta(seconds=start_s)
    interval = Interval(starts_at, starts_at + timedelta(seconds=length_s))
    scale = fitting_scale(interval, wanted)
    assert scale.step_s in STEPS_S
    assert scale.starts_at <= interval.starts_at < interval.ends_at <= scale.ends_at
    assert (interval.starts_at - scale.starts_at).total_seconds() < scale.step_s
    assert (scale.ends_at - interval.ends_at).total_seconds() < scale.step_s
    assert scale.count <= max(wanted + 1, length_s // STEPS_S[-1] + 2)
    buckets, total_us = Buckets(scale), 0
    for offset_s, duration_s in stretches:
        a, b = NOW + timedelta(seconds=offset_s), NOW + timedelta(seconds=offset_s + duration_s)
        buckets.add_time(a, b, "footage")
        inside = min(b, scale.ends_at) - max(a, scale.starts_at)
        total_us += max(timedelta(0), inside) // timedelta(microseconds=1)
    assert sum(bucket.footage_us for _, bucket in buckets.filled()) == total_us


@pytest.fixture
async def recorded(room: Room, clip: Clip) -> None:
    """12:00:00 to 12:00:12 footage, stalled until 12:00:30, then a run that goes on."""
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=30), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(12), first.ended(GapCause.STALLED, after_s=10)])
    await room.takeover.take([second.started(), *second.fragments(7)])


@pytest.mark.parametrize(("hours", "step_s"), [(0.1, 60), (30, 3600), (24 * 80, 86400)])
async def test_every_zoom_says_the_same(door: Door, room: Room, recorded: None, hours: float, step_s: int) -> None:
    query = {"from": START.isoformat(), "to": (START + timedelta(hours=hours)).isoformat(), "buckets": "100"}
    answer = await door.client.get("/internal/v1/cameras/cam-001/coverage", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["step_s"] == step_s
    [bucket] = body["buckets"]
    assert (bucket["footage_s"], bucket["gap_s"], bucket["events"]) == (19, {"stalled": 18}, {})
    await assert_sums_are_true(room)


async def test_completeness_of_a_month(door: Door, room: Room, clip: Clip, recorded: None) -> None:
    answer = await door.client.get("/internal/v1/cameras/cam-001/completeness", params={"month": "2026-05"})
    share = pytest.approx(19 / 37, abs=1e-6)
    assert answer.json() == {
        "camera_id": "cam-001", "month": "2026-05", "completeness": share,
        "days": [{"day": "2026-05-03", "footage_s": 19, "gap_s": {"stalled": 18}, "completeness": share}],
    }  # fmt: skip
    room.clock.advance(40 * 86400)
    late = SpoolRun(room.spool, clip, datetime(2026, 5, 5, 6, tzinfo=UTC), run="run-3", epoch=3)
    await room.takeover.take([late.started(), late.fragment()])
    body = (await door.client.get("/internal/v1/cameras/cam-001/completeness", params={"month": "2026-05"})).json()
    assert [day["day"] for day in body["days"]] == ["2026-05-03", "2026-05-04", "2026-05-05"]
    assert body["days"][1]["gap_s"] == {"ingest_lost": 86400}
    assert body["days"][1]["completeness"] == 0
    assert sum(sum(day["gap_s"].values()) + day["footage_s"] for day in body["days"]) == 1.75 * 86400 + 1
    await assert_sums_are_true(room)


async def test_what_cannot_be_answered_is_said(door: Door, recorded: None) -> None:
    for path, query, status in (
        ("cam-009/completeness", {"month": "2026-05"}, 404),
        ("cam-001/completeness", {"month": "2026-06"}, 422),
        ("cam-001/completeness", {"month": "May"}, 422),
        ("cam-001/coverage", {"from": START.isoformat(), "to": (START + timedelta(days=500)).isoformat()}, 422),
        ("cam-009/coverage", {"from": START.isoformat(), "to": NOW.isoformat()}, 404),
    ):
        answer = await door.client.get(f"/internal/v1/cameras/{path}", params=query)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/problem+json")
