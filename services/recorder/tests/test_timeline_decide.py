"""The timeline's rules: named cases, and properties over arbitrary histories."""

from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_histories import Index, at, fragment, run_ended, run_started, told_histories

from hejnal_contracts.media import FragmentWritten, GapCause
from hejnal_recorder.timeline.decide import StoryFact
from hejnal_recorder.timeline.story import GapEnded, GapStarted, Outcome


def told(*facts: StoryFact) -> Index:
    index = Index()
    for fact in facts:
        index.tell(fact)
    index.tiles()
    return index


def test_a_run_with_two_segments_is_one_stretch_of_footage() -> None:
    index = told(
        run_started("r", 0),
        fragment("r", 0, 0, 2, segment="s0"),
        fragment("r", 1, 2, 4, segment="s0", last=True),
        fragment("r", 2, 4, 6, segment="s1"),
    )
    assert index.tiles() == [(at(0), at(4), "footage"), (at(4), at(6), "footage")]
    assert [done.segment_id for done in index.completed] == ["s0"]
    assert index.completed[0].fragments == 2


def test_the_end_of_a_run_opens_a_gap_with_its_cause_and_the_next_run_closes_it() -> None:
    index = told(
        run_started("r", 0),
        fragment("r", 0, 0, 2, segment="s0"),
        run_ended("r", 9, cause=GapCause.STALLED),
        run_started("q", 20),
        fragment("q", 0, 20, 22, segment="s1"),
    )
    assert index.tiles() == [(at(0), at(2), "footage"), (at(2), at(20), "stalled"), (at(20), at(22), "footage")]
    assert [done.segment_id for done in index.completed] == ["s0"]


def test_a_lost_end_becomes_ingest_lost_or_failover() -> None:
    for ingest, cause in (("ingest-a", "ingest_lost"), ("ingest-b", "ingest_failover")):
        index = told(
            run_started("r", 0),
            fragment("r", 0, 0, 2, segment="s0"),
            run_started("q", 7, epoch=2, ingest=ingest),
            fragment("q", 0, 7, 9, segment="s1", epoch=2),
        )
        assert index.tiles()[1] == (at(2), at(7), cause)


def test_a_lower_epoch_loses() -> None:
    index = told(run_started("r", 0), fragment("r", 0, 0, 2, segment="s0"), run_started("q", 5, epoch=2, ingest="ingest-b"))
    assert index.tell(fragment("r", 1, 2, 4, segment="s0")) is Outcome.STALE
    assert index.tell(run_ended("r", 4)) is Outcome.STALE
    assert index.tell(fragment("q", 0, 5, 7, segment="s1", epoch=2)) is Outcome.APPLIED
    index.tiles()


def test_an_unannounced_fragment_is_a_gap_and_the_file_goes_on_in_another_row() -> None:
    index = told(
        run_started("r", 0),
        fragment("r", 0, 0, 2, segment="s0"),
        fragment("r", 2, 4, 6, segment="s0", last=True),
    )
    assert index.tiles() == [(at(0), at(2), "footage"), (at(2), at(4), "ingest_lost"), (at(4), at(6), "footage")]
    assert set(index.rows) == {("s0", 0), ("s0", 1)}
    assert [(done.fragments, done.starts_at, done.ends_at) for done in index.completed] == [(2, at(0), at(6))]


def test_a_fragment_whose_file_is_gone_is_a_gap() -> None:
    index = told(run_started("r", 0), fragment("r", 0, 0, 2, segment="s0"))
    index.tell(fragment("r", 1, 2, 4, segment="s0", last=True), stored=False)
    assert index.tiles() == [(at(0), at(2), "footage"), (at(2), at(4), "ingest_lost")]
    index.tell(fragment("r", 2, 4, 6, segment="s1"))
    assert index.tiles()[1:] == [(at(2), at(4), "ingest_lost"), (at(4), at(6), "footage")]
    assert index.completed[0].ends_at == at(2)


def test_a_clock_that_steps_back_overlaps_nothing_and_keeps_the_bytes() -> None:
    index = told(
        run_started("r", 0),
        fragment("r", 0, 0, 10, segment="s0"),
        run_ended("r", 10, cause=GapCause.CLOCK_STEP),
        run_started("q", 4),
        fragment("q", 0, 4, 8, segment="s1"),
        fragment("q", 1, 8, 12, segment="s1"),
    )
    assert index.tiles() == [(at(0), at(10), "footage"), (at(10), at(12), "footage")]
    assert index.rows["s1", 0].fragments == [0, 1]
    opened = {effect.gap_id for effect in index.effects if isinstance(effect, GapStarted)}
    closed = {effect.gap_id for effect in index.effects if isinstance(effect, GapEnded)}
    assert opened == closed


def test_rounding_between_fragments_is_no_gap() -> None:
    index = told(run_started("r", 0), fragment("r", 0, 0, 2, segment="s0"), fragment("r", 1, 2.01, 4, segment="s0"))
    assert index.tiles() == [(at(0), at(4), "footage")]


@settings(max_examples=400, deadline=None)
@given(told_histories(), st.data())
def test_any_history_tiles_and_any_replay_changes_nothing(facts: list[StoryFact], data: st.DataObject) -> None:
    index = Index()
    lost: set[tuple[str, int]] = set()
    for number, fact in enumerate(facts):
        stored = data.draw(st.integers(0, 19)) > 0
        if index.tell(fact, stored=stored) is Outcome.APPLIED and isinstance(fact, FragmentWritten) and not stored:
            lost.add((fact.run_id, fact.sequence))
        index.tiles()
        if data.draw(st.integers(0, 3)) == 0:  # a restart repeats what was not committed yet
            before, effects = index.story, len(index.effects)
            for repeated in facts[data.draw(st.integers(0, number)) : number + 1]:
                index.tell(repeated)
            assert index.story == before
            assert len(index.effects) == effects
    assert not lost & index.stored


@settings(max_examples=200, deadline=None)
@given(told_histories())
def test_no_fragment_of_the_newest_lease_is_lost(facts: list[StoryFact]) -> None:
    """In a history without rivals every announced fragment of a run that has not ended is in exactly one row."""
    highest = 0
    expected: set[tuple[str, int]] = set()
    index = Index()
    seen_runs: list[str] = []
    ended: set[str] = set()
    reached: dict[str, int] = {}
    for fact in facts:
        index.tell(fact)
        if fact.epoch < highest:
            continue
        highest = fact.epoch
        if fact.run_id in seen_runs and seen_runs[-1] != fact.run_id:
            continue
        if fact.run_id not in seen_runs:
            seen_runs.append(fact.run_id)
        if isinstance(fact, FragmentWritten) and fact.run_id not in ended and fact.sequence >= reached.get(fact.run_id, 0):
            expected.add((fact.run_id, fact.sequence))
            reached[fact.run_id] = fact.sequence + 1
        if fact.TYPE.startswith("run.ended"):
            ended.add(fact.run_id)
    assert index.stored == expected
