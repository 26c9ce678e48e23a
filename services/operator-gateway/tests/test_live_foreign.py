"""The live view in WHEP clients that are not ours and share no code with the gateway: pion (Go) and GStreamer's webrtcbin."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import av
import pytest
from gateway_house import Gateway
from gateway_relay import FPS, FakeIngest, encode, fake_ingest

from hejnal_local.setup.go_programs import WHEP_VIEWER
from hejnal_local.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 4


@pytest.fixture
async def ingest(gateway: Gateway) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(gateway, encode(width=640, height=480, bit_rate=2_000_000)) as running:
        await gateway.add_camera("cam-1")
        await gateway.publish(running.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        yield running


async def watch(gateway: Gateway, browser: aiohttp.ClientSession, *program: str | Path) -> tuple[bytes, str]:
    cookie = "; ".join(f"{item.key}={item.value}" for item in browser.cookie_jar)
    arguments = [str(part) for part in program] + [f"{gateway.url}/api/v1/whep/cam-1?stream=main", cookie, str(SECONDS)]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return out, err.decode()


async def test_pion_watches(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser:
        out, said = await watch(gateway, browser, WHEP_VIEWER.path(Workspace.of_this_clone()))
        await gateway.eventually(lambda: not gateway.resources.viewers._viewers)
    assert "video/H264" in said
    with av.open(io.BytesIO(out), format="h264") as stream:
        stream.streams.video[0].codec_context.options = {"err_detect": "explode"}  # a torn picture is an error
        pictures = [(frame.width, frame.height, frame.to_ndarray().tobytes()) for frame in stream.decode(video=0)]
    assert len(pictures) > SECONDS * FPS * 0.7, "with the newest group twice: at the beginning and as asked for"
    assert {picture[:2] for picture in pictures} == {(640, 480)}
    assert len({picture[2] for picture in pictures}) > 40


async def test_gstreamer_watches(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser:
        out, _ = await watch(gateway, browser, "/usr/bin/python3", ROOT / "tests/conformance/whep/gstreamer_viewer.py")
    seen = json.loads(out)
    assert seen["errors"] == []
    assert (seen["width"], seen["height"]) == (640, 480)
    assert seen["pictures"] > (SECONDS - 2) * FPS
    assert seen["different"] > 40
