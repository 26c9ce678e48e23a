"""Footage from cameras' own memories: it fills gaps and nothing else, in any order, repeated, after restarts."""

import itertools
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_footage import Clip, SpoolRun
from recorder_histories import Gap as GapRow
from recorder_histories import Index, Row, at, fragment, run_ended, run_started, told_histories
from recorder_room import START, Door, Room
from test_days import assert_sums_are_true
from test_retention_and_check import retention

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_recorder.retention.deletion import Candidates, condemn
from hejnal_recorder.timeline.decide import StoryFact
from hejnal_recorder.timeline.fill import NEVER_FILLED, FilledRow, Filling, Gap
from hejnal_recorder.timeline.story import OpenGap


class FilledIndex(Index):
    """The literal index, which back-filled fragments come into as well."""

    def __init__(self) -> None:
        super().__init__()
        self.new_ids = (f"cut-{number}" for number in itertools.count())

    def fill(self, fact: FragmentWritten) -> bool:
        """As the database does it: cut the gaps, add the row, tell the story if the gap that lasts begins later."""
        assert self.story is not None
        gaps = [Gap(gap_id, gap.cause, "", gap.starts_at, gap.ends_at) for gap_id, gap in self.gaps.items()]
        rows = [
            FilledRow(segment_id, part, row.starts_at, row.ends_at, is_new=False)
            for (segment_id, part), row in self.rows.items()
            if segment_id == fact.segment_id
        ]
        filling = Filling(gaps, rows, lambda: next(self.new_ids))
        row = filling.add(fact)
        if row is None:
            assert {gap.gap_id: gap for gap in gaps} == filling.gaps
            return False
        self.gaps = {gap.gap_id: GapRow(gap.cause, gap.starts_at, gap.ends_at) for gap in filling.gaps.values()}
        self.rows[row.segment_id, row.part] = Row(row.starts_at, row.ends_at, open=False)
        lasting = next((gap for gap in filling.gaps.values() if gap.ends_at is None), None)
        if lasting is not None:
            gap = OpenGap(lasting.gap_id, lasting.cause, lasting.starts_at)
            self.story = replace(self.story, gap=gap, until=lasting.starts_at)
        self.story = replace(self.story, last_gap=None)
        return True


def covered(index: Index, kinds: set[str]) -> list[tuple[float, float]]:
    return [(a.timestamp(), b.timestamp()) for a, b, kind in index.tiles() if kind in kinds]


@settings(max_examples=300, deadline=None)
@given(told_histories(), st.data())
def test_whatever_comes_when_footage_and_gaps_tile(facts: list[StoryFact], data: st.DataObject) -> None:
    index = FilledIndex()
    never = {cause.value for cause in NEVER_FILLED}
    lengths = st.sampled_from([0.0, 0.5, 2.0, 10.0, 400.0])
    for number, fact in enumerate(facts):
        index.tell(fact)
        for _ in range(data.draw(st.integers(0, 3))):
            starts = data.draw(st.integers(-100, 90_000)) / 10
            piece = fragment("fill", 0, starts, starts + data.draw(lengths), segment=f"f{number % 3}")
            before, kept = covered(index, {"footage"}), covered(index, never)
            causes = {kind for _, _, kind in index.tiles()} - {"footage"}
            filled = index.fill(piece)
            spans = index.tiles()
            assert covered(index, never) == kept
            assert {kind for _, _, kind in spans} - {"footage"} <= causes
            assert index.fill(piece) is False  # a second time there is no gap any more
            grown = sum(b - a for a, b in covered(index, {"footage"})) - sum(b - a for a, b in before)
            assert grown == pytest.approx((piece.ends_at - piece.starts_at).total_seconds() if filled else 0, abs=0.051)


def test_a_filled_gap_is_cut_and_its_rest_keeps_its_cause() -> None:
    index = FilledIndex()
    for fact in (
        run_started("r", 0), fragment("r", 0, 0, 2, segment="s0"), run_ended("r", 3, cause=GapCause.STALLED),
        run_started("q", 20), fragment("q", 0, 20, 22, segment="s1"),
    ):  # fmt: skip
        index.tell(fact)
    assert not index.fill(fragment("b", 0, 1, 5, segment="b0"))  # touches footage
    assert index.fill(fragment("b", 1, 6, 8, segment="b0"))
    assert index.fill(fragment("b", 2, 8.02, 10, segment="b0"))
    assert index.fill(fragment("b", 3, 15, 20, segment="b0"))
    assert not index.fill(fragment("b", 4, 18, 21, segment="b0"))
    footage, stalled = "footage", "stalled"
    assert index.tiles() == [
        (at(0), at(2), footage), (at(2), at(6), stalled), (at(6), at(10), footage), (at(10), at(15), stalled),
        (at(15), at(20), footage), (at(20), at(22), footage),
    ]  # fmt: skip
    assert {key for key in index.rows if key[0] == "b0"} == {("b0", 0), ("b0", 1)}


class Memory(SpoolRun):
    """What a camera kept by itself, fetched later."""

    def started(self) -> RunStarted:
        return super().started().model_copy(update={"backfilled": True})

    def ended(self, cause: GapCause = GapCause.BACKFILLED, after_s: float = 0) -> RunEnded:
        return super().ended(cause, after_s)


