"""A disk that is full, broken, or hangs: nothing torn is announced, nobody waits, recording comes back."""

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hejnal_contracts.cameras import FaultCause
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.spool import files
from hejnal_ingest.spool.files import SegmentFile
from hejnal_ingest.spool.ring import SpoolPolicy
from hejnal_ingest.spool.writers import PendingBytes, SpoolWriters
from hejnal_local.small_disk import small_disk
from hejnal_media.simulator import CameraSimulator

SIZE_BYTES = 4 * 1024 * 1024


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "spool", SIZE_BYTES) as folder:
        yield folder


def check_announced(spool: Path, facts: list[FragmentWritten]) -> None:
    """Every announced fragment is on disk as it was announced."""
    for fact in facts:
        with (spool / fact.segment_path).open("rb") as file:
            file.seek(fact.offset_bytes)
            assert hashlib.sha256(file.read(fact.size_bytes)).hexdigest() == fact.sha256


async def test_a_disk_that_is_really_full(town: Any, simulator: CameraSimulator, full_disk: Path, eventually: Any) -> None:
    filler = full_disk / "filler"
    free = shutil.disk_usage(full_disk).free
    filler.write_bytes(b"x" * (free - 300_000))
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running(spool_min_free_bytes=0):
        (ended,) = await eventually(lambda: facts.of(RunEnded))
        assert ended.cause is GapCause.DISK_FULL
        told = facts.of(FragmentWritten)
        assert ended.fragments == len(told) >= 1
        check_announced(full_disk, told)
        last = full_disk / told[-1].segment_path
        assert last.stat().st_size == told[-1].offset_bytes + told[-1].size_bytes
        status = await eventually(lambda: (s := facts.last_status()) and s.cause is FaultCause.DISK_FULL and s)
        assert "No space" in status.detail
        filler.unlink()
        await eventually(lambda: len(facts.of(RunStarted)) == 2)
        await eventually(lambda: facts.last_status().cause is None)
    check_announced(full_disk, facts.of(FragmentWritten))


async def test_a_spool_whose_files_vanish(town: Any, simulator: CameraSimulator, tmp_path: Path, eventually: Any) -> None:
    kept = tmp_path / "archive"
    kept.mkdir()
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running(segment_s=60.0):
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 2)
        before = len(facts.of(FragmentWritten))
        taken = kept / "taken.mp4"
        taken.hardlink_to(town.settings.spool_dir / facts.of(FragmentWritten)[0].segment_path)  # as the recorder takes it
        shutil.rmtree(town.settings.spool_dir / "cam-001")
        await eventually(lambda: len(facts.of(FragmentWritten)) >= before + 2)  # the recorder has the file: it goes on
        taken.unlink()
        (ended,) = await eventually(lambda: facts.of(RunEnded))
        assert (ended.cause, ended.detail) == (GapCause.INGEST_LOST, "the spool's files have vanished")
        begun = await eventually(lambda: len(facts.of(RunStarted)) == 2 and facts.of(RunStarted)[-1])
        await eventually(lambda: [fact for fact in facts.of(FragmentWritten) if fact.run_id == begun.run_id])
    check_announced(town.settings.spool_dir, [fact for fact in facts.of(FragmentWritten) if fact.run_id == begun.run_id])


@contextlib.contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> Iterator[None]:
    """A system call that fails as that of a broken disk."""

    def broken(*_arguments: Any) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, name, broken)
        yield


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
async def test_a_disk_with_errors(
    town: Any, simulator: CameraSimulator, eventually: Any, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running():
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 2)
        with failing(monkeypatch, call, errno.EIO):
            (ended,) = await eventually(lambda: facts.of(RunEnded))
            assert ended.cause is GapCause.DISK_FULL
            assert "Input/output error" in ended.detail
        await eventually(lambda: len(facts.of(RunStarted)) >= 2)
        first = [fact for fact in facts.of(FragmentWritten) if fact.run_id == ended.run_id]
        assert ended.fragments == len(first)
        assert (town.settings.spool_dir / first[-1].segment_path).stat().st_size == first[-1].offset_bytes + first[-1].size_bytes
    check_announced(town.settings.spool_dir, facts.of(FragmentWritten))


