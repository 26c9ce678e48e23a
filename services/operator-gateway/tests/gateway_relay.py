"""Stands for ingest: speaks the relay framing over HTTP with real H.264 made by PyAV."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np
from aiohttp import web
from gateway_house import Gateway, running_app

from hejnal_contracts.cameras import CameraCondition, CameraStatusReported, StreamHealth
from hejnal_media.access_unit import AccessUnit, AudioParameters
from hejnal_media.relay import KEEP_ALIVE_RECORD, StreamInfo, encode_access_unit, encode_run_ended, encode_stream_info
from hejnal_runtime.tokens import TokenVerifier

FPS, GOP = 25, 25


def encode(frames: int = 2 * GOP, width: int = 320, height: int = 240, bit_rate: int = 400_000) -> list[tuple[bytes, bool]]:
    """(length-prefixed access unit, key frame) of a moving picture; constrained baseline, one GOP a second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    encoder.gop_size, encoder.bit_rate = GOP, bit_rate
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": "scenecut=0:threads=1"}
    packets = []
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    for number in range(frames):
        picture = np.roll(noise, number * 4, axis=1) // 4
        picture[:, (number * 5) % width : (number * 5) % width + 20] = 255
        frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(_length_prefixed(bytes(packet)), packet.is_keyframe) for packet in packets]


def _length_prefixed(annex_b: bytes) -> bytes:
    nals = [nal for nal in re.split(b"\x00\x00\x00\x01|\x00\x00\x01", annex_b) if nal]
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


@dataclass
class FakeIngest:
    """Relays one clip, looped in real time, to everybody who asks. `drop()` and `bring_back()` play a camera's fault."""

    clip: list[tuple[bytes, bool]]
    sub: "FakeIngest | None" = None
    """The camera's other stream, when it has one of its own."""
    size: tuple[int, int] = (320, 240)
    url: str = ""
    connections: int = 0
    open: int = 0
    up: bool = True
    held: bool = False
    """The camera stands still: no picture comes, and nothing is said of it."""
    run: int = 1
    sent: int = 0
    audio: AudioParameters | None = None
    late_s: float = 0.0
    """How long pictures are said to have been at ingest before they go out."""
    sent_at_us: "list[int]" = field(default_factory=list)
    """When each picture came to ingest, by its number."""
    _gop: list[AccessUnit] = field(default_factory=list)
    _readers: "set[asyncio.Queue[bytes]]" = field(default_factory=set)

    def info(self) -> bytes:
        return encode_stream_info(
            StreamInfo(codec="avc1.42c01e", width=self.size[0], height=self.size[1], run_id=f"run-{self.run}", audio=self.audio)
        )

    async def play(self) -> None:
        started, number = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, started + number / FPS - time.monotonic()))
            if self.held:
                started += 1 / FPS
                continue
            payload, key = self.clip[number % len(self.clip)]
            self.sent_at_us.append(time.time_ns() // 1000 - int(self.late_s * 1e6))
            unit = AccessUnit(number * 90_000 // FPS, self.sent_at_us[-1], key, [payload], len(payload))
            if self.up:
                self._gop = [unit] if key else [*self._gop, unit]
                self.sent += 1
                self.tell(encode_access_unit(unit))
            number += 1

    def tell(self, record: bytes) -> None:
        for reader in self._readers:
            reader.put_nowait(record)

    def drop(self) -> None:
        self.up = False
        self._gop = []
        self.tell(encode_run_ended("closed", "the camera went away"))

    def bring_back(self) -> None:
        self.run += 1
        self.tell(self.info())
        self.up = True

    async def hold(self) -> None:
        """Stands still in the middle of a group of pictures: who comes now sees only what was kept of it."""
        while len(self._gop) != GOP // 2:
            await asyncio.sleep(0.005)
        self.held = True

    def break_connections(self) -> None:
        self.tell(b"")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if "/relay/" not in request.path:
            return web.Response(status=503)  # it is asked for a probe too, as soon as it has the camera
        answer = web.StreamResponse()
        await answer.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.connections += 1
        self.open += 1
        try:
            for record in (self.info(), *(encode_access_unit(unit) for unit in self._gop)):
                await answer.write(record)
            self._readers.add(queue)
            while True:
                try:
                    record = await asyncio.wait_for(queue.get(), 1)
                except TimeoutError:
                    record = KEEP_ALIVE_RECORD
                if not record:
                    return answer
                await answer.write(record)
        finally:
            self._readers.discard(queue)
            self.open -= 1

    def status(
        self, camera_id: str, *, epoch: int = 1, live: bool = True, observed_at: datetime | None = None
    ) -> CameraStatusReported:
        now = datetime.now(UTC)
        return CameraStatusReported(
            camera_id=camera_id,
            epoch=1,
            ingest_id="ingest-1",
            relay_url=self.url,
            condition=CameraCondition.LIVE,
            since=now,
            observed_at=now,
            streams=(
                StreamHealth(name="main", codec="avc1.42c01e", width=320, height=240, fps=25, bitrate_bps=400_000, gop_s=1),
            ),
        )


@asynccontextmanager
async def fake_ingest(
    gateway: Gateway, clip: list[tuple[bytes, bool]], sub: list[tuple[bytes, bool]] | None = None
) -> AsyncIterator[FakeIngest]:
    ingest = FakeIngest(clip, sub=FakeIngest(sub) if sub is not None else None)
    verifier = TokenVerifier("ingest", gateway.keys.jwks_file)

    async def handle(request: web.Request) -> web.StreamResponse:
        assert verifier.verify(request.headers["authorization"].removeprefix("Bearer ")).service == "operator-gateway"
        wanted = ingest.sub if ingest.sub is not None and request.path.endswith("/sub") else ingest
        return await wanted.serve(request)

    async with running_app(handle) as url:
        ingest.url = url
        playing = [asyncio.create_task(one.play()) for one in (ingest, ingest.sub) if one is not None]
        try:
            yield ingest
        finally:
            for task in playing:
                task.cancel()
            await asyncio.gather(*playing, return_exceptions=True)
