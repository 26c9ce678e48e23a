"""SRT against ffmpeg, whose libsrt answers as the camera."""

import asyncio

import pytest
from test_ingest_sources import H264, PICTURE, check_h264, context, fault, ffmpeg, pulled

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.choose import choose_source
from hejnal_ingest.sources.source import SourceError
from hejnal_local.ports import free_ports
from hejnal_media.rtsp import Credentials, SessionLimits
from hejnal_media.testing import RecordingSink

SECRET = Credentials("", "a horse of a certain colour")


def camera(port: int, **options: str) -> tuple[str, ...]:
    query = "&".join(f"{name}={value}" for name, value in {"mode": "listener", **options}.items())
    return ("-re", *PICTURE, *H264, "-f", "mpegts", f"srt://127.0.0.1:{port}?{query}")


async def test_pictures_over_srt() -> None:
    (port,) = free_ports(1)
    async with ffmpeg(*camera(port)):
        sink = await pulled(f"srt://127.0.0.1:{port}?latency=120", pictures=30, tries=20)
    check_h264(sink)


async def test_encrypted_srt_wants_the_pass_phrase() -> None:
    (port,) = free_ports(1)
    url = f"srt://127.0.0.1:{port}"
    async with ffmpeg(*camera(port, passphrase=SECRET.password)):
        sink = await pulled(url, pictures=30, tries=20, credentials=SECRET)
    check_h264(sink)
    async with ffmpeg(*camera(port, passphrase=SECRET.password)):
        for wrong in (Credentials("", "a horse of another colour"), None):
            for _ in range(20):  # until the camera listens
                error = await fault(url, wrong, limits=SessionLimits(1, 1))
                if error.cause is not FaultCause.NO_ROUTE:
                    break
            assert error.cause is FaultCause.UNAUTHORIZED
            assert "horse" not in str(error)


async def test_nobody_answers() -> None:
    (port,) = free_ports(1)
    assert (await fault(f"srt://127.0.0.1:{port}", limits=SessionLimits(0.5, 0.5))).cause is FaultCause.NO_ROUTE
    assert (await fault("srt://127.0.0.1:9", Credentials("", "short"))).cause is FaultCause.UNAUTHORIZED


async def test_a_camera_that_goes_is_told() -> None:
    (port,) = free_ports(1)
    sink = RecordingSink()
    async with ffmpeg(*camera(port)) as process:
        for _ in range(20):
            source = choose_source(context(), f"srt://127.0.0.1:{port}", sink, sink, None)
            try:
                await source.open()
                break
            except SourceError:
                await source.close()
                await asyncio.sleep(0.2)
        process.kill()
        with pytest.raises(SourceError) as caught:
            async with asyncio.timeout(20):
                await source.run()
        await source.close()
    assert caught.value.cause in (FaultCause.CLOSED, FaultCause.STALLED)
    assert sink.units
