"""An outage, and the pictures of it fetched from the card of the simulated camera."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from backfill_footage import shown_frames

from hejnal_contracts.cameras import OnvifAccess
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.link import SimulatedLink
from hejnal_media.simulator.onvif import OnvifSimulator


@pytest_asyncio.fixture
async def device(simulator: CameraSimulator) -> AsyncIterator[OnvifSimulator]:
    one = OnvifSimulator(simulator)
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def link(simulator: CameraSimulator) -> AsyncIterator[SimulatedLink]:
    one = SimulatedLink("127.0.0.1", simulator.port)
    await one.start()
    yield one
    await one.stop()


class Outage:
    """A camera whose link is cut once."""

    def __init__(self, town: Any, link: SimulatedLink, device: OnvifSimulator, eventually: Any) -> None:
        self.town, self.link, self.device, self.eventually = town, link, device, eventually
        self.facts = town.facts
        changes = {"backfill_settle_s": 0.3, "backfill_min_gap_s": 0.3, "backfill_rate_bps": 3_000_000}
        town.settings = town.settings.model_copy(update=changes)

    async def register(self) -> None:
        access = OnvifAccess(url=self.device.url, main_profile="main", card_recording=True)
        await self.town.register(f"rtsp://127.0.0.1:{self.link.port}/cam-001/main", onvif=access)

    async def happen(self, seconds: float) -> None:
        live = len(self.live_runs())
        await self.eventually(lambda: len(self.of_run(self.live_runs()[-1])) >= 3 if self.live_runs() else False)
        await self.link.cut()
        await asyncio.sleep(seconds)
        self.link.restore()
        await self.eventually(lambda: len(self.live_runs()) > max(1, live))

    def live_runs(self) -> list[str]:
        return [one.run_id for one in self.facts.of(RunStarted) if not one.backfilled]

    def filled_runs(self) -> list[str]:
        return [one.run_id for one in self.facts.of(RunStarted) if one.backfilled]

    def of_run(self, run_id: str) -> list[FragmentWritten]:
        return [one for one in self.facts.of(FragmentWritten) if one.run_id == run_id]

    def ended(self, run_id: str) -> RunEnded | None:
        return next((one for one in self.facts.of(RunEnded) if one.run_id == run_id), None)

    def ledger(self) -> str:
        path = self.town.settings.spool_dir / ".backfill" / "cam-001.json"
        return path.read_text() if path.exists() else ""

    def frames(self, run_ids: list[str]) -> tuple[list[int], list[int]]:
        shown: list[int] = []
        hidden: list[int] = []
        for path in dict.fromkeys(one.segment_path for run_id in run_ids for one in self.of_run(run_id)):
            more, unseen = shown_frames(self.town.settings.spool_dir / path)
            shown += more
            hidden += unseen
        return shown, hidden

    def check_edges(self) -> None:
        """Back-filled fragments lie in the gap, one behind the other."""
        before, after = self.live_runs()[:2]
        from_at, until_at = self.of_run(before)[-1].ends_at, self.of_run(after)[0].starts_at
        fragments = sorted((one for run in self.filled_runs() for one in self.of_run(run)), key=lambda one: one.starts_at)
        assert fragments[0].starts_at == from_at
        assert fragments[-1].ends_at == until_at
        assert all(one.ends_at <= other.starts_at for one, other in itertools.pairwise(fragments))


@pytest.fixture
def outage(town: Any, link: SimulatedLink, device: OnvifSimulator, eventually: Any) -> Outage:
    return Outage(town, link, device, eventually)


async def test_every_frame_of_an_outage_is_fetched_from_the_card(outage: Outage, simulator: CameraSimulator) -> None:
    """The camera's clock is wrong by an hour and a bit."""
    outage.device.clock.offset_s = 3600.3
    simulator.mounts["cam-001/main"].behaviour.clock_error_s = 3600.3
    await outage.register()
    async with outage.town.running():
        await outage.happen(2.5)
        await outage.eventually(lambda: outage.filled_runs() and outage.ended(outage.filled_runs()[-1]), 40)
        await outage.eventually(lambda: len(outage.of_run(outage.live_runs()[1])) >= 3)
    before, after = outage.live_runs()[:2]
    first, last = outage.frames([before])[0][-1], outage.frames([after])[0][0]
    shown, hidden = outage.frames(outage.filled_runs())
    assert shown == list(range(first + 1, last))
    assert hidden == sorted(hidden)
    assert all(frame <= first for frame in hidden)
    outage.check_edges()
    (run,) = outage.filled_runs()
    assert outage.ended(run).cause is GapCause.BACKFILLED  # type: ignore[union-attr]
    assert outage.device.replay.plays[0][1] == "no"
    assert '"gaps":[]' in outage.ledger()


async def test_a_second_cut_in_mid_back_fill_and_a_restart_lose_and_double_nothing(outage: Outage) -> None:
    await outage.register()
    outage.device.behaviour.replay_drops_after_frames = 100
    async with outage.town.running():
        await outage.happen(4)
        await outage.eventually(lambda: outage.filled_runs() and outage.ended(outage.filled_runs()[0]), 40)
    assert '"gap_id"' in outage.ledger()
    async with outage.town.running():
        await outage.eventually(lambda: outage.ledger() and '"gaps":[]' not in outage.ledger())
        await outage.eventually(lambda: len(outage.filled_runs()) >= 3 and outage.ended(outage.filled_runs()[-1]), 60)
    before, after = outage.live_runs()[:2]
    first, last = outage.frames([before])[0][-1], outage.frames([after])[0][0]
    in_gap = [run for run in outage.filled_runs() if outage.of_run(run)[0].starts_at < outage.of_run(after)[0].starts_at]
    shown, _ = outage.frames(in_gap)
    assert shown == list(range(first + 1, last))


async def test_what_the_card_has_missed_itself_stays_a_gap(outage: Outage) -> None:
    await outage.register()
    async with outage.town.running():
        await outage.eventually(lambda: outage.live_runs() and len(outage.of_run(outage.live_runs()[-1])) >= 3)
        tick = outage.device.card.last_tick
        outage.device.card.missed.append((tick + 40, tick + 55))
        await outage.happen(4)
        await outage.eventually(lambda: len(outage.filled_runs()) >= 2 and outage.ended(outage.filled_runs()[-1]), 40)
    before, after = outage.live_runs()[:2]
    first, last = outage.frames([before])[0][-1], outage.frames([after])[0][0]
    shown, _ = outage.frames(outage.filled_runs())
    resumed = next(tick for tick in itertools.count(tick + 56) if outage.device.card.key_frame(tick))
    assert shown == [*range(first + 1, tick + 40), *range(resumed, last)]
    outage.check_edges()
