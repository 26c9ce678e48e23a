"""The edges of a gap: the first and the last picture of what a card gives, however the card ends."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from backfill_footage import shown_frames
from ingest_footage import PARAMETERS, START, unit

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded
from hejnal_ingest.backfill.filling import FilledCamera, GapFilling
from hejnal_ingest.backfill.gaps import Gap, microseconds
from hejnal_ingest.backfill.link_budget import LinkBudget
from hejnal_ingest.backfill.replay_session import ReplaySession
from hejnal_ingest.camera.recording import RecordingPlace
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.spool.ring import SpoolRoom
from hejnal_ingest.spool.writers import PendingBytes, SpoolWriters
from hejnal_media.rtsp import RtspError, RtspFault, SessionLimits
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.onvif import OnvifSimulator, ReplayEnd
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.bus import Producer

START_US = microseconds(START)
STEP_US = 40_000
FOREVER = 1 << 40


@dataclass
class Spool:
    """A place to record in, and what is told of it."""

    place: RecordingPlace
    facts: list[Fact] = field(default_factory=list)

    def fragments(self) -> list[FragmentWritten]:
        return [fact for fact in self.facts if isinstance(fact, FragmentWritten)]

    def frames(self) -> tuple[list[int], list[int]]:
        """Numbers of the frames that are shown, and of those that are only decoded."""
        files = [
            shown_frames(self.place.spool_dir / path) for path in dict.fromkeys(one.segment_path for one in self.fragments())
        ]
        return [frame for shown, _ in files for frame in shown], [frame for _, hidden in files for frame in hidden]

    def filling(self, gap: Gap) -> GapFilling:
        return GapFilling(self.place, FilledCamera("cam-001", "main", 1), gap)


@pytest_asyncio.fixture
async def spool(kafka_bootstrap: str, make_topics: Any, tmp_path: Path) -> AsyncIterator[Spool]:
    producer = Producer(kafka_bootstrap, await make_topics("camera-media"))
    queue, pool = FactQueue(producer), SpoolWriters(1)
    place = RecordingPlace(
        spool_dir=tmp_path,
        spool_url="http://127.0.0.1",
        ingest_id="ingest-test",
        segment_s=60,
        split_s=4,
        disk_retry_s=1,
        pool=pool,
        pending=PendingBytes(1 << 26),
        stall_s=60,
        room=SpoolRoom(),
        facts=queue,
    )
    one = Spool(place)
    queue.observe(one.facts.append)
    yield one
    await queue.close()
    pool.shutdown(wait=True)
    await producer.stop()


@pytest_asyncio.fixture
async def device(clips: Path) -> AsyncIterator[OnvifSimulator]:
    """With more than a hundred frames on its card."""
    simulator = CameraSimulator(town_mounts(1, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB), age_s=5)
    await simulator.start()
    one = OnvifSimulator(simulator, clock_offset_s=3600.3)
    await one.start()
    yield one
    await one.stop()
    await simulator.stop()


def gap_between(device: OnvifSimulator, first: int, following: int, *, before_us: int, after_us: int) -> Gap:
    """Frames `first` to `following - 1` are missing; the clocks differ by so much at its edges."""
    from_us, until_us = device.card.camera_us(first) - before_us, device.card.camera_us(following) - after_us
    return Gap(
        gap_id="gap",
        from_us=from_us,
        until_us=until_us,
        filled_until_us=from_us,
        cause=GapCause.LINK_DOWN,
        offset_before_us=before_us,
        offset_after_us=after_us,
    )


async def fill(spool: Spool, device: OnvifSimulator, gap: Gap, *, silent_s: float = 30) -> GapFilling:
    """One replay, as the back-fill does it."""
    filling, broken_off = spool.filling(gap), True
    budget = LinkBudget(1_000_000_000, 0.0)
    session = ReplaySession(
        f"{device.replay.url}/recording/REC_1",
        filling,
        credentials=None,
        budget=budget,
        live_is_well=lambda: True,
        limits=SessionLimits(10, 10),
        silent_s=silent_s,
    )
    low, high = (edge + (gap.offset_us(edge) or 0) for edge in (gap.filled_until_us, gap.until_us))
    try:
        await session.open(low - 1_000_000, high + 1_000_000)
        await session.run()
        broken_off = False
    finally:
        await session.close()
        await filling.close(broken_off=broken_off)
    return filling


@pytest.mark.parametrize("later_us", [-300_000, 0, 300_000])
async def test_the_last_picture_is_there_wherever_the_gap_ends_in_its_group(
    spool: Spool, device: OnvifSimulator, later_us: int
) -> None:
    """Groups are of ten pictures: among the ends there is one behind a key frame that stands alone."""
    for following in range(50, 61):
        spool.facts.clear()
        gap = gap_between(device, 23, following, before_us=3_600_300_000, after_us=3_600_300_000 + later_us)
        filling = await fill(spool, device, gap)
        assert spool.frames() == (list(range(23, following)), [20, 21, 22])
        assert filling.complete
        assert microseconds(spool.fragments()[0].starts_at) == gap.from_us
        assert microseconds(spool.fragments()[-1].ends_at) == gap.until_us


@pytest.mark.parametrize(
    ("end", "markers", "last_late_s"),
    [
        *((end, markers, 0.0) for end in ReplayEnd for markers in (True, False)),
        (ReplayEnd.GOODBYE, False, 0.3),
        (ReplayEnd.CLOSE, False, 0.3),
    ],
)
async def test_nothing_is_missing_however_the_card_ends(
    spool: Spool, device: OnvifSimulator, end: ReplayEnd, markers: bool, last_late_s: float
) -> None:
    """The card's footage ends with the gap: no picture comes behind the last one to show that it was whole."""
    device.card.missed.append((51, FOREVER))
    device.behaviour.replay_ends, device.behaviour.replay_markers = end, markers
    device.behaviour.replay_last_late_s = last_late_s
    gap = gap_between(device, 23, 51, before_us=3_600_300_000, after_us=3_600_300_000)
    filling = await fill(spool, device, gap, silent_s=0.5 if end is ReplayEnd.SILENCE else 30)
    assert spool.frames() == (list(range(23, 51)), [20, 21, 22])
    assert filling.complete
    assert microseconds(spool.fragments()[-1].ends_at) == gap.until_us


