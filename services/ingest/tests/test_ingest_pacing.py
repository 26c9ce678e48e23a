"""A hundred cameras at once: at the start, and after a switch has been away."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from hejnal_contracts.cameras import CameraCondition, FaultCause
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded
from hejnal_ingest.camera.pacing import StartPacer
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.radio.watch import LinkWatch
from hejnal_ingest.resources import Resources
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_SUB

CAMERAS, LIMIT, SPACING_S = 100, 12, 0.02
ALL_BACK_S = 20.0
"""100 x 20 ms, the first pause of the back-off, a group of pictures; and a busy machine."""


async def test_no_more_than_the_limit_are_opening() -> None:
    pacer = StartPacer(0.001, 5)
    began: list[float] = []

    async def connect() -> None:
        async with pacer.turn():
            began.append(time.monotonic())
            await asyncio.sleep(0.05)

    await asyncio.gather(*(connect() for _ in range(40)))
    assert pacer.most_opening == 5
    assert pacer.opening == 0
    assert len(began) == 40


async def test_a_cancelled_one_gives_its_place_back() -> None:
    pacer = StartPacer(0.0, 1)

    async def hang() -> None:
        async with pacer.turn():
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.01)
    task.cancel()
    async with asyncio.timeout(20), pacer.turn():
        assert pacer.opening == 1


@pytest.mark.slow
async def test_a_hundred_cameras_come_back_after_a_switch_was_away(town: Any, clips: Path, eventually: Any) -> None:
    simulator = CameraSimulator(town_mounts(CAMERAS, clips, variants=1, main=SMALL_SUB, sub=SMALL_SUB))
    await simulator.start()
    changes = {
        "start_limit": LIMIT,
        "start_spacing_s": SPACING_S,
        "no_video_s": 8.0,
        "no_keyframe_s": 30.0,
        "status_interval_s": 30.0,
    }
    resources = await Resources.open(town.settings.model_copy(update=changes))
    context = resources.runner_context(resources.picture_room(), LinkWatch(enabled=False))
    pacer = context.pulling.pacer
    runners = []
    for number in range(1, CAMERAS + 1):
        camera = f"cam-{number:03d}"
        state = await town.register(simulator.url(f"{camera}/main"), camera)
        runners.append(CameraRunner(context, state, 1))
    tasks = [asyncio.create_task(runner.run()) for runner in runners]

    def all_live() -> bool:
        return all(runner.condition is CameraCondition.LIVE for runner in runners)

    began = time.monotonic()
    await eventually(all_live, 60)
    start_s = time.monotonic() - began
    assert start_s >= CAMERAS * SPACING_S * 0.9  # never all at once
    assert pacer.most_opening <= LIMIT
    pacer.most_opening = 0
    for mount in simulator.mounts.values():
        mount.drop_all()
    await eventually(lambda: any(runner.condition is CameraCondition.RETRYING for runner in runners))
    began = time.monotonic()
    await eventually(all_live, 60)
    assert time.monotonic() - began < ALL_BACK_S
    assert 1 <= pacer.most_opening <= LIMIT
    for runner in runners:
        runner.stop(GapCause.INGEST_LOST, FaultCause.CLOSED, "the test is over")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.gather(*(runner.closed() for runner in runners))
    await resources.facts.drain(20)
    await resources.close()
    await simulator.stop()
    await eventually(lambda: len({fact.camera_id for fact in town.facts.media if isinstance(fact, FragmentWritten)}) == CAMERAS)
    await eventually(lambda: len([fact for fact in town.facts.media if isinstance(fact, RunEnded)]) >= 2 * CAMERAS)
