"""RTSP replay from the simulated camera's card."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from hejnal_ingest.backfill.link_budget import LinkBudget
from hejnal_ingest.backfill.replay_session import ReplaySession
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.rtsp import Credentials, RtspError, RtspFault, SessionLimits
from hejnal_media.simulator import CameraSimulator, find_frame_mark
from hejnal_media.simulator.onvif import OnvifSimulator

ACCOUNT = Credentials("wartownik", "tajne")


@dataclass
class Taken:
    """A ReplaySink that keeps everything."""

    limit: int = 1_000_000
    frames: list[tuple[int, int]] = field(default_factory=list)
    holes: int = 0
    parameters: list[CodecParameters] = field(default_factory=list)

    def codec_changed(self, parameters: CodecParameters) -> None:
        self.parameters.append(parameters)

    def recorded(self, unit: AccessUnit, camera_us: int) -> bool:
        mark = find_frame_mark(unit)
        assert mark is not None
        self.frames.append((mark.frame, camera_us))
        return len(self.frames) < self.limit

    def interrupted(self) -> None:
        self.holes += 1


@pytest_asyncio.fixture
async def device(simulator: CameraSimulator, eventually: Callable) -> AsyncIterator[OnvifSimulator]:
    one = OnvifSimulator(simulator, credentials=ACCOUNT, clock_offset_s=-7200.25)
    await one.start()
    await eventually(lambda: one.card.last_tick >= 75)
    yield one
    await one.stop()


async def replay(
    device: OnvifSimulator,
    taken: Taken,
    *,
    first: int,
    last: int,
    rate_bps: int = 50_000_000,
    live_is_well: Callable[[], bool] = lambda: True,
    credentials: Credentials = ACCOUNT,
) -> ReplaySession:
    session = ReplaySession(
        f"{device.replay.url}/recording/REC_1",
        taken,
        credentials=credentials,
        budget=LinkBudget(rate_bps, asyncio.get_running_loop().time()),
        live_is_well=live_is_well,
        limits=SessionLimits(2, 2),
    )
    try:
        await session.open(device.card.camera_us(first), device.card.camera_us(last) + 1000)
        await session.run()
    finally:
        await session.close()
    return session


async def test_every_frame_comes_with_the_cameras_own_time(device: OnvifSimulator) -> None:
    taken = Taken()
    await replay(device, taken, first=20, last=60)
    assert [frame for frame, _ in taken.frames] == list(range(20, 61))
    assert all(abs(at_us - device.card.camera_us(frame)) <= 1 for frame, at_us in taken.frames)
    assert [one.width for one in taken.parameters] == [320]
    asked, rate_control = device.replay.plays[0]
    assert asked.startswith("clock=")
    assert rate_control == "no"


async def test_it_begins_with_a_key_frame_and_tells_holes_of_the_card(device: OnvifSimulator) -> None:
    device.card.missed.append((33, 34))
    taken = Taken()
    await replay(device, taken, first=25, last=60)
    assert [frame for frame, _ in taken.frames] == [*range(20, 33), *range(40, 61)]
    assert taken.holes >= 2


async def test_a_sink_that_has_enough_ends_it(device: OnvifSimulator) -> None:
    taken = Taken(limit=7)
    await replay(device, taken, first=20, last=70)
    assert len(taken.frames) == 7


async def test_it_waits_while_live_pictures_are_late(device: OnvifSimulator) -> None:
    taken, well = Taken(), False
    task = asyncio.create_task(replay(device, taken, first=0, last=70, live_is_well=lambda: well))
    await asyncio.sleep(1.5)
    assert not task.done()
    waited = len(taken.frames)
    well = True
    async with asyncio.timeout(10):
        await task
    assert waited < len(taken.frames) == 71


async def test_it_keeps_to_its_budget(device: OnvifSimulator) -> None:
    loop, taken = asyncio.get_running_loop(), Taken()
    began_s = loop.time()
    session = await replay(device, taken, first=0, last=70, rate_bps=400_000)
    took_s = loop.time() - began_s
    assert len(taken.frames) == 71
    # what the sockets of one machine hold goes by at once
    assert took_s >= (session.bytes_received - 100_000) * 8 / 400_000 - 1


async def test_what_goes_wrong_is_told(device: OnvifSimulator) -> None:
    with pytest.raises(RtspError) as raised:
        await replay(device, Taken(), first=20, last=60, credentials=Credentials("wartownik", "inne"))
    assert raised.value.fault is RtspFault.UNAUTHORIZED
    assert "inne" not in str(raised.value)
    device.behaviour.replay_drops_after_frames = 5
    taken = Taken()
    with pytest.raises(RtspError) as raised:
        await replay(device, taken, first=20, last=60)
    assert raised.value.fault is RtspFault.CLOSED
    assert len(taken.frames) <= 5
