"""The picture room in a running ingest: thumbnails, picture state in the status, events, memory over a restart."""

import asyncio
import io
from typing import Any

import aiohttp
import av

from hejnal_contracts.cameras import StreamFaulted
from hejnal_media.simulator import CameraSimulator


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
