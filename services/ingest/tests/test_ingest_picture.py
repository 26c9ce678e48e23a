"""The picture room in a running ingest: thumbnails, picture state in the status, events, memory over a restart."""

import asyncio
import io
from typing import Any

import aiohttp
import av
from picture_scenes import HEIGHT, WIDTH, encode, street

from hejnal_contracts.cameras import CameraTampered, StreamFaulted
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.clip import Clip, ClipSpec, Picture
from hejnal_media.simulator.mount import Show
from hejnal_media.simulator.packets import packetize_clip


async def test_a_thumbnail_is_made_and_told_with_its_age(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    object.__setattr__(town.settings, "picture_interval_s", 2.0)
    await town.register(simulator.url("cam-001/main"))
    headers = town.headers("operator-gateway")
    path = "/internal/v1/cameras/cam-001/thumbnail"
    async with town.running(), aiohttp.ClientSession(town.url) as client:
        await eventually(lambda: (status := town.facts.last_status()) and status.condition.value == "live")
        async with client.get(path) as answer:
            assert answer.status == 401
        async with asyncio.timeout(30):
            while True:
                async with client.get(path, headers=headers) as answer:
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.2)
        async with client.get(path, headers=headers) as answer:
            jpeg, etag = await answer.read(), answer.headers["ETag"]
            assert int(answer.headers["Age"]) < 15
            assert answer.headers["X-Taken-At"].endswith("+00:00")
        with av.open(io.BytesIO(jpeg)) as image:
            (frame,) = image.decode(video=0)
        assert (frame.width, frame.height) == (320, 180)
        async with client.get(path, headers=headers | {"If-None-Match": etag}) as answer:
            assert answer.status in (200, 304)
        async with client.get("/internal/v1/cameras/cam-777/thumbnail", headers=headers) as answer:
            assert answer.status == 404
        status = await eventually(
            lambda: (status := town.facts.last_status()) and status.picture and status.picture.state == "healthy" and status
        )
        assert status.picture.light == "day"
        stream = next(stream for stream in status.streams if stream.name == "main")
        assert stream.usual_fps > 0
        assert stream.jitter_s is not None
    state = town.settings.spool_dir / ".picture" / "cam-001.json"
    assert state.stat().st_mode & 0o077 == 0
    async with town.running():
        again = await eventually(
            lambda: (status := town.facts.last_status()) and status.epoch > 0 and status.picture and status.picture.state
        )
        assert again in ("healthy", "suspected")


async def test_a_fault_is_told_once_as_an_event(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register("rtsp://127.0.0.1:1/main")
    async with town.running():
        fault = await eventually(lambda: next(iter(town.facts.events_of(StreamFaulted)), None))
        assert fault.cause.value == "refused"
        await asyncio.sleep(3)
        assert len(town.facts.events_of(StreamFaulted)) == 1


def film(pictures: list[Any]) -> Show:
    """A clip of these pictures, as a simulated camera sends it."""
    coded = encode(pictures, gop=10)
    sps, pps = (next(unit for unit in coded[0][0] if unit[0] & 31 == kind) for kind in (7, 8))
    slices = [Picture(tuple(unit for unit in units if unit[0] & 31 in (1, 5)), key) for units, key in coded]
    spec = ClipSpec(width=WIDTH, height=HEIGHT, gop_frames=10, frames=len(slices))
    clip = Clip(spec, sps, pps, tuple(slices))
    return Show(clip, packetize_clip(clip))


async def test_a_covered_camera_is_told_and_so_is_its_end(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    object.__setattr__(town.settings, "picture_interval_s", 2.0)
    object.__setattr__(town.settings, "picture_cpu_share", 0.5)
    healthy = film([street(passers_by=number // 5) for number in range(40)])
    behind_a_bag = []
    for number in range(40):
        picture = street(passers_by=number // 5)
        picture[20:350, 30:620] = 60
        behind_a_bag.append(picture)
    covered = film(behind_a_bag)
    mount = next(mount for path, mount in simulator.mounts.items() if path.strip("/") == "cam-001/main")
    mount.change_show(healthy)
    await town.register(simulator.url("cam-001/main"))
    async with town.running():
        await eventually(
            lambda: (status := town.facts.last_status()) and status.picture and status.picture.state == "healthy", 30
        )
        await asyncio.sleep(3)
        assert town.facts.events_of(CameraTampered) == []
        mount.change_show(covered)
        onset = await eventually(lambda: next(iter(town.facts.events_of(CameraTampered)), None), 30)
        assert (onset.phase, onset.kind) == ("onset", "covered")
        await eventually(lambda: (status := town.facts.last_status()) and status.picture and status.picture.kind == "covered")
        mount.change_show(healthy)
        cleared = await eventually(
            lambda: next((fact for fact in town.facts.events_of(CameraTampered) if fact.phase == "cleared"), None), 60
        )
        assert cleared.kind == "covered"
        assert len(town.facts.events_of(CameraTampered)) == 2
