"""A main stream of 4 Mbit/s through a link of 1 Mbit/s, and back."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_media.simulator import CameraSimulator, ClipSpec
from hejnal_media.simulator.link import SimulatedLink
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_SUB

MAIN = ClipSpec(width=1280, height=720, gop_frames=25, bitrate_bps=4_000_000, frames=50, preset="ultrafast")
GOP_S = 1.0
RECONNECT_S = 2.0
"""Until lateness is seen and the other stream has given its first key frame."""


async def test_a_thin_link_records_the_sub_stream_and_goes_back(town: Any, clips: Path, eventually: Any) -> None:
    simulator = CameraSimulator(town_mounts(1, clips, variants=1, main=MAIN, sub=SMALL_SUB))
    await simulator.start()
    link = SimulatedLink("127.0.0.1", simulator.port)
    await link.start()
    town.settings = town.settings.model_copy(update={"radio_stay_s": 6.0, "no_video_s": 8.0, "no_keyframe_s": 20.0})
    facts, loop = town.facts, asyncio.get_running_loop()

    def last_stream() -> str:
        started = facts.of(RunStarted)
        return started[-1].stream if started else ""

    try:
        await town.register(f"rtsp://127.0.0.1:{link.port}/cam-001/main")
        async with town.running():
            await eventually(lambda: len(facts.of(FragmentWritten)) >= 3)
            assert link.bytes_carried * 8 > 2_000_000  # the main stream is as heavy as it should be
            link.rate_bps = 1_000_000
            thin_s = loop.time()
            await eventually(lambda: last_stream() == "sub", 30)
            to_sub_s = loop.time() - thin_s
            await asyncio.sleep(5)
            assert last_stream() == "sub"
            link.rate_bps = 20_000_000
            wide_s = loop.time()
            await eventually(lambda: last_stream() == "main", 60)
            to_main_s = loop.time() - wide_s
            count = len(facts.of(FragmentWritten))
            await eventually(lambda: len(facts.of(FragmentWritten)) >= count + 3)
    finally:
        await link.stop()
        await simulator.stop()
    assert to_sub_s < 30
    assert to_main_s < 60
    ended = {one.run_id: one for one in facts.of(RunEnded)}
    runs = facts.of(RunStarted)
    assert [one.stream for one in runs] == ["main", "sub", "main"]
    assert [ended[one.run_id].cause for one in runs[:2]] == [GapCause.LINK_THIN] * 2
    for before, after in itertools.pairwise(runs):
        gap_s = (after.started_at - ended[before.run_id].ended_at).total_seconds()
        assert 0 <= gap_s <= GOP_S + RECONNECT_S
