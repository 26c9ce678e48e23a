"""Stands for ingest with any codec: real encodings in decoding order, B-frames too, looped in real time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web
from gateway_house import Gateway, running_app
from gateway_relay import FakeIngest

from hejnal_contracts.cameras import CameraCondition, CameraStatusReported, StreamHealth
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.relay import StreamInfo, encode_access_unit, encode_stream_info
from hejnal_media.testing_streams import TICKS, Coded, encode_pictures, parameters_of
from hejnal_runtime.tokens import TokenVerifier

B_FRAMES = "bframes=2:b-adapt=0:keyint=25:min-keyint=25:scenecut=0"
NO_B_FRAMES = "bframes=0:keyint=25:min-keyint=25:scenecut=0"


class CodedIngest(FakeIngest):
    """`FakeIngest` with pictures of `encode_pictures`."""

    def __init__(self, coded: tuple[Coded, ...], parameters: CodecParameters) -> None:
        super().__init__([])
        self.coded = coded
        self.parameters = parameters

    def info(self) -> bytes:
        known = self.parameters
        return encode_stream_info(StreamInfo(known.codec, known.width, known.height, f"run-{self.run}"))

    async def play(self) -> None:
        started, number, count = time.monotonic(), 0, len(self.coded)
        while True:
            await asyncio.sleep(max(0.0, started + number / 25 - time.monotonic()))
            if self.held:
                started += 1 / 25
                continue
            picture = self.coded[number % count]
            ticks = (number // count * count + picture.pts + 10) * TICKS
            unit = AccessUnit(ticks, time.time_ns() // 1000, picture.key, [picture.payload], len(picture.payload))
            if self.up:
                self._gop = [unit] if picture.key else [*self._gop, unit]
                self.sent += 1
                self.tell(encode_access_unit(unit))
            number += 1

    def status(
        self, camera_id: str, *, epoch: int = 1, live: bool = True, observed_at: datetime | None = None
    ) -> CameraStatusReported:
        now = datetime.now(UTC)
        known = self.parameters
        health = [
            StreamHealth(
                name=name, codec=known.codec, width=known.width, height=known.height, fps=25, bitrate_bps=400_000, gop_s=1
            )
            for name in ("main", "sub")
        ]
        return CameraStatusReported(
            camera_id=camera_id,
            epoch=epoch,
            ingest_id="ingest-1",
            relay_url=self.url,
            condition=CameraCondition.LIVE if live else CameraCondition.RETRYING,
            since=now,
            observed_at=observed_at or now,
            streams=tuple(health),
        )


@asynccontextmanager
async def coded_ingest(
    gateway: Gateway,
    encoder: str,
    parameters: str = "",
    *,
    size: tuple[int, int] = (192, 108),
    camera_id: str = "cam-1",
    **camera: object,
) -> AsyncIterator[CodedIngest]:
    """A camera of this encoding, registered, reported on, and relayed."""
    coded = encode_pictures(encoder, parameters, 50, size)
    ingest = CodedIngest(coded, parameters_of(encoder, coded))
    verifier = TokenVerifier("ingest", gateway.keys.jwks_file)

    async def handle(request: web.Request) -> web.StreamResponse:
        assert verifier.verify(request.headers["authorization"].removeprefix("Bearer ")).service == "operator-gateway"
        return await ingest.serve(request)

    async with running_app(handle) as url:
        ingest.url = url
        playing = asyncio.create_task(ingest.play())
        try:
            await gateway.add_camera(camera_id, **camera)
            await gateway.publish(ingest.status(camera_id), "ingest")
            await gateway.eventually(lambda: gateway.resources.board.report(camera_id))
            yield ingest
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
