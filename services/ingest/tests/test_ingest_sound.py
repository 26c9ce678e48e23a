"""Sound and H.265 from the camera to the file; sound only where the plan asks for it."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from hejnal_contracts.cameras import RecordingPlan
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_media.access_unit import AudioParameters
from hejnal_media.relay import RelayDecoder, RelayedAudio, RelayedUnit, StreamInfo
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.behaviour import Behaviour
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB


@pytest.fixture
async def speaking(clips: Path) -> Any:
    """cam-001 speaks A-law beside H.264, cam-002 µ-law beside H.265."""
    both = [
        (1, SMALL_MAIN, Behaviour(audio="PCMA")),
        (2, replace(SMALL_MAIN, codec="h265"), Behaviour(audio="PCMU")),
    ]
    mounts = []
    for number, main, behaviour in both:
        behaviours = {f"cam-{number:03d}": behaviour}
        made = town_mounts(2, clips, variants=1, main=main, sub=SMALL_SUB, behaviours=behaviours)
        mounts += [mount for mount in made if mount.camera == f"cam-{number:03d}"]
    server = CameraSimulator(mounts)
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize(("camera", "codec", "sound"), [("cam-001", "avc1", "alaw"), ("cam-002", "hvc1", "ulaw")])
async def test_sound_is_recorded_where_the_plan_says_so(
    town: Any, speaking: CameraSimulator, eventually: Any, camera: str, codec: str, sound: str
) -> None:
    await town.register(speaking.url(f"{camera}/main"), camera, recording=RecordingPlan(record_audio=True))
    facts = town.facts
    async with town.running():
        await eventually(lambda: sum(f.segment_ends for f in facts.of(FragmentWritten, camera)) >= 2)
    await eventually(lambda: facts.of(RunEnded, camera))
    (started,) = facts.of(RunStarted, camera)
    assert started.codec.startswith(codec)
    assert started.audio_codec == sound
    fragments = facts.of(FragmentWritten, camera)
    for name in dict.fromkeys(f.segment_path for f in fragments):
        with av.open(str(town.settings.spool_dir / name)) as container:
            heard = [p for p in container.demux(audio=0) if p.size]
        with av.open(str(town.settings.spool_dir / name)) as container:
            seen = sorted(float(p.pts * p.time_base) for p in container.demux(video=0) if p.size)
        with av.open(str(town.settings.spool_dir / name)) as container:
            assert sum(1 for _ in container.decode(video=0)) == len(seen)
        times = [float(p.pts * p.time_base) for p in heard]
        assert abs(times[0] - seen[0]) < 0.1
        assert abs(times[-1] - seen[-1]) < 0.1
        # the hum goes on without a hole: one packet of 40 ms a picture
        assert max((after - before for before, after in pairwise(times)), default=0) < 0.06


async def test_sound_is_not_even_received_where_the_plan_is_silent(town: Any, speaking: CameraSimulator, eventually: Any) -> None:
    await town.register(speaking.url("cam-001/main"))
    facts = town.facts
    async with town.running():
        first = (await eventually(lambda: facts.of(FragmentWritten)))[0]
        (started,) = facts.of(RunStarted)
        assert started.audio_codec is None
        with av.open(str(town.settings.spool_dir / first.segment_path)) as container:
            assert not container.streams.audio
        assert all(connection.audio_channel < 0 for connection in speaking._connections)
        # a changed plan opens the camera anew, with sound
        await town.register(speaking.url("cam-001/main"), recording=RecordingPlan(record_audio=True))
        await eventually(lambda: any(run.audio_codec == "alaw" for run in facts.of(RunStarted)))


async def test_sound_that_comes_and_goes_begins_new_runs_without_a_hole(
    town: Any, speaking: CameraSimulator, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hejnal_ingest.camera.recording._SILENT_US", 600_000)
    behaviour = next(mount.behaviour for mount in speaking.mounts.values() if mount.camera == "cam-001")
    await town.register(speaking.url("cam-001/main"), recording=RecordingPlan(record_audio=True))
    facts = town.facts
    async with town.running():
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 2)
        behaviour.audio = ""
        await eventually(lambda: len(facts.of(RunStarted)) >= 2)
        await eventually(lambda: facts.of(FragmentWritten)[-1].run_id == facts.of(RunStarted)[-1].run_id)
        behaviour.audio = "PCMA"
        await eventually(lambda: len(facts.of(RunStarted)) >= 3)
    assert [run.audio_codec for run in facts.of(RunStarted)][:3] == ["alaw", None, "alaw"]
    ends = facts.of(RunEnded)
    assert {end.cause for end in ends[:2]} == {GapCause.CAMERA_REBOOT}
    for end, start in zip(ends, facts.of(RunStarted)[1:], strict=False):
        assert abs((start.started_at - end.ended_at).total_seconds()) < 0.05


async def test_who_watches_gets_the_sound_too(town: Any, speaking: CameraSimulator, eventually: Any) -> None:
    await town.register(speaking.url("cam-001/main"), recording=RecordingPlan(record_audio=True))
    decoder, info, heard, seen = RelayDecoder(), list[StreamInfo](), list[RelayedAudio](), list[RelayedUnit]()
    async with town.running(), aiohttp.ClientSession(town.url) as http:
        await eventually(lambda: town.facts.of(FragmentWritten))
        url, headers = "/internal/v1/relay/cam-001/main", town.headers("operator-gateway")
        async with http.get(url, headers=headers) as answer, asyncio.timeout(15):
            async for chunk in answer.content.iter_any():
                for record in decoder.feed(chunk):
                    info += [record] if isinstance(record, StreamInfo) else []
                    heard += [record] if isinstance(record, RelayedAudio) else []
                    seen += [record] if isinstance(record, RelayedUnit) else []
                if len(heard) >= 40:
                    break
    assert info[-1].audio == AudioParameters("alaw", 8000, 1)
    assert len({one.run_id for one in info}) == 1
    assert {after.frame.ticks - before.frame.ticks for before, after in pairwise(heard)} == {320}
    assert abs(heard[-1].frame.received_at_us - seen[-1].unit.received_at_us) < 500_000
