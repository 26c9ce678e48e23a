"""Sources other than RTSP over TCP, against programs that are not ours."""

import asyncio
import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import web

from hejnal_contracts.cameras import CameraCondition, FaultCause
from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_ingest.sources import native_worker
from hejnal_ingest.sources.address import native_address
from hejnal_ingest.sources.choose import SourceContext, choose_source
from hejnal_ingest.sources.native import NativePlaces, NativeSource
from hejnal_ingest.sources.source import SourceError
from hejnal_local.ports import free_ports
from hejnal_media.access_unit import VideoKind
from hejnal_media.rtsp import Credentials, ReceiveBuffer, SessionLimits
from hejnal_media.sink import BreakReason
from hejnal_media.testing import RecordingSink

Making = Callable[..., SourceContext]
PICTURE = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=25"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p"]


def context(**changes: Any) -> SourceContext:
    values: dict[str, Any] = {
        "now_us": lambda: time.time_ns() // 1000,
        "buffer": ReceiveBuffer(),
        "limits": SessionLimits(2, 2),
        "places": NativePlaces(4),
        "no_video_s": 3.0,
    }
    return SourceContext(**{**values, **changes})


@contextlib.asynccontextmanager
async def ffmpeg(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-nostdin", *arguments, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def pulled(
    url: str, *, pictures: int, credentials: Credentials | None = None, tries: int = 1, **changes: Any
) -> RecordingSink:
    """What a source gives until it has given `pictures`."""
    for attempt in range(tries):
        sink = RecordingSink()
        source = choose_source(context(**changes), url, sink, sink, credentials)
        try:
            await source.open()
            running = asyncio.create_task(source.run())
            async with asyncio.timeout(20):
                while len(sink.units) < pictures and not running.done():
                    await asyncio.sleep(0.02)
            if running.done() and len(sink.units) < pictures:
                await running
            assert source.figures().pictures >= pictures
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        except SourceError:
            if attempt == tries - 1:
                raise
            await asyncio.sleep(0.3)
            continue
        finally:
            await source.close()
        return sink
    raise AssertionError


async def fault(url: str, credentials: Credentials | None = None, **changes: Any) -> SourceError:
    """How a source ends that is to end by itself."""
    sink = RecordingSink()
    with pytest.raises(SourceError) as caught:
        source = choose_source(context(**changes), url, sink, sink, credentials)
        try:
            await source.open()
            async with asyncio.timeout(20):
                await source.run()
        finally:
            await source.close()
    return caught.value


def check_h264(sink: RecordingSink, kind: VideoKind = VideoKind.H264) -> None:
    assert sink.parameters[0].kind is kind
    assert (sink.parameters[0].width, sink.parameters[0].height) == (320, 180)
    assert sink.units[0].key_frame
    assert not sink.breaks
    ticks = [unit.ticks for unit in sink.units]
    assert all(3000 < after - before < 4200 for before, after in itertools.pairwise(ticks))
    for unit in sink.units:
        found = [nal[0] & 31 if kind is VideoKind.H264 else nal[0] >> 1 & 63 for nal in unit.nal_units()]
        if unit.key_frame:
            assert found[:2] == ([7, 8] if kind is VideoKind.H264 else [32, 33])


async def test_rtmp_with_sound() -> None:
    (port,) = free_ports(1)
    url = f"rtmp://127.0.0.1:{port}/live/gate"
    audio = ["-c:a", "aac", "-ar", "48000"]
    async with ffmpeg("-re", *PICTURE, *SOUND, *H264, *audio, "-f", "flv", "-listen", "1", url):
        sink = await pulled(url, pictures=30, tries=20)
    check_h264(sink)
    assert (sink.audio_parameters[0].codec, sink.audio_parameters[0].sample_rate) == ("mp4a.40.2", 48_000)
    assert sink.audio_parameters[0].config
    assert all(before.ticks < after.ticks for before, after in itertools.pairwise(sink.audio))


@contextlib.asynccontextmanager
async def website(routes: dict[str, Any]) -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    await runner.cleanup()


def made(folder: Path, name: str, *arguments: str, seconds: float = 2) -> Path:
    command = ["ffmpeg", "-v", "error", "-y", *PICTURE, *SOUND, "-t", str(seconds), *arguments, str(folder / name)]
    subprocess.run(command, check=True, timeout=60)
    return folder / name


def jpegs(folder: Path, count: int = 20) -> list[bytes]:
    subprocess.run(
        ["ffmpeg", "-v", "error", *PICTURE, "-frames:v", str(count), "-c:v", "mjpeg", str(folder / "%03d.jpg")],
        check=True,
        timeout=60,
    )
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