async def test_a_disk_that_hangs_holds_up_nothing(
    town: Any, simulator: CameraSimulator, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call into the disk is held, as by a dead controller; everything around it is real."""
    await town.register(simulator.url("cam-001/main"))
    await town.register(simulator.url("cam-002/main"), "cam-002")
    facts = town.facts
    released = threading.Event()
    really = os.pwrite

    def hanging(descriptor: int, data: Any, offset: int) -> int:
        released.wait(60)
        return really(descriptor, data, offset)

    async with town.running(disk_stall_s=1.0, disk_retry_s=0.5):
        await eventually(lambda: facts.of(FragmentWritten) and facts.of(FragmentWritten, "cam-002"))
        with monkeypatch.context() as patch:
            patch.setattr(files.os, "pwrite", hanging)
            status = await eventually(lambda: (s := facts.last_status()) and s.cause is FaultCause.DISK_FULL and s)
            assert "hangs" in status.detail
            longest_s, last_s = 0.0, time.monotonic()
            until_s = last_s + 4
            while last_s < until_s:  # the event loop is free, and no second run piles up behind the first
                await asyncio.sleep(0.02)
                now_s = time.monotonic()
                longest_s, last_s = max(longest_s, now_s - last_s), now_s
            assert longest_s < 20  # the disk hangs for longer
            assert len(list(town.settings.spool_dir.glob("cam-001/*"))) == 1
        released.set()
        ended = await eventually(lambda: facts.of(RunEnded))
        await eventually(lambda: len(facts.of(RunStarted)) >= 2 and len(facts.of(RunStarted, "cam-002")) >= 2)
        await eventually(lambda: facts.last_status().cause is None)
    assert ended[0].cause is GapCause.DISK_FULL
    assert "hangs" in ended[0].detail
    check_announced(town.settings.spool_dir, facts.of(FragmentWritten))
    story = [fact.run_id for fact in facts.media if fact.camera_id == "cam-001"]
    assert len(set(story)) == sum(a != b for a, b in zip([None, *story], story, strict=False))  # one after the other


async def test_a_full_spool_records_nothing_when_it_is_to_keep_all(
    town: Any, simulator: CameraSimulator, eventually: Any
) -> None:
    left_behind = town.settings.spool_dir / "cam-009" / "run-1" / "a.mp4"
    left_behind.parent.mkdir(parents=True)
    left_behind.write_bytes(b"footage")
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running(spool_max_bytes=1, spool_policy=SpoolPolicy.KEEP):
        status = await eventually(lambda: (s := facts.last_status()) and s.cause is FaultCause.DISK_FULL and s)
    assert "not taken over" in status.detail
    assert status.streams  # live goes on
    assert not facts.of(FragmentWritten)
    assert left_behind.exists()


# --- the parts


async def test_what_waits_is_synced_together() -> None:
    writers = SpoolWriters(1)
    order: list[str] = []
    hold = threading.Event()

    def write(name: str) -> str:
        if name == "first":
            hold.wait(5)
        order.append(f"write {name}")
        return name

    names = ["first", "b", "c", "d"]
    jobs = []
    for name in names:
        jobs.append(writers.store(lambda name=name: write(name), lambda name=name: order.append(f"sync {name}")))
        await asyncio.sleep(0.02)
    hold.set()
    assert await asyncio.gather(*jobs) == names
    assert order == ["write first", "sync first", "write b", "write c", "write d", "sync b", "sync c", "sync d"]
    writers.shutdown()


async def test_a_failed_write_is_its_own_cameras_trouble() -> None:
    writers = SpoolWriters(1)

    def fail() -> None:
        raise OSError(errno.EIO, "x")

    def nothing() -> None:
        return

    results = await asyncio.gather(
        writers.store(fail, nothing), writers.store(lambda: 1, fail), writers.store(lambda: 2, nothing), return_exceptions=True
    )
    assert [type(result) for result in results] == [OSError, OSError, int]
    assert await asyncio.get_running_loop().run_in_executor(writers, lambda: 3) == 3
    writers.shutdown()
    with pytest.raises(RuntimeError):
        writers.submit(nothing)


def test_memory_for_footage_is_bounded() -> None:
    pending = PendingBytes(100)
    assert pending.take(500)  # alone
    assert not pending.take(1)
    pending.give_back(500)
    assert pending.take(60)
    assert pending.take(40)
    assert not pending.take(1)


def test_a_failed_sync_cuts_back_to_the_last_durable_fragment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SegmentFile(tmp_path / "a.mp4", b"\0\0\0\x0cftypxxxx")
    first = file.append(b"head", [b"a" * 5000])
    file.write(b"head", [b"b" * 5000])
    with failing(monkeypatch, "fdatasync", errno.EIO), pytest.raises(OSError, match="Input/output"):
        file.sync()
    file.close()
    assert (tmp_path / "a.mp4").stat().st_size == first.offset_bytes + first.size_bytes
