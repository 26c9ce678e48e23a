"""The story of one camera's picture: onset, end, memory, light, moves on purpose. With real pictures."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from picture_scenes import key_frame, night_of, street

from hejnal_ingest.picture.decoding.look import look
from hejnal_ingest.picture.decoding.wire import LookRequest
from hejnal_ingest.picture.memory import PictureMemory
from hejnal_ingest.picture.watch import PictureChange, PictureWatch
from hejnal_ingest.picture.window import StreamWindow

START = datetime(2026, 6, 20, 10, tzinfo=UTC)


class Watched:
    """A camera whose windows and looks come as the test says."""

    def __init__(self, watch: PictureWatch | None = None) -> None:
        self.watch = watch or PictureWatch(START)
        self.watch.change_stream("main-avc1-640x360")
        self.now = START
        self.number = 0

    def windows(self, count: int, key: int = 50_000, inter: int = 4_000) -> None:
        for _ in range(count):
            self.number += 1
            self.now += timedelta(seconds=2)
            wobble = 1 + 0.03 * (self.number % 3)
            sizes = int(inter * wobble) // 2, int(inter * wobble), int(2 * inter * wobble)
            total = int(key * wobble) + 49 * sizes[1]
            at_us = int(self.now.timestamp() * 1e6)
            self.watch.take_window(StreamWindow(at_us, int(key * wobble), 49, *sizes, total, 2.0, 0, 0.004, 50), self.now)

    def see(self, picture: np.ndarray, *, after_s: float = 3.0, sun_up: bool = True) -> list[PictureChange]:
        self.now += timedelta(seconds=after_s)
        reference, previous = self.watch.comparison()
        found = look(LookRequest("h264", key_frame(picture).payload, reference, previous))
        return self.watch.take_look(found, self.now, sun_up=sun_up)

    def settle(self) -> None:
        self.windows(20)
        for passers_by in range(4):
            assert self.see(street(passers_by=passers_by), after_s=20) == []
            self.windows(10)
        assert self.watch.state().state == "healthy"


def covered() -> np.ndarray:
    picture = street(passers_by=7)
    picture[50:330, 60:580] = 90
    return picture


@pytest.fixture
def camera() -> Watched:
    watched = Watched()
    watched.settle()
    return watched


def test_a_cover_is_told_once_and_its_end_too(camera: Watched) -> None:
    camera.windows(2, key=15_000, inter=1_000)
    assert camera.watch.state().state == "suspected"
    assert camera.watch.look_due(camera.now)
    assert camera.see(covered()) == []
    (onset,) = camera.see(covered())
    assert (onset.phase, onset.kind) == ("onset", "covered")
    assert onset.started_at < onset.at
    assert camera.watch.state().kind == "covered"
    for _ in range(3):
        assert camera.see(covered(), after_s=15) == []
    assert camera.see(street(passers_by=3), after_s=15) == []
    (cleared,) = camera.see(street(passers_by=5), after_s=15)
    assert (cleared.phase, cleared.kind) == ("cleared", "covered")
    assert camera.watch.state().state == "healthy"


def test_one_odd_picture_is_no_alarm(camera: Watched) -> None:
    assert camera.see(covered()) == []
    assert camera.watch.look_due(camera.now + timedelta(seconds=3))
    assert camera.see(street(passers_by=2)) == []
    assert camera.watch.state().state == "healthy"


def test_a_refuted_suspicion_holds_off_and_longer_each_time(camera: Watched) -> None:
    camera.windows(1, key=20_000)
    assert camera.watch.look_due(camera.now)
    camera.see(street(passers_by=1))
    camera.see(street(passers_by=2))
    assert camera.watch.state().state == "healthy"
    assert not camera.watch.look_due(camera.now + timedelta(seconds=60))


def test_a_frozen_picture_is_found_when_nothing_changes_any_more(camera: Watched) -> None:
    still = street(passers_by=8)
    camera.windows(3, key=50_000, inter=40)
    assert camera.watch.state().state == "suspected"
    told = [change for _ in range(6) for change in camera.see(still)]
    assert [(change.phase, change.kind) for change in told] == [("onset", "frozen")]
    camera.see(street(passers_by=1))
    (cleared,) = camera.see(street(passers_by=2))
    assert cleared.kind == "frozen"


def test_a_quiet_scene_is_not_frozen(camera: Watched) -> None:
    camera.windows(3, key=50_000, inter=40)
    for passers_by in range(8):
        assert camera.see(street(passers_by=passers_by)) == []


def test_night_has_a_reference_of_its_own(camera: Watched) -> None:
    for _ in range(4):
        assert camera.see(night_of(street()), after_s=20, sun_up=False) == []
    assert camera.watch.state().light == "night"
    assert set(camera.watch.memories) == {"day", "night"}
    moved = night_of(np.roll(street(), 60, axis=1))
    camera.see(moved, sun_up=False)
    (onset,) = camera.see(moved, sun_up=False)
    assert onset.kind == "moved"


def test_a_camera_that_was_moved_and_stays_is_accepted() -> None:
    watched = Watched(PictureWatch(START, accept_after_s=600))
    watched.settle()
    other = np.roll(street(), 90, axis=1)
    watched.see(other)
    (onset,) = watched.see(other)
    assert onset.kind == "moved"
    told = [change for _ in range(50) for change in watched.see(other, after_s=15)]
    assert [change.phase for change in told] == ["cleared"]
    assert "reference" in told[0].detail
    assert watched.see(other, after_s=20) == []


def test_the_view_of_a_moved_camera_is_accepted_at_once_when_somebody_says_so(camera: Watched) -> None:
    other = np.roll(street(), 90, axis=1)
    camera.see(other)
    (onset,) = camera.see(other)
    (ended,) = camera.watch.accept_next(camera.now)
    assert (onset.kind, ended.kind, ended.phase) == ("moved", "moved", "cleared")
    assert "accepted" in ended.detail
    assert camera.watch.state().state == "learning"
    for _ in range(5):
        assert camera.see(other, after_s=20) == []
    assert camera.watch.state().state == "healthy"
    assert camera.watch.accept_next(camera.now) == [], "nothing was told, nothing ends"
    camera.see(street(), after_s=20)
    camera.see(street(), after_s=20)
    camera.see(street(), after_s=20)
    assert camera.watch.state().state == "healthy", "what it shows next is right, whatever it is"


def test_a_camera_turned_on_purpose_is_no_alarm(camera: Watched) -> None:
    camera.watch.expect_move(camera.now)
    turning = np.roll(street(), 200, axis=1)
    assert camera.see(turning, after_s=5) == []
    there = street(seed=4)
    for _ in range(5):
        assert camera.see(there, after_s=21) == []
    assert camera.watch.state().state == "healthy"
    camera.see(np.roll(there, 80, axis=1))
    (onset,) = camera.see(np.roll(there, 80, axis=1))
    assert onset.kind == "moved"


def test_a_restart_does_not_forget(camera: Watched, tmp_path: Path) -> None:
    camera.see(covered())
    camera.see(covered())
    memory = PictureMemory(tmp_path / "picture")
    references = {str(light): one.reference for light, one in camera.watch.memories.items()}
    memory.save("cam-001", camera.watch.dump(), references)
    remembered = memory.load("cam-001")
    assert remembered is not None
    again = PictureWatch(camera.now)
    again.load(remembered.state, remembered.references)
    assert again.state() == camera.watch.state()
    later = Watched(again)
    later.now = camera.now
    later.see(street(passers_by=1), after_s=15)
    (cleared,) = later.see(street(passers_by=2), after_s=15)
    assert cleared.kind == "covered"


def test_pictures_of_cameras_held_no_more_are_forgotten(tmp_path: Path) -> None:
    memory = PictureMemory(tmp_path)
    for name in ("old", "young"):
        memory.save(name, {"version": 1}, {})
    os.utime(tmp_path / "old.json", (1, 1))
    memory.forget_old()
    assert memory.load("old") is None
    assert memory.load("young") is not None


@pytest.mark.parametrize(
    "text", ["", "{}", '{"state": 7, "references": {}}', '{"state": {"version": 1}, "references": {"day": "%"}}']
)
def test_a_broken_memory_is_learned_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "cam-001.json").write_text(text)
    remembered = PictureMemory(tmp_path).load("cam-001")
    watch = PictureWatch(START)
    if remembered is not None:
        watch.load(remembered.state, remembered.references)
    assert watch.state().state == "learning"
    assert json.dumps(watch.dump())