async def test_multipart_mjpeg_keeps_the_images_as_they_are(tmp_path: Path) -> None:
    images = jpegs(tmp_path)

    async def camera(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") is None:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="camera"'})
        answer = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=cut"})
        await answer.prepare(request)
        for image in itertools.cycle(images):
            head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image)}\r\n\r\n"
            await answer.write(head.encode() + image + b"\r\n")
            await asyncio.sleep(0.1)
        return answer

    async with website({"/video.mjpg": camera}) as url:
        sink = await pulled(f"{url}/video.mjpg", pictures=12, credentials=Credentials("viewer", "p@ss/word"))
        refused = await fault(f"{url}/video.mjpg")
        missing = await fault(f"{url}/nothing")
    assert refused.cause is FaultCause.UNAUTHORIZED
    assert missing.cause is FaultCause.NOT_FOUND
    assert sink.parameters[0].kind is VideoKind.MJPEG
    assert (sink.parameters[0].width, sink.parameters[0].height) == (320, 180)
    assert [unit.payload for unit in sink.units] == [image for image, _ in zip(itertools.cycle(images), sink.units, strict=False)]
    assert all(unit.key_frame for unit in sink.units)
    steps = [after.ticks - before.ticks for before, after in itertools.pairwise(sink.units[2:])]
    assert 8000 < sum(steps) / len(steps) < 20_000  # ten a second, whatever FFmpeg believes


async def test_hls_and_transport_streams_over_http(tmp_path: Path) -> None:
    await asyncio.to_thread(made, tmp_path, "all.m3u8", *H264, "-c:a", "aac", "-hls_time", "0.4", "-hls_list_size", "0")

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(tmp_path / request.match_info["name"])

    async with website({"/{name}": file}) as url:
        sink = await pulled(f"{url}/all.m3u8", pictures=25)
    check_h264(sink)
    assert sink.audio_parameters[0].config  # made from ADTS


async def test_a_playlist_cannot_reach_files(tmp_path: Path) -> None:
    secret = await asyncio.to_thread(made, tmp_path, "secret.ts", *H264, "-an")
    reached = []

    def playlist(target: str) -> Any:
        async def answer(_request: web.Request) -> web.Response:
            reached.append(target)
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

        return answer

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound(f"file://{secret}")

    async def concat(_request: web.Request) -> web.Response:
        return web.Response(text=f"ffconcat version 1.0\nfile {secret}\n")

    targets = (f"file://{secret}", f"concat:{secret}", f"subfile,,start,0,end,0,,:{secret}", f"crypto+file:{secret}", str(secret))
    routes = {f"/{number}.m3u8": playlist(target) for number, target in enumerate(targets)}
    async with website({**routes, "/away": elsewhere, "/list.ffconcat": concat}) as url:
        for path in (*routes, "/away", "/list.ffconcat"):
            error = await fault(url + path, no_video_s=1.0)
            assert error.cause in (FaultCause.PROTOCOL, FaultCause.NO_ROUTE, FaultCause.NO_VIDEO, FaultCause.UNSUPPORTED), path
    assert set(reached) == set(targets)


async def test_files_of_the_folder_only_at_the_speed_of_their_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    made(folder, "h265.mp4", "-c:v", "libx265", "-x265-params", "log-level=error", "-g", "10", "-an", seconds=1)
    made(folder, "clip.mp4", *H264, "-an", seconds=1)
    outside = made(tmp_path, "outside.mp4", *H264, "-an", seconds=1)
    (folder / "link.mp4").symlink_to(outside)
    began = time.monotonic()
    sink = await pulled("file:///clip.mp4", pictures=60, media_dir=folder, loop_files=True)
    assert time.monotonic() - began > 2
    check_h264(sink)
    ended = await fault("file:///clip.mp4", media_dir=folder)
    assert (ended.cause, ended.detail) == (FaultCause.CLOSED, "the stream has ended")
    h265 = await pulled("file:///h265.mp4", pictures=20, media_dir=folder)
    assert h265.parameters[0].kind is VideoKind.H265
    for name in ("../outside.mp4", "/link.mp4", "%2e%2e/outside.mp4", str(outside), "/none.mp4"):
        assert (await fault(f"file://{name}", media_dir=folder)).cause is FaultCause.NOT_FOUND
    assert (await fault("file:///clip.mp4")).cause is FaultCause.UNSUPPORTED


RTSP_SERVER = """
import gi, sys, json
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address("127.0.0.1"); server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory(); factory.set_shared(True)
factory.set_protocols(gi.repository.GstRtsp.RTSPLowerTrans.UDP)
factory.set_launch("( videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 ! x264enc "
    "tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=1 )")
server.get_mount_points().add_factory("/gate", factory)
server.attach(None)
print(json.dumps(server.get_bound_port()), flush=True)
GLib.MainLoop().run()
"""


