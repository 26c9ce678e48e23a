import os
from pathlib import Path
from typing import Any

import pytest
from ingest_footage import START, builder, unit

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest import metrics
from hejnal_ingest.spool.files import SEGMENT_PATH, SegmentFile
from hejnal_ingest.spool.fragments import Fragment
from hejnal_ingest.spool.journal import RunEnding, RunJournal, note_announced, write_journal
from hejnal_ingest.spool.recovery import recover
from hejnal_ingest.spool.ring import SpoolLimits, SpoolPolicy, SpoolRing, SpoolRoom
from hejnal_ingest.spool.taken import FetchedSegments
from hejnal_media.fmp4 import read_fragments


def stored(folder: Path, fragments: list[Fragment]) -> Path:
    path = folder / f"{fragments[0].segment_id}.mp4"
    file = SegmentFile(path, fragments[0].init)
    for fragment in fragments:
        file.append(fragment.head, fragment.pieces)
    file.close()
    return path


def run_of(count: int, segment_s: float = 60) -> list[Fragment]:
    made = builder(segment_s=segment_s)
    units = (unit(3600 * number, key=number % 5 == 0) for number in range(5 * count + 1))
    return [fragment for one in units if (fragment := made.add(one))]


def test_a_segment_without_fragments_leaves_no_file(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path / "a.mp4", b"init")
    file.close()
    assert not list(tmp_path.iterdir())


def test_paths_in_urls() -> None:
    assert SEGMENT_PATH.match("cam-001/0197-ab/0197-cd.mp4")
    for path in (
        "../a/b.mp4",
        "cam-001/../b.mp4",
        "cam-001/a/b.mp4/..",
        "/cam/a/b.mp4",
        "cam-001/a/run.json",
        "cam\n/a/b.mp4",
        "cam/a/b.mp4\n",
    ):
        assert not SEGMENT_PATH.match(path)


def journal(**changes: object) -> RunJournal:
    started = RunStarted(
        camera_id="cam-001",
        run_id="run-1",
        epoch=7,
        ingest_id="a",
        stream="main",
        spool_url="http://x",
        codec="avc1.64001f",
        width=1280,
        height=720,
        timescale=90_000,
        started_at=START,
    )
    return RunJournal(started=started, **changes)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cam-001" / "run-1"
    folder.mkdir(parents=True)
    return folder


def test_recovery_tells_what_was_not_told(tmp_path: Path, folder: Path) -> None:
    fragments = run_of(4)
    path = stored(folder, fragments)
    with path.open("ab") as file:
        file.write(fragments[0].head[:40])
    write_journal(folder, journal())
    note_announced(folder, 2)
    (run,) = recover(tmp_path)
    started, *written, ended = run.facts
    assert isinstance(started, RunStarted)
    assert [fact.sequence for fact in written if isinstance(fact, FragmentWritten)] == [2, 3]
    assert isinstance(ended, RunEnded)
    assert (ended.cause, ended.fragments, ended.epoch) == (GapCause.INGEST_LOST, 4, 7)
    assert ended.ended_at.timestamp() == pytest.approx(fragments[3].ends_at_us / 1e6)
    assert path.stat().st_size == read_fragments(path).whole_bytes


def test_recovery_keeps_the_true_cause_of_a_run_that_had_ended(tmp_path: Path, folder: Path) -> None:
    stored(folder, run_of(2))
    write_journal(folder, journal(ending=RunEnding(cause=GapCause.STALLED, detail="x", ended_at=START, fragments=2)))
    (run,) = recover(tmp_path)
    ended = run.facts[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.cause, ended.ended_at) == (GapCause.STALLED, START)


def test_recovery_leaves_what_it_does_not_understand(tmp_path: Path, folder: Path) -> None:
    (folder / "run.json").write_text("{")
    (folder / "notes.txt").write_text("x")
    (tmp_path / ".lock").touch()
    assert list(recover(tmp_path)) == []
    assert (folder / "notes.txt").exists()


NOW_S = 10_000.0


def ring_of(spool: Path, **changes: Any) -> SpoolRing:
    limits = {name: changes.pop(name) for name in ("max_bytes", "max_age_s", "min_free_bytes", "policy") if name in changes}
    bounds = SpoolLimits(**{"max_bytes": 10_000, "max_age_s": 5000, "min_free_bytes": 0, **limits})
    return SpoolRing(spool, bounds, now_s=lambda: NOW_S, **changes)


