"""Histories of a camera as ingest may tell them, and what the index must then look like."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_recorder.timeline.decide import GONE, StoryFact, decide
from hejnal_recorder.timeline.story import (
    Effect,
    FragmentAdded,
    GapEnded,
    GapStarted,
    Outcome,
    PartClosed,
    PartOpened,
    RunOpened,
    SegmentCompleted,
    Story,
)

START = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
CAMERA = "cam-001"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run_started(run: str, seconds: float, *, epoch: int = 1, ingest: str = "ingest-a") -> RunStarted:
    return RunStarted(
        camera_id=CAMERA, run_id=run, epoch=epoch, ingest_id=ingest, stream="main", spool_url="http://127.0.0.1:1/spool",
        codec="avc1.64001f", width=1920, height=1080, timescale=90_000, started_at=at(seconds),
    )  # fmt: skip


def fragment(
    run: str,
    sequence: int,
    starts: float,
    ends: float,
    *,
    segment: str,
    last: bool = False,
    epoch: int = 1,
    offset: int | None = None,
) -> FragmentWritten:
    return FragmentWritten(
        camera_id=CAMERA, run_id=run, epoch=epoch, sequence=sequence, segment_id=segment,
        segment_path=f"{CAMERA}/{run}/{segment}.mp4", init_size_bytes=700,
        offset_bytes=700 + 1000 * sequence if offset is None else offset, size_bytes=1000,
        sha256="ab" * 32, init_sha256="cd" * 32, starts_at=at(starts), ends_at=at(ends),
        media_time=int(starts * 90_000) if starts > 0 else 0, duration_ticks=max(1, int((ends - starts) * 90_000)), frames=50,
        segment_ends=last,
    )  # fmt: skip


def run_ended(run: str, seconds: float, *, cause: GapCause = GapCause.LINK_DOWN, epoch: int = 1, fragments: int = 0) -> RunEnded:
    return RunEnded(camera_id=CAMERA, run_id=run, epoch=epoch, cause=cause, fragments=fragments, ended_at=at(seconds))


@dataclass
class Row:
    starts_at: datetime
    ends_at: datetime
    open: bool = True
    fragments: list[int] = field(default_factory=list)


@dataclass
class Gap:
    cause: GapCause
    starts_at: datetime
    ends_at: datetime | None = None


class Index:
    """Applies effects literally, as the database does, and refuses what its constraints refuse."""

    def __init__(self) -> None:
        self.story: Story | None = None
        self.runs: set[str] = set()
        self.rows: dict[tuple[str, int], Row] = {}
        self.gaps: dict[str, Gap] = {}
        self.stored: set[tuple[str, int]] = set()
        self.completed: list[SegmentCompleted] = []
        self.effects: list[Effect] = []
        self._ids = (f"gap-{number}" for number in itertools.count())

    def tell(self, fact: StoryFact, *, stored: bool = True) -> Outcome:
        decision = decide(
            self.story, fact, run_known=fact.run_id in self.runs, why_not=None if stored else GONE, new_id=lambda: next(self._ids)
        )
        self.story = decision.story
        for effect in decision.effects:
            self._apply(effect, fact)
        self.effects += decision.effects
        return decision.outcome

    def _apply(self, effect: Effect, fact: StoryFact) -> None:
        if isinstance(effect, RunOpened):
            assert effect.run_id not in self.runs
            self.runs.add(effect.run_id)
        elif isinstance(effect, PartOpened):
            assert (effect.segment_id, effect.part) not in self.rows
            assert not any(row.open for row in self.rows.values())
            self.rows[effect.segment_id, effect.part] = Row(effect.starts_at, effect.starts_at)
        elif isinstance(effect, FragmentAdded):
            row = self.rows[effect.segment_id, effect.part]
            assert row.open
            assert effect.fragment.starts_at == row.ends_at
            row.ends_at = effect.fragment.ends_at
            row.fragments.append(effect.fragment.sequence)
            assert (fact.run_id, effect.fragment.sequence) not in self.stored
            self.stored.add((fact.run_id, effect.fragment.sequence))
        elif isinstance(effect, PartClosed):
            assert self.rows[effect.segment_id, effect.part].open
            self.rows[effect.segment_id, effect.part].open = False
        elif isinstance(effect, SegmentCompleted):
            self.completed.append(effect)
        elif isinstance(effect, GapStarted):
            assert not any(gap.ends_at is None for gap in self.gaps.values())
            self.gaps[effect.gap_id] = Gap(effect.cause, effect.starts_at)
        elif isinstance(effect, GapEnded):
            if effect.ends_at == effect.starts_at:
                del self.gaps[effect.gap_id]
            else:
                self.gaps[effect.gap_id].ends_at = effect.ends_at

    def tiles(self) -> list[tuple[datetime, datetime, str]]:
        """Footage and gaps in order; asserts that they tile [first_seen, until] and that what is open comes last."""
        assert self.story is not None
        spans = [(row.starts_at, row.ends_at, "footage") for row in self.rows.values() if row.ends_at > row.starts_at]
        spans += [(gap.starts_at, gap.ends_at or self.story.until, gap.cause.value) for gap in self.gaps.values()]
        spans.sort(key=lambda span: (span[0], span[1]))
        reached = self.story.first_seen
        for starts_at, ends_at, _ in spans:
            assert starts_at == reached, "hole or overlap"
            reached = ends_at
        assert reached == self.story.until
        open_gap = [gap for gap in self.gaps.values() if gap.ends_at is None]
        assert bool(open_gap) != self.story.run_open
        if open_gap:
            assert open_gap[0].starts_at == self.story.until
        return spans


@st.composite
def told_histories(draw: st.DrawFn) -> list[StoryFact]:
    """One camera's facts in an order that Kafka may deliver: runs of several ingests, with all that goes wrong."""
    facts: list[StoryFact] = []
    now = 0.0
    epoch = 1
    zombies: list[list[StoryFact]] = []
    for run_number in range(draw(st.integers(1, 6))):
        run = f"run-{run_number}"
        if run_number and draw(st.booleans()):
            epoch += draw(st.integers(0, 2))
        now += draw(st.sampled_from([-40.0, -3.0, 0.0, 0.02, 1.0, 30.0, 4000.0]))  # the clock may step back
        ingest = draw(st.sampled_from(["ingest-a", "ingest-b"]))
        story: list[StoryFact] = []
        if draw(st.integers(0, 9)):
            story.append(run_started(run, now, epoch=epoch, ingest=ingest))
        segment = 0
        in_segment = 0
        count = draw(st.integers(0, 8))
        for sequence in range(count):
            length = draw(st.sampled_from([0.5, 2.0, 2.0, 10.0]))
            jitter = draw(st.sampled_from([0.0, 0.0, 0.0, 0.01, -0.01, 0.4]))
            last = draw(st.booleans())
            if draw(st.integers(0, 9)):  # else its announcement is lost
                story.append(
                    fragment(run, sequence, now + jitter, now + length, segment=f"{run}-s{segment}", last=last, epoch=epoch,
                             offset=700 + 1000 * in_segment)
                )  # fmt: skip
            in_segment += 1
            now += length
            if last:
                segment, in_segment = segment + 1, 0
        if draw(st.booleans()):
            story.append(run_ended(run, now, epoch=epoch, cause=draw(st.sampled_from(list(GapCause))), fragments=count))
        cut = draw(st.integers(0, len(story)))
        if draw(st.booleans()) and cut < len(story):  # a process that lost its lease goes on talking
            zombies.append(story[cut:])
            epoch += 1
            story = story[:cut]
        facts += story
    for late in zombies:
        position = draw(st.integers(0, len(facts)))
        facts[position:position] = late
    return facts
