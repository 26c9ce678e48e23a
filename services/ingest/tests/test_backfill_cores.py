"""Gaps, placing, the link's budget and the replay extension. Pure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.backfill.gaps import CameraLedger, Elsewhere, microseconds
from hejnal_ingest.backfill.link_budget import LinkBudget
from hejnal_ingest.backfill.placing import GapPlacer, Interval
from hejnal_ingest.backfill.replay_extension import read_replay_extension
from hejnal_media.access_unit import AccessUnit
from hejnal_media.simulator.onvif.card import CardFrame
from hejnal_media.simulator.onvif.replay import with_replay_extension
from hejnal_media.simulator.packets import PacketizedPicture

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
T0_US = microseconds(T0)
STEP_US = 40_000
GOP = 25


def unit(number: int) -> AccessUnit:
    return AccessUnit(0, 0, number % GOP == 0, [number.to_bytes(4, "big")], 4)


def numbers(units: list[AccessUnit]) -> list[int]:
    return [int.from_bytes(one.payload, "big") for one in units]


@given(
    first=st.integers(1, 100),
    lasts=st.integers(3, 200),
    phase_us=st.integers(-15_000, 15_000),
    jitter_us=st.lists(st.integers(-4_000, 4_000), min_size=1, max_size=20),
    lead=st.integers(0, 60),
)
def test_a_gap_is_filled_with_its_own_frames_and_nothing_leaves_it(
    first: int, lasts: int, phase_us: int, jitter_us: list[int], lead: int
) -> None:
    """Frames `first` to `first + lasts - 1` are missing; the card begins earlier and goes on behind."""
    interval = Interval(T0_US + first * STEP_US + phase_us, T0_US + (first + lasts) * STEP_US + phase_us)
    placer, placed, complete = GapPlacer(interval), [], False
    key = max(0, (first - lead) // GOP * GOP)
    for number in range(key, first + lasts + 40):
        at_us = T0_US + number * STEP_US + jitter_us[number % len(jitter_us)]
        result = placer.add(unit(number), at_us)
        placed += list(result.units)
        assert not result.new_run
        if result.complete:
            complete = True
            break
    assert complete
    shown = numbers(placed)
    hidden = [number for number in shown if number < first]
    assert [number for number in shown if number >= first] == list(range(first, first + lasts))
    assert hidden == list(range(first // GOP * GOP, first))
    assert placed[0].key_frame
    ticks = [one.ticks for one in placed]
    assert ticks == sorted(set(ticks))
    assert ticks[0] >= 0
    assert ticks[-1] < interval.ticks(interval.until_us)
    assert ticks[: len(hidden)] == list(range(len(hidden)))
    assert all(interval.from_us <= one.received_at_us < interval.until_us for one in placed)


def test_a_hole_on_the_card_begins_a_new_run_with_a_key_frame() -> None:
    interval = Interval(T0_US, T0_US + 200 * STEP_US)
    placer, runs = GapPlacer(interval), [[]]
    for number in [*range(40), *range(60, 120)]:
        result = placer.add(unit(number), T0_US + number * STEP_US)
        if result.new_run:
            runs.append([])
        runs[-1] += numbers(list(result.units))
    assert runs == [list(range(40)), list(range(75, 120))]


def test_lost_packets_begin_a_new_run_too() -> None:
    placer = GapPlacer(Interval(T0_US, T0_US + 200 * STEP_US))
    assert placer.add(unit(0), T0_US).units
    placer.broken()
    assert not placer.add(unit(2), T0_US + 2 * STEP_US).units
    result = placer.add(unit(GOP), T0_US + GOP * STEP_US)
    assert result.new_run
    assert result.units


def started(run: str, at_s: float) -> RunStarted:
    return RunStarted(
        camera_id="c",
        run_id=run,
        epoch=1,
        ingest_id="i",
        stream="main",
        spool_url="http://x",
        codec="avc1.64001f",
        width=1,
        height=1,
        timescale=90_000,
        started_at=T0 + timedelta(seconds=at_s),
    )


def fragment(run: str, from_s: float, until_s: float, offset_s: float | None) -> FragmentWritten:
    return FragmentWritten(
        camera_id="c",
        run_id=run,
        epoch=1,
        sequence=0,
        segment_id="s",
        segment_path="c/r/s.mp4",
        init_size_bytes=1,
        offset_bytes=1,
        size_bytes=1,
        sha256="0" * 64,
        init_sha256="0" * 64,
        starts_at=T0 + timedelta(seconds=from_s),
        ends_at=T0 + timedelta(seconds=until_s),
        media_time=0,
        duration_ticks=round((until_s - from_s) * 90_000),
        frames=1,
        camera_time=T0 + timedelta(seconds=from_s + offset_s) if offset_s is not None else None,
    )


def ended(run: str, at_s: float, cause: GapCause = GapCause.LINK_DOWN) -> RunEnded:
    return RunEnded(camera_id="c", run_id=run, epoch=1, cause=cause, fragments=1, ended_at=T0 + timedelta(seconds=at_s))


def ledger_of(*facts: Fact) -> CameraLedger:
    ledger, live = CameraLedger(), ""
    for number, fact in enumerate(facts):
        live = fact.run_id if isinstance(fact, RunStarted) else live
        ledger.take(fact, new_id=lambda: f"gap-{number}", min_gap_us=1_000_000, live_run=live)  # noqa: B023
    return CameraLedger.model_validate_json(ledger.model_dump_json())


def test_a_gap_lies_between_two_runs_and_knows_the_camera_clock_at_both_ends() -> None:
    ledger = ledger_of(
        started("a", 0), fragment("a", 0, 2, 3600.0), ended("a", 2), started("b", 10), fragment("b", 10, 12, 3600.5)
    )
    (gap,) = ledger.gaps
    assert (gap.from_us, gap.until_us) == (T0_US + 2_000_000, T0_US + 10_000_000)
    assert gap.offset_us(gap.from_us) == 3_600_000_000
    assert gap.offset_us(T0_US + 6_000_000) == 3_600_250_000
    assert gap.offset_us(gap.until_us) == 3_600_500_000
    assert not gap.clock_changed
    assert ledger.filled(T0_US + 5_000_000)
    assert not ledger.filled(T0_US + 4_000_000)
    assert gap.filled_until_us == T0_US + 5_000_000
    (set_meanwhile,) = ledger_of(
        started("a", 0), fragment("a", 0, 2, 3600.0), ended("a", 2), started("b", 10), fragment("b", 10, 12, 0.2)
    ).gaps
    assert set_meanwhile.clock_changed


def test_what_nobody_misses_is_no_gap() -> None:
    assert not ledger_of(started("a", 0), ended("a", 2, GapCause.OPERATOR_OFF), started("b", 10)).gaps
    assert not ledger_of(started("a", 0), ended("a", 2, GapCause.LINK_THIN), started("b", 2.4)).gaps
    assert not ledger_of(started("a", 0), started("b", 10)).gaps
    assert len(ledger_of(ended("a", 2), started("b", 10), ended("b", 11), started("c", 20)).gaps) == 2
    # a story that is told again after a crash
    assert len(ledger_of(started("a", 0), ended("a", 2), started("a", 0), ended("a", 2), started("b", 9)).gaps) == 1


def test_what_another_ingest_has_recorded_is_no_gap() -> None:
    for since_s, until_s, expected in ((1, 59, None), (20, 59, (2, 20)), (-50, -20, (2, 60)), (2.5, 30, None)):
        ledger = CameraLedger(ended_us=T0_US + 2_000_000, ended_by=GapCause.INGEST_LOST)
        elsewhere = Elsewhere(T0_US + int(since_s * 1e6), T0_US + int(until_s * 1e6))
        ledger.take(started("b", 60), new_id=lambda: "g", min_gap_us=1_000_000, live_run=None, elsewhere=elsewhere)
        found = [((gap.from_us - T0_US) / 1e6, (gap.until_us - T0_US) / 1e6) for gap in ledger.gaps]
        assert found == ([expected] if expected else [])


def test_the_budget_lets_no_more_through_than_its_rate() -> None:
    budget, now_s, sent = LinkBudget(800_000, 0.0), 0.0, 0
    while now_s < 20:
        sent += 1400
        now_s += budget.spend(1400, now_s) + 0.0001
    assert 1_900_000 <= sent <= 2_050_000


@given(st.binary(max_size=80))
def test_any_packet_can_be_looked_at(packet: bytes) -> None:
    read_replay_extension(memoryview(packet))


@given(st.integers(0, 4_000_000_000_000_000), st.booleans(), st.booleans(), st.booleans())
def test_the_extension_says_what_the_card_says(taken_us: int, starts: bool, ends: bool, key: bool) -> None:
    frames = b"$\0" + (16).to_bytes(2, "big") + b"\x80\xe0" + bytes(10) + b"\x65abc"
    picture = PacketizedPicture(frames, (0,), 0, key, 4)
    packet = with_replay_extension(frames, picture, CardFrame(1, taken_us, starts, ends), 7)
    assert int.from_bytes(packet[2:4], "big") == len(packet) - 4
    stamp = read_replay_extension(memoryview(packet)[4:])
    assert stamp
    assert abs(stamp.taken_at_us - taken_us) <= 1
    assert (stamp.clean_point, stamp.section_ends, stamp.discontinuity) == (key, ends, starts)