async def test_rtsp_over_udp_from_gstreamer() -> None:
    process = await asyncio.create_subprocess_exec("/usr/bin/python3", "-c", RTSP_SERVER, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            port = json.loads(await process.stdout.readline())
        over_tcp = await fault(f"rtsp://127.0.0.1:{port}/gate")
        # the server takes a moment to make its pipeline anew, and answers 503 meanwhile
        sink = await pulled(f"rtsp+udp://127.0.0.1:{port}/gate", pictures=30, tries=10)
    finally:
        process.kill()
        await process.wait()
    assert over_tcp.cause is FaultCause.UNSUPPORTED
    assert sink.parameters[0].width == 320
    assert sink.units[0].key_frame


async def test_silence_refusal_and_places_have_an_end() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()
    error = await fault(f"http://127.0.0.1:{port}/x", limits=SessionLimits(0.5, 0.5), no_video_s=1.0)
    assert error.cause is FaultCause.NO_ROUTE
    assert time.monotonic() - began < 20  # the server would be silent for longer
    (unused,) = free_ports(1)
    assert (await fault(f"rtmp://127.0.0.1:{unused}/x")).cause is FaultCause.REFUSED
    full = await fault(f"http://127.0.0.1:{port}/x", places=NativePlaces(0))
    assert full.cause is FaultCause.REFUSED
    assert (await fault("http://no-such-camera.invalid/x")).cause is FaultCause.NO_ROUTE
    server.close()


async def test_a_thread_that_hangs_in_native_code_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_arguments: Any, **_options: Any) -> None:
        released.wait(20)

    monkeypatch.setattr(native_worker.av, "open", hang)
    places = NativePlaces(1)
    error = await fault("http://127.0.0.1:1/x", places=places, limits=SessionLimits(0.1, 0.1))
    assert error.cause is FaultCause.NO_ROUTE
    again = await fault("http://127.0.0.1:1/x", places=places, limits=SessionLimits(0.1, 0.1))
    assert again.cause is FaultCause.REFUSED  # one hangs: no second one is sent after it
    released.set()
    (thread,) = places.threads
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_a_busy_loop_loses_whole_groups_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_worker, "MAX_QUEUED_BYTES", 20_000)
    made(tmp_path, "clip.ts", *H264, "-an", "-b:v", "2M")
    shutil.move(tmp_path / "clip.ts", tmp_path / "fast.ts")
    sink = RecordingSink()
    places = NativePlaces(1)
    source = choose_source(context(media_dir=tmp_path, places=places), "file:///fast.ts", sink, sink, None)
    assert isinstance(source, NativeSource)
    object.__setattr__(source._address, "paced", False)
    await source.open()
    (thread,) = places.threads
    thread.join(30)  # the loop does nothing until all is read
    assert not thread.is_alive()
    with pytest.raises(SourceError):
        await source.run()
    await source.close()
    assert [reason for reason, _ in sink.breaks] == [BreakReason.LOSS] or source.figures().pictures < 50
    assert source.figures().packets_lost >= 1


def test_the_password_is_in_no_repr() -> None:
    for scheme in ("rtmp", "http", "rtsp+udp", "srt"):
        address = native_address(f"{scheme}://10.0.0.7/x", Credentials("viewer", "horse/7"), timeout_s=1, media_dir=None)
        assert "horse" in address.url + str(address.options)
        assert "horse" not in repr(address)
    if sys.version_info:
        assert "horse" not in repr(Credentials("viewer", "horse/7"))


@pytest.mark.parametrize(
    "url", ["http://", "http://:80/x", "http://10.0.0.7:99999/x", "x", "udp://10.0.0.7", "concat://a|b", "http:///x"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(SourceError):
        native_address(url, None, timeout_s=1, media_dir=Path("/"))


async def test_an_mjpeg_camera_is_recorded_as_it_is(town: Any, eventually: Any, tmp_path: Path) -> None:
    images = jpegs(tmp_path)

    async def camera(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=cut"})
        await answer.prepare(request)
        for image in itertools.cycle(images):
            head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image)}\r\n\r\n"
            await answer.write(head.encode() + image + b"\r\n")
            await asyncio.sleep(0.1)
        return answer

    facts = town.facts
    async with website({"/video.mjpg": camera}) as url:
        await town.register(f"{url}/video.mjpg")
        async with town.running():
            fragments = await eventually(lambda: len(facts.of(FragmentWritten)) >= 3 and facts.of(FragmentWritten))
            status = await eventually(lambda: (s := facts.last_status()) and s.streams and s)
    assert status.condition is CameraCondition.LIVE
    (started,) = facts.of(RunStarted)
    assert (started.codec, started.width, started.height) == ("mp4v.6c", 320, 180)
    lengths_s = [(one.ends_at - one.starts_at).total_seconds() for one in fragments[:2]]
    assert all(0.5 < length_s < 3 for length_s in lengths_s), (lengths_s, [one.frames for one in fragments])
    with av.open(str(town.settings.spool_dir / fragments[0].segment_path)) as container:
        recorded = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert len(recorded) >= 10
    assert set(recorded) <= set(images)


async def test_a_file_is_recorded_and_seen_whole(town: Any, eventually: Any, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    await asyncio.to_thread(made, folder, "b.mp4", "-c:v", "libx264", "-g", "20", "-bf", "2", "-pix_fmt", "yuv420p", "-an")
    facts = town.facts
    await town.register("file:///b.mp4")
    async with town.running(media_dir=folder, loop_files=True):
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 6)
    fragments = facts.of(FragmentWritten)
    assert len(facts.of(RunStarted)) == 1  # the seam of the loop is no hole
    frames = 0
    for name in dict.fromkeys(one.segment_path for one in fragments):
        with av.open(str(town.settings.spool_dir / name)) as container:
            frames += sum(1 for _ in container.decode(video=0))
    assert frames == sum(one.frames for one in fragments)  # B-frames and all
