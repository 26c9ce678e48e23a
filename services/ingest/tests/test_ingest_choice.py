"""Which stream is recorded changes without a hole; whoever looks at pictures sees them all."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest_asyncio

from hejnal_contracts.cameras import CameraState, FaultCause, StreamName, StreamSource
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.camera.hooks import RecordingChoice, StreamObserver
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.radio.watch import LinkWatch
from hejnal_ingest.resources import Resources
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.simulator import CameraSimulator


class Counting:
    """An observer."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.parameters: list[CodecParameters] = []
        self.interruptions = 0

    def parameters_changed(self, parameters: CodecParameters) -> None:
        self.parameters.append(parameters)

    def observe(self, unit: AccessUnit) -> None:
        self.units.append(unit)

    def interrupted(self) -> None:
        self.interruptions += 1


class Held:
    """One camera, held without a lease."""

    def __init__(self, resources: Resources, state: CameraState) -> None:
        self.observers: dict[StreamName, Counting] = {}
        context = resources.runner_context(resources.picture_room(), LinkWatch(enabled=False))
        self.runner = CameraRunner(replace(context, observers=self._observe), state, 1)
        self.task = asyncio.create_task(self.runner.run())

    def _observe(self, _camera_id: str, stream: StreamName) -> list[StreamObserver]:
        return [self.observers.setdefault(stream, Counting())]

    async def stop(self) -> None:
        self.runner.stop(GapCause.INGEST_LOST, FaultCause.CLOSED, "the test is over")
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.runner.closed()


@pytest_asyncio.fixture
async def hold(town: Any) -> AsyncIterator[Callable[[CameraState], Awaitable[Held]]]:
    resources = await Resources.open(town.settings)
    opened: list[Held] = []

    async def hold(state: CameraState) -> Held:
        opened.append(Held(resources, state))
        return opened[-1]

    yield hold
    for held in opened:
        if not held.task.done():
            await held.stop()
    await resources.facts.drain(5)
    await resources.close()


Hold = Callable[[CameraState], Awaitable[Held]]


async def test_the_thin_stream_takes_over_and_gives_back(
    town: Any, hold: Hold, simulator: CameraSimulator, eventually: Any
) -> None:
    held = await hold(await town.register(simulator.url("cam-001/main")))
    facts = town.facts
    await eventually(lambda: len(facts.of(FragmentWritten)) >= 2)
    held.runner.choose_recording(RecordingChoice("sub", GapCause.LINK_DOWN, "too thin"))
    await eventually(lambda: facts.of(RunStarted)[-1].stream == "sub")
    await eventually(lambda: [health.name for health in held.runner.status().streams] == ["sub"])  # main is closed
    held.runner.choose_recording(RecordingChoice("main", GapCause.LINK_DOWN, "wide again"))
    await eventually(lambda: len(facts.of(RunStarted)) == 3)
    await held.stop()
    await eventually(lambda: len(facts.of(RunEnded)) == 3)
    runs = facts.of(RunStarted)
    assert [run.stream for run in runs] == ["main", "sub", "main"]
    assert (runs[1].width, runs[1].height) != (runs[0].width, runs[0].height)
    for ended, started in itertools.pairwise(f for f in facts.media if not isinstance(f, FragmentWritten)):
        if isinstance(ended, RunEnded):
            assert ended.cause is GapCause.LINK_DOWN
            assert 0 <= (started.started_at - ended.ended_at).total_seconds() < 1
    story = [fact.run_id for fact in facts.media]
    assert len([run for run, _ in itertools.groupby(story)]) == 3  # told one after the other


async def test_a_stream_that_does_not_come_does_not_stop_the_other(
    town: Any, hold: Hold, simulator: CameraSimulator, eventually: Any
) -> None:
    main, sub = simulator.url("cam-001/main"), simulator.url("cam-999/sub")
    streams = (StreamSource(name="main", url=main), StreamSource(name="sub", url=sub))
    held = await hold(await town.register(main, streams=streams))
    facts = town.facts
    await eventually(lambda: facts.of(FragmentWritten))
    held.runner.choose_recording(RecordingChoice("sub", GapCause.LINK_DOWN))
    before = len(facts.of(FragmentWritten))
    await eventually(lambda: len(facts.of(FragmentWritten)) >= before + 4)
    held.runner.choose_recording(RecordingChoice("main", GapCause.LINK_DOWN))  # thought better of it
    before = len(facts.of(FragmentWritten))
    await eventually(lambda: len(facts.of(FragmentWritten)) >= before + 4)
    assert len(facts.of(RunStarted)) == 1


async def test_observers_see_every_picture(town: Any, hold: Hold, simulator: CameraSimulator, eventually: Any) -> None:
    held = await hold(await town.register(simulator.url("cam-001/main")))
    await eventually(lambda: town.facts.of(FragmentWritten))
    seen = held.observers["main"]
    assert seen.units[0].key_frame
    assert len(seen.parameters) == 1
    assert not seen.interruptions
    assert all(after.ticks - before.ticks == 3600 for before, after in itertools.pairwise(seen.units))
    simulator.mounts["cam-001/main"].drop_all()
    await eventually(lambda: seen.interruptions)
    await eventually(lambda: len(seen.parameters) == 2)
