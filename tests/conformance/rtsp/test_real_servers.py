"""Our client against RTSP servers that others have written: every picture, the sound, keep-alives, TEARDOWN."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from hejnal_media.rtsp import Credentials, RtspError, RtspFault, RtspSession, SessionLimits, TlsPolicy
from hejnal_media.simulator import find_frame_mark
from hejnal_media.testing import RecordingSink
from tests.conformance.rtsp.conftest import FRAMES
from tests.conformance.rtsp.servers import GSTREAMER, RealServer, publisher, real_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

LIMITS = SessionLimits(connect_timeout_s=5, response_timeout_s=5, teardown_timeout_s=2)
CODECS = {"aac": "mp4a.40.2", "alaw": "alaw", "opus": "opus"}


@dataclass
class Reader:
    """A session that reads until the stream ends."""

    sink: RecordingSink
    session: RtspSession
    ended: asyncio.Task[RtspError]

    def frames(self) -> list[int]:
        marks = [find_frame_mark(unit) for unit in self.sink.units]
        assert all(marks)
        return [mark.frame for mark in marks if mark]

    def consecutive(self, at_least: int) -> None:
        frames = self.frames()
        assert len(frames) >= at_least
        assert frames == list(range(frames[0], frames[0] + len(frames)))
        assert not self.sink.breaks


async def reader(url: str, *, credentials: Credentials | None = None, tls: TlsPolicy | None = None) -> Reader:
    sink = RecordingSink()
    session = RtspSession(url, sink, audio=sink, limits=LIMITS, credentials=credentials, tls=tls)
    await session.open()

    async def run() -> RtspError:
        try:
            await session.run()
        except RtspError as error:
            return error
        raise AssertionError("a session ends with an error")

    return Reader(sink, session, asyncio.create_task(run()))


def sounds(made: Reader, codec: str) -> None:
    assert made.session.has_audio
    assert made.sink.audio_parameters[0].codec == CODECS[codec]
    seconds = len(made.sink.units) / 25
    ticks = made.sink.audio[-1].ticks - made.sink.audio[0].ticks
    assert ticks / made.sink.audio_parameters[0].sample_rate == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize("codecs", ["h264+aac", "h265+alaw", "h264+opus", "h265+aac"])
async def test_gstreamer_from_the_first_picture_to_the_last(files: dict[str, Path], codecs: str) -> None:
    async with real_server(*GSTREAMER, "--session-timeout", "3", f"live={codecs}:{files[codecs]}") as server:
        made = await reader(f"rtsp://127.0.0.1:{server.port}/live")
        await server.until(lambda: len(made.sink.units) >= FRAMES - 1, 20)
        await asyncio.wait({made.ended}, timeout=3)
        made.consecutive(FRAMES - 1)
        assert made.frames()[0] == 0
        sounds(made, codecs.partition("+")[2])
        video = made.sink.parameters[0]
        assert (video.width, video.height) == (320, 240)
        assert video.codec.startswith("hvc1" if "h265" in codecs else "avc1")
        assert server.count("request", "GET_PARAMETER") + server.count("request", "OPTIONS") >= 4  # every 1.5 s
        assert not server.count("expired")
        await made.session.close()
        await server.until(lambda: server.count("request", "TEARDOWN") or made.ended.done())


async def test_gstreamer_hears_teardown(files: dict[str, Path]) -> None:
    async with real_server(*GSTREAMER, f"live=h264+aac:{files['h264+aac']}") as server:
        made = await reader(f"rtsp://127.0.0.1:{server.port}/live")
        await server.until(lambda: len(made.sink.units) >= 20)
        await made.session.close()
        await server.until(lambda: server.count("request", "TEARDOWN") == 1)
        await server.until(lambda: server.count("closed") == 1)
        assert (await made.ended).fault is RtspFault.CLOSED
        made.consecutive(20)


@pytest.mark.parametrize("secure", [False, True])
async def test_gstreamer_with_digest_and_tls(files: dict[str, Path], certificate: Path, secure: bool) -> None:
    options = ["--user", "viewer", *(["--certificate", str(certificate)] if secure else [])]
    async with real_server(*GSTREAMER, *options, f"live=h264+alaw:{files['h264+alaw']}", password="tajne") as server:
        url = f"{'rtsps' if secure else 'rtsp'}://127.0.0.1:{server.port}/live"
        tls = TlsPolicy(ca_file=certificate)
        with pytest.raises(RtspError) as caught:
            await reader(url, credentials=Credentials("viewer", "zgadnij"), tls=tls)
        assert caught.value.fault is RtspFault.UNAUTHORIZED
        made = await reader(url, credentials=Credentials("viewer", "tajne"), tls=tls)
        await server.until(lambda: len(made.sink.units) >= 60)
        await made.session.close()
        made.consecutive(60)


async def test_gstreamer_has_no_such_stream(files: dict[str, Path]) -> None:
    async with real_server(*GSTREAMER, f"live=h264+aac:{files['h264+aac']}") as server:
        with pytest.raises(RtspError) as caught:
            await reader(f"rtsp://127.0.0.1:{server.port}/elsewhere")
        assert caught.value.fault in (RtspFault.NOT_FOUND, RtspFault.UNAUTHORIZED)


async def published(server: RealServer) -> None:
    await server.until(lambda: server.count("published") > server.count("unpublished"))


@pytest.mark.parametrize("codecs", ["h264+aac", "h265+aac", "h264+opus", "h265+alaw"])
async def test_gortsplib_with_ffmpeg_behind_it(gortsplib: str, files: dict[str, Path], codecs: str) -> None:
    async with real_server(gortsplib) as server, publisher(f"rtsp://127.0.0.1:{server.port}/cam", files[codecs]):
        await published(server)
        made = await reader(f"rtsp://127.0.0.1:{server.port}/cam")
        await server.until(lambda: server.count("unpublished"), 20)
        await asyncio.wait({made.ended}, timeout=5)
        made.consecutive(FRAMES - 80)
        assert made.sink.units[0].key_frame
        assert made.frames()[-1] >= FRAMES - 2
        sounds(made, codecs.partition("+")[2])
        await made.session.close()


@pytest.mark.parametrize("secure", [False, True])
async def test_gortsplib_with_digest_tls_and_teardown(
    gortsplib: str, files: dict[str, Path], certificate: Path, secure: bool
) -> None:
    tls = ["--certificate", str(certificate), "--key", str(certificate)] if secure else []
    scheme = "rtsps" if secure else "rtsp"
    async with real_server(gortsplib, "--user", "viewer", *tls, password="tajne") as server:
        url = f"{scheme}://127.0.0.1:{server.port}/cam"
        async with publisher(url, files["h264+aac"]):
            await published(server)
            with pytest.raises(RtspError) as caught:
                await reader(url, credentials=Credentials("viewer", "zgadnij"), tls=TlsPolicy(ca_file=certificate))
            assert caught.value.fault is RtspFault.UNAUTHORIZED
            made = await reader(url, credentials=Credentials("viewer", "tajne"), tls=TlsPolicy(ca_file=certificate))
            await server.until(lambda: len(made.sink.units) >= 30)
            await made.session.close()
            await server.until(lambda: server.count("request", "TEARDOWN"))
            made.consecutive(30)
