"""Real processes: one is killed, one takes over, Kafka goes away."""

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import Any

import av
import pytest

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE
from hejnal_media.access_unit import AccessUnit
from hejnal_media.simulator import CameraSimulator, find_frame_mark
from hejnal_runtime.bus.topics import create_topics


def frames_of(spools: list[Path], fragments: list[FragmentWritten]) -> list[int]:
    """Numbers of the pictures in the announced footage, in the order of the story."""
    frames: list[int] = []
    for name in dict.fromkeys(fragment.segment_path for fragment in fragments):
        path = next(spool / name for spool in spools if (spool / name).exists())
        end = max(f.offset_bytes + f.size_bytes for f in fragments if f.segment_path == name)
        assert path.stat().st_size == end
        with av.open(str(path)) as container:
            units = (AccessUnit(0, 0, False, [bytes(packet)], packet.size) for packet in container.demux(video=0) if packet.size)
            frames += [mark.frame for unit in units if (mark := find_frame_mark(unit))]
    return frames


def check_story(media: list[Any]) -> None:
    """Runs one after the other, each whole, epochs never falling."""
    fragments = [fact for fact in media if isinstance(fact, FragmentWritten)]
    for run_id in dict.fromkeys(fact.run_id for fact in media):
        sequences = list(dict.fromkeys(f.sequence for f in fragments if f.run_id == run_id))
        assert sequences == list(range(len(sequences)))
    epochs = [fact.epoch for fact in media]
    assert epochs == sorted(epochs)


@pytest.mark.slow
async def test_killed_and_started_again(town: Any, simulator: CameraSimulator, eventually: Any, ingest: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with ingest(town) as process:
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 8, 60)
        process.kill()
        await process.wait()
    first = facts.of(RunStarted)[0]
    async with ingest(town):
        await eventually(lambda: len({f.run_id for f in facts.of(FragmentWritten)}) == 2, 60)
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 16)
    await eventually(lambda: len({f.run_id for f in facts.of(RunEnded)}) == 2)
    check_story(facts.media)
    ended = next(f for f in facts.of(RunEnded) if f.run_id == first.run_id)
    assert ended.cause is GapCause.INGEST_LOST
    told = {(f.run_id, f.sequence): f for f in facts.of(FragmentWritten)}
    old = [f for f in told.values() if f.run_id == first.run_id]
    assert ended.fragments == len(old)
    frames = frames_of([town.settings.spool_dir], list(told.values()))
    breaks = [(before, after) for before, after in itertools.pairwise(frames) if after != before + 1]
    assert len(breaks) == 1  # only where it was dead
    assert len(frames) == len(set(frames))


@pytest.mark.slow
async def test_another_process_takes_over(
    town: Any, simulator: CameraSimulator, eventually: Any, ingest: Any, tmp_path: Path
) -> None:
    for number in range(8):
        await town.register(simulator.url(f"cam-00{number % 3 + 1}/main"), f"gate-{number}")
    facts = town.facts
    (port,) = free_ports(1)
    other = {"INGEST_ID": "two", "SPOOL_DIR": str(tmp_path / "spool-two"), "INTERNAL_PORT": str(port)}

    def holders() -> dict[str, str]:
        return {fact.camera_id: fact.ingest_id for fact in facts.status}

    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(ingest(town))
        cameras = [f"gate-{number}" for number in range(8)]
        await eventually(lambda: all(facts.of(FragmentWritten, camera) for camera in cameras), 60)
        await stack.enter_async_context(ingest(town, **other))
        await eventually(lambda: set(holders().values()) == {"one", "two"}, 60)
        moved = next(camera for camera, holder in holders().items() if holder == "one")
        assert len(facts.of(RunStarted, moved)) == 1  # what stayed was not disturbed when the other came
        given = next(camera for camera, holder in holders().items() if holder == "two")
        await eventually(lambda: any(f.cause is GapCause.INGEST_FAILOVER for f in facts.of(RunEnded, given)))
        kept = given
        await eventually(lambda: facts.of(RunStarted, kept)[-1].ingest_id == "two")
        runs_of_kept = len(facts.of(RunStarted, kept))
        one.kill()
        await eventually(lambda: set(holders().values()) == {"two"}, 30)
        last = await eventually(lambda: (runs := facts.of(RunStarted, moved)) and runs[-1].ingest_id == "two" and runs[-1])
        assert last.epoch > facts.of(RunStarted, moved)[0].epoch
        assert len(facts.of(RunStarted, kept)) == runs_of_kept  # the cameras it had went on undisturbed


@pytest.mark.slow
async def test_kafka_away_loses_nothing(
    open_town: Any, simulator: CameraSimulator, eventually: Any, ingest: Any, tmp_path: Path
) -> None:
    installation = kafka.Installation(CACHE / "kafka")
    await asyncio.to_thread(installation.install)
    broker = kafka.Broker(installation, tmp_path / "kafka", *free_ports(2))
    await asyncio.to_thread(broker.start)
    try:
        names = ("cameras", "camera-status", "camera-media", "camera-events", "recordings")
        await create_topics(broker.bootstrap, [BY_NAME[name] for name in names], partitions=2)
        async with open_town(broker.bootstrap, "", tmp_path) as town:
            await town.register(simulator.url("cam-001/main"))
            spool, facts = town.settings.spool_dir, town.facts

            def segments() -> int:
                return len(list(spool.glob("*/*/*.mp4")))

            async with ingest(town):
                await eventually(lambda: len(facts.of(FragmentWritten)) >= 3, 60)
                await asyncio.to_thread(broker.stop)
                at_stop = segments()
                await eventually(lambda: segments() >= at_stop + 2)  # recording goes on
                told = len(facts.of(FragmentWritten))
                await asyncio.to_thread(broker.start)
                await eventually(lambda: len(facts.of(FragmentWritten)) >= told + 15, 60)
            await eventually(lambda: facts.of(RunEnded))
            check_story(facts.media)
            assert len(facts.of(RunStarted)) == 1
            frames = frames_of([spool], list({f.sequence: f for f in facts.of(FragmentWritten)}.values()))
            assert frames == list(range(frames[0], frames[0] + len(frames)))
    finally:
        await asyncio.to_thread(broker.stop)