def lay(spool: Path, camera: str, names: str, *, age_s: float = 1000) -> None:
    """Segments of 100 bytes, the first the oldest."""
    folder = spool / camera / "run-1"
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        path = folder / f"{name}.mp4"
        path.write_bytes(b"x" * 100)
        os.utime(path, (NOW_S - age_s + number, NOW_S - age_s + number))


def left(spool: Path) -> str:
    return "".join(sorted(path.stem for path in spool.glob("*/*/*.mp4")))


def test_the_ring_drops_the_oldest(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abcde")
    assert ring_of(tmp_path).prune() == 0
    assert ring_of(tmp_path, max_bytes=300).prune() == 2
    assert left(tmp_path) == "cde"
    folder = tmp_path / "cam-001" / "run-1"
    os.utime(folder / "e.mp4", (NOW_S, NOW_S))
    assert ring_of(tmp_path, max_bytes=1).prune() == 2  # the young one stays
    assert metrics.SPOOL_UNTAKEN_BYTES._value.get() == metrics.SPOOL_BYTES._value.get() > 0
    assert metrics.SPOOL_LIMIT_BYTES._value.get() == 1
    assert ring_of(tmp_path, max_age_s=-1).prune() == 1
    assert not folder.exists()


def test_the_ring_gives_up_first_what_the_recorder_has(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abcd")
    lay(tmp_path, "cam-002", "efgh", age_s=900)
    os.link(tmp_path / "cam-002" / "run-1" / "h.mp4", tmp_path / "archived")
    forgotten: list[str] = []
    ring = ring_of(
        tmp_path, max_bytes=500, fetched=lambda name, size: name == "cam-001/run-1/d.mp4" and size == 100, forget=forgotten.append
    )
    assert ring.prune() == 3
    assert left(tmp_path) == "bcefg"  # d was fetched, h is linked; then the oldest
    assert forgotten[:2] == ["cam-001/run-1/d.mp4", "cam-002/run-1/h.mp4"]


def test_what_the_archive_has_deleted_goes_from_the_spool_at_once_and_is_not_given_up(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abc", age_s=10)
    archived = tmp_path / "archived"
    os.link(tmp_path / "cam-001" / "run-1" / "b.mp4", archived)
    ring = ring_of(tmp_path, policy=SpoolPolicy.KEEP)
    assert ring.prune() == 0
    given_up = metrics.SPOOL_GIVEN_UP._value.get()
    archived.unlink()
    assert ring.prune() == 1
    assert left(tmp_path) == "ac"  # what was never taken stays
    assert metrics.SPOOL_GIVEN_UP._value.get() == given_up


def test_the_ring_gives_up_important_cameras_last(tmp_path: Path) -> None:
    lay(tmp_path, "gate", "abc", age_s=3000)
    lay(tmp_path, "park", "def", age_s=1000)
    levels = {"gate": "high", "park": "low"}
    assert ring_of(tmp_path, max_bytes=200, priority=levels.__getitem__).prune() == 4
    assert left(tmp_path) == "bc"


def test_the_ring_keeps_all_that_was_not_taken_when_told_so(tmp_path: Path) -> None:
    lay(tmp_path, "cam-001", "abc")
    room = SpoolRoom()
    keep = {"max_bytes": 250, "policy": SpoolPolicy.KEEP, "room": room}
    assert ring_of(tmp_path, **keep).prune() == 0
    assert room.full is not None
    assert ring_of(tmp_path, **keep, max_age_s=1).prune() == 0  # not even for its age
    assert ring_of(tmp_path, **keep, fetched=lambda _name, _size: True).prune() == 1
    assert room.full is None
    assert left(tmp_path) == "bc"


def test_fetched_segments_are_those_whose_last_byte_was_handed_out() -> None:
    fetched = FetchedSegments()
    fetched.note("a", "bytes=0-49", 100)
    assert not fetched.whole("a", 100)
    fetched.note("a", "bytes=50-99", 100)
    fetched.note("a", "bytes=10-19", 100)
    assert fetched.whole("a", 100)
    assert not fetched.whole("a", 200)  # it has grown since
    fetched.note("b", "", 70)
    assert fetched.whole("b", 70)
    fetched.forget("b")
    assert not fetched.whole("b", 70)


def test_the_ring_keeps_a_journal_that_is_not_told(tmp_path: Path, folder: Path) -> None:
    path = folder / "s.mp4"
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    write_journal(folder, journal())
    assert ring_of(tmp_path, max_age_s=10).prune() == 1
    assert (folder / "run.json").exists()
