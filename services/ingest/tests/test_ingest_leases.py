"""Which epoch a camera has, whatever the clocks say and however often the group is left and joined."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraCondition, CameraRegistered, CameraRemoved, CameraStatusReported, StreamSource
from hejnal_ingest import metrics
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.held import HeldCamera, HeldCameras, HeldKeeper, read_held, write_held
from hejnal_ingest.lease import CameraLeases
from hejnal_ingest.radio.watch import LinkWatch
from hejnal_ingest.resources import Resources
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import ManualClock

START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


def state(camera_id: str = "cam-001", version: int = 1, **changes: Any) -> CameraRegistered:
    """A camera that is switched off: it is held like any other, and nothing is pulled."""
    values: dict[str, Any] = {
        "camera_id": camera_id,
        "version": version,
        "name": camera_id,
        "place": Point(lat=51.0, lon=20.9),
        "streams": (StreamSource(name="main", url="rtsp://127.0.0.1:1/main"),),
        "enabled": False,
        "changed_at": START,
    }
    return CameraRegistered(**{**values, **changes})


def message(fact: Any, partition: int = 0) -> Message:
    return Message(
        topic="cameras",
        partition=partition,
        offset=0,
        key=fact.camera_id,
        id="x",
        type=fact.TYPE,
        source="operator-gateway",
        time=START,
        traceparent=None,
        fact=fact,
    )


def told(epoch: int, ingest_id: str = "other", camera_id: str = "cam-001") -> CameraStatusReported:
    return CameraStatusReported(
        camera_id=camera_id,
        epoch=epoch,
        ingest_id=ingest_id,
        relay_url="http://x",
        condition=CameraCondition.LIVE,
        since=START,
        observed_at=START,
    )


@dataclass
class Group:
    """Leases whose group is the test."""

    clock: ManualClock
    resources: Resources
    member: str = "member-1"
    leases: CameraLeases = field(init=False)

    def __post_init__(self) -> None:
        context = self.resources.runner_context(self.resources.picture_room(), LinkWatch(enabled=False))
        self.leases = CameraLeases(
            lambda state, epoch: CameraRunner(context, state, epoch), self.clock, member=lambda: self.member, ingest_id="here"
        )

    async def give(self, *partitions: int) -> None:
        await self.leases.assigned({("cameras", number) for number in partitions})

    def epoch(self, camera_id: str = "cam-001") -> int | None:
        runner = self.leases.runner(camera_id)
        return runner.epoch if runner is not None else None

    async def settles(self, epoch: int | None, camera_id: str = "cam-001") -> None:
        """The camera comes to be held under this epoch (None: no more), and stays so."""
        async with asyncio.timeout(40):
            while self.epoch(camera_id) != epoch:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert self.epoch(camera_id) == epoch


@pytest_asyncio.fixture
async def group(town: Any) -> AsyncIterator[Group]:
    resources = await Resources.open(town.settings)
    group = Group(ManualClock(START), resources)
    running = asyncio.create_task(group.leases.run())
    yield group
    running.cancel()
    await asyncio.wait({running})
    await resources.close()


async def test_a_rebalance_that_gives_back_changes_nothing(group: Group) -> None:
    await group.give(0, 1)
    await group.leases.take(message(state()))
    await group.settles(START_MS)
    runner = group.leases.runner("cam-001")
    group.clock.advance(60)
    await group.give(0)
    await group.settles(START_MS)
    assert group.leases.runner("cam-001") is runner
    await group.give(1)
    await group.settles(None)
    await group.give(0, 1)
    await group.leases.take(message(state()))
    await group.settles(START_MS + 60_000)


async def test_who_was_thrown_out_goes_on_under_a_new_epoch(group: Group) -> None:
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS)
    runner = group.leases.runner("cam-001")
    group.clock.advance(10)
    group.member = "member-2"
    await group.give(0)
    await group.settles(START_MS + 10_000)
    assert group.leases.runner("cam-001") is runner  # without a hole


async def test_another_machines_clock_may_be_ahead(group: Group) -> None:
    group.leases.seen(told(START_MS + 3_600_000), live=False)
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS + 3_600_001)
    group.leases.seen(told(START_MS + 3_600_001, "here"), live=True)
    group.leases.seen(told(START_MS + 5, "other"), live=True)  # what is late says nothing
    await group.settles(START_MS + 3_600_001)


async def test_another_who_holds_the_camera_is_given_way(group: Group) -> None:
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS)
    group.leases.seen(told(START_MS + 9), live=True)
    await group.settles(None)
    group.member = "member-2"
    await group.give(0)  # the group has the last word
    await group.settles(START_MS + 10)


async def test_what_was_held_is_held_again_until_the_group_speaks(group: Group, tmp_path: Path) -> None:
    before = HeldCamera(partition=3, epoch=77, state=state())
    gone = HeldCamera(partition=4, epoch=78, state=state("cam-002"))
    write_held(tmp_path, HeldCameras(ingest_id="here", cameras=[before, gone]))
    assert read_held(tmp_path, "another") == []
    assert group.leases.take_from_disk(read_held(tmp_path, "here"))
    await group.settles(77)
    await group.settles(78, "cam-002")
    assert "Kafka is away: 2 cameras" in (group.leases.health() or "")
    await group.give(3)
    await group.settles(START_MS)
    await group.settles(None, "cam-002")
    assert group.leases.health() is None
    assert not group.leases.take_from_disk([gone])  # too late


async def test_the_file_follows_the_leases(group: Group, tmp_path: Path, eventually: Any) -> None:
    keeper = asyncio.create_task(HeldKeeper(tmp_path, "here", group.leases.held, interval_s=0.05).run())
    await group.give(0)
    await group.leases.take(message(state()))
    await group.leases.take(message(state("cam-002")))
    await eventually(lambda: len(read_held(tmp_path, "here")) == 2)
    await group.leases.take(message(CameraRemoved(**state("cam-002", 2).model_dump())))
    await eventually(lambda: [camera.state.camera_id for camera in read_held(tmp_path, "here")] == ["cam-001"])
    (tmp_path / ".held.json").write_text("{")
    assert read_held(tmp_path, "here") == []
    keeper.cancel()
    await asyncio.wait({keeper})


async def test_the_metrics_count_cameras_by_their_groups(group: Group, eventually: Any) -> None:
    def counted(name: str, condition: str = "off") -> float:
        return sum(
            sample.value
            for sample in metrics.GROUP_CAMERAS.collect()[0].samples
            if sample.labels == {"camera_group": name, "condition": condition}
        )

    await group.give(0)
    await group.leases.take(message(state(groups=("rynek", "szkoły"))))
    await group.leases.take(message(state("cam-002", groups=("rynek",))))
    await group.leases.take(message(state("cam-003")))
    await eventually(lambda: (counted("rynek"), counted("szkoły"), counted("-")) == (2, 1, 1))
    await group.leases.take(message(state(version=2, groups=("szkoły",))))
    await eventually(lambda: (counted("rynek"), counted("szkoły"), counted("-")) == (1, 1, 1))
    await group.give()
    await eventually(lambda: not metrics.GROUP_CAMERAS.collect()[0].samples)


async def test_a_camera_with_a_picture_is_kept_until_another_has_it(group: Group, monkeypatch: Any, eventually: Any) -> None:
    """Who gives a camera away records on; a camera that gives nothing just ends."""
    monkeypatch.setattr(CameraRunner, "condition", property(lambda _: CameraCondition.LIVE))
    await group.give(0, 1)
    await group.leases.take(message(state()))
    await group.leases.take(message(state("cam-002"), partition=1))
    await group.settles(START_MS)
    await group.give(1)
    await group.settles(START_MS)  # the other process has no picture yet
    connecting = told(START_MS + 9).model_copy(update={"condition": CameraCondition.CONNECTING})
    group.leases.seen(connecting, live=True)
    await group.settles(START_MS)
    group.leases.seen(told(START_MS + 9), live=True)
    await eventually(lambda: group.leases.runner("cam-001") is None)
    assert group.leases.has_peers
    leaving = asyncio.create_task(group.leases.hand_over_all())
    await group.settles(START_MS, "cam-002")
    group.leases.seen(told(START_MS + 9, camera_id="cam-002"), live=True)
    async with asyncio.timeout(20):
        await leaving
    assert group.leases.cameras == 0


async def test_a_camera_nobody_takes_is_given_up_in_time(group: Group, monkeypatch: Any, eventually: Any) -> None:
    monkeypatch.setattr("hejnal_ingest.lease.HANDOVER_S", 0.5)
    monkeypatch.setattr(CameraRunner, "condition", property(lambda _: CameraCondition.LIVE))
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS)
    await group.give()
    await eventually(lambda: group.leases.runner("cam-001") is None)


async def test_a_camera_that_comes_back_meanwhile_goes_on(group: Group, monkeypatch: Any) -> None:
    monkeypatch.setattr(CameraRunner, "condition", property(lambda _: CameraCondition.LIVE))
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS)
    runner = group.leases.runner("cam-001")
    await group.give()
    group.clock.advance(1)
    await group.give(0)
    await group.leases.take(message(state()))
    await group.settles(START_MS + 1000)
    assert group.leases.runner("cam-001") is runner  # without a hole