async def test_a_last_picture_that_does_not_come_is_fetched_with_the_next_replay(spool: Spool, device: OnvifSimulator) -> None:
    device.card.missed.append((51, FOREVER))
    device.behaviour.replay_last_late_s = 3600
    gap = gap_between(device, 23, 51, before_us=3_600_300_000, after_us=3_600_300_000)
    with pytest.raises(RtspError) as raised:
        await fill(spool, device, gap, silent_s=0.5)
    assert raised.value.fault is RtspFault.STALLED
    assert spool.frames()[0] == list(range(23, 40)), "the group of pictures that is not whole is left for the next time"
    gap.filled_until_us = microseconds(spool.fragments()[-1].ends_at)
    device.behaviour.replay_last_late_s = 0
    assert (await fill(spool, device, gap)).complete
    assert spool.frames()[0] == list(range(23, 51))


async def test_a_card_that_ends_before_the_gap_does_not_claim_its_end(spool: Spool, device: OnvifSimulator) -> None:
    device.card.missed.append((41, 79))
    gap = gap_between(device, 23, 71, before_us=3_600_300_000, after_us=3_600_300_000)
    filling = await fill(spool, device, gap)
    assert not filling.complete
    assert spool.frames()[0] == list(range(23, 41))
    assert microseconds(spool.fragments()[-1].ends_at) == device.card.camera_us(41) - 3_600_300_000


async def test_a_hole_that_only_the_times_tell_is_not_covered_by_the_picture_before_it(spool: Spool) -> None:
    """A lone key frame stands before the hole."""
    gap = Gap(
        gap_id="gap",
        from_us=START_US,
        until_us=START_US + 60 * STEP_US,
        filled_until_us=START_US,
        cause=GapCause.LINK_DOWN,
        offset_before_us=0,
        offset_after_us=0,
    )
    filling = spool.filling(gap)
    filling.codec_changed(PARAMETERS)
    for number in itertools.chain(range(21), range(40, 61)):
        wanted = filling.recorded(unit(number * 3600, key=number % 20 == 0), START_US + number * STEP_US)
        assert wanted == (number < 60)
    await filling.close(broken_off=False)
    assert filling.complete
    told = [[microseconds(one.starts_at) - START_US, microseconds(one.ends_at) - START_US] for one in spool.fragments()]
    assert told == [[0, 20 * STEP_US], [20 * STEP_US, 21 * STEP_US], [40 * STEP_US, 60 * STEP_US]]
    assert [one.frames for one in spool.fragments()] == [20, 1, 20]
    assert [one.fragments for one in spool.facts if isinstance(one, RunEnded)] == [2, 1]