def second(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
async def broken(room: Room, clip: Clip) -> SpoolRun:
    """Footage of 10 s, 20 s without (link down), a run that goes on."""
    first = SpoolRun(room.spool, clip, START)
    await room.takeover.take([first.started(), *first.fragments(10), first.ended()])
    run = SpoolRun(room.spool, clip, START + second(30), run="run-2", epoch=2)
    await room.takeover.take([run.started(), *run.fragments(5)])
    return run


async def tiles(room: Room) -> list[tuple[float, float | None, str]]:
    rows = await room.rows(
        "select starts_at, ends_at, 'footage' as kind from segments where state <> 'garbage' "
        "union all select starts_at, ends_at, cause from gaps order by 1"
    )
    spans: list[tuple[float, float | None, str]] = []
    for row in rows:
        start, end = (row.starts_at - START).total_seconds(), row.ends_at and (row.ends_at - START).total_seconds()
        if spans and spans[-1][2] == row.kind and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end, row.kind)
        else:
            spans.append((start, end, row.kind))
    return spans


async def test_a_gap_is_filled_and_told(room: Room, door: Door, clip: Clip, broken: SpoolRun) -> None:
    memory = Memory(room.spool, clip, START + second(7.5), run="mem-1", epoch=0)
    facts = [memory.started(), *memory.fragments(25), memory.ended()]
    await room.takeover.take(facts)
    assert await tiles(room) == [(0, 10, "footage"), (10, 10.5, "link_down"), (10.5, 29.5, "footage"), (29.5, 30, "link_down"),
                                 (30, 35, "footage")]  # fmt: skip
    assert await room.check() == []
    await assert_sums_are_true(room)
    before = await room.dump()
    for start in (0, 5, 26):
        await room.another_takeover().take(facts[start:])
        await room.takeover.take(facts[start:])
    assert await room.dump() == before
    await room.takeover.take(broken.fragments(3))  # the live run goes on
    assert (await tiles(room))[-1] == (30, 38, "footage")
    assert await room.check() == []
    gaps: dict[str, tuple[float, float]] = {}
    for kind, fact in await room.facts():  # a listener that keeps the last word on each gap
        if kind == "gap.closed.v1":
            start, end = (datetime.fromisoformat(fact[name]) for name in ("starts_at", "ends_at"))
            gaps[fact["gap_id"]] = ((start - START).total_seconds(), (end - START).total_seconds())
    assert sorted(span for span in gaps.values() if span[1] > span[0]) == [(10, 10.5), (29.5, 30)]
    stored = [fact["segment_id"] for kind, fact in await room.facts() if kind == "segment.stored.v1"]
    assert sorted(name for name in stored if name.startswith("mem")) == [f"mem-1-s{number}" for number in range(5)]
    query = {"from": START.isoformat(), "to": (START + second(35)).isoformat()}
    playlist = (await door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=query)).text
    assert playlist.count("#EXTINF") == 10 + 19 + 5
    assert playlist.count("org.hejnal.gap") == 2


async def test_the_gap_that_lasts_is_filled_and_the_story_knows(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5), run.ended(GapCause.LINK_DOWN)])
    memory = Memory(room.spool, clip, START + second(5), run="mem-1", epoch=0)
    await room.takeover.take([memory.started(), *memory.fragments(3)])
    assert await tiles(room) == [(0, 8, "footage"), (8, None, "link_down")]
    assert await room.check() == []
    again = SpoolRun(room.spool, clip, START + second(20), run="run-2", epoch=2)
    await room.takeover.take([again.started(), *again.fragments(5)])
    late = memory.fragments(15)
    await room.takeover.take([*late, memory.ended(), *again.fragments(2), again.ended()])
    assert await tiles(room) == [(0, 27, "footage"), (27, None, "link_down")]
    assert await room.check() == []
    await assert_sums_are_true(room)


async def test_what_was_deleted_or_switched_off_does_not_come_back(room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(15), run.ended(GapCause.OPERATOR_OFF)])
    async with room.database.transaction() as session:
        await condemn(session, Candidates("cam-001", ("run-1-s1",), START + second(5), START + second(5)), "privacy")
    await retention(room).round()
    again = SpoolRun(room.spool, clip, START + second(20), run="run-2", epoch=2)
    await room.takeover.take([again.started(), *again.fragments(5)])
    before = await tiles(room)
    memory = Memory(room.spool, clip, START - second(10), run="mem-1", epoch=0)
    await room.takeover.take([memory.started(), *memory.fragments(60), memory.ended()])
    assert await tiles(room) == before
    assert not list((room.archive_dir / "cam-001").rglob("mem*"))


@pytest.mark.parametrize("seed", range(6))
async def test_several_memories_in_any_order_with_restarts(room: Room, clip: Clip, broken: SpoolRun, seed: int) -> None:
    """Facts of two overlapping memories and the live run, cut into batches, repeated, by several recorders at once."""
    chance = random.Random(seed)
    stories: list[list[StoryFact]] = []
    for number, offset in enumerate((4.0, 16.5)):
        memory = Memory(room.spool, clip, START + second(offset), run=f"mem-{number}", epoch=0)
        stories.append([memory.started(), *memory.fragments(14), memory.ended()])
    stories.append([*broken.fragments(6), broken.ended()])
    told: list[StoryFact] = []
    while any(stories):
        story = chance.choice([story for story in stories if story])
        told.append(story.pop(0))
    position = 0
    takeovers = [room.takeover, room.another_takeover()]
    while position < len(told):
        size = chance.randint(1, 8)
        start = max(0, position - chance.randint(0, 6))
        await chance.choice(takeovers).take(told[start : position + size])
        if chance.random() < 0.3:
            takeovers[1] = room.another_takeover()
        position += size
        assert await room.check(hashes=False) == []
    spans = await tiles(room)
    assert sum(end - start for start, end, kind in spans if kind == "footage" and end is not None) >= 10 + 11 + 18
    assert await room.check() == []
    await assert_sums_are_true(room)
