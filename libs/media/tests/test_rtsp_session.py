import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hejnal_media.h264 import BreakReason
from hejnal_media.rtsp import Credentials, RtspError, RtspFault, RtspSession, SessionLimits
from hejnal_media.simulator import CameraSimulator, find_frame_mark
from hejnal_media.simulator.packets import Packetization
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB, RecordingSink

LIMITS = SessionLimits(connect_timeout_s=1, response_timeout_s=1, teardown_timeout_s=1)


async def wait_for(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def fault_of(awaitable: Awaitable[object]) -> RtspError:
    with pytest.raises(RtspError) as caught:
        await awaitable
    return caught.value


async def test_pictures_come_complete_and_in_order(simulator: CameraSimulator) -> None:
    sink = RecordingSink()
    session = RtspSession(simulator.url("cam-001/main"), sink, limits=LIMITS)
    await session.open()
    task = asyncio.create_task(session.run())
    await wait_for(lambda: len(sink.units) >= 30)
    await wait_for(lambda: session.camera_clock is not None)
    task.cancel()
    await session.close()
    assert [(p.codec[:5], p.width, p.height) for p in sink.parameters] == [("avc1.", 320, 180)]
    assert sink.units[0].key_frame
    assert not sink.breaks
    assert [unit.nal_units()[0][0] & 31 for unit in sink.units if unit.key_frame] == [7] * sum(u.key_frame for u in sink.units)
    marks = [find_frame_mark(unit) for unit in sink.units]
    frames = [mark.frame for mark in marks if mark]
    assert frames == list(range(frames[0], frames[0] + len(sink.units)))
    assert {b.ticks - a.ticks for a, b in itertools.pairwise(sink.units)} == {3600}
    assert session.camera_clock is not None
    assert abs(session.camera_clock.offset_us or 9_000_000) < 2_000_000
    await wait_for(lambda: not simulator.mounts["cam-001/main"].watched)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_digest(cache: Path, algorithm: str) -> None:
    server = CameraSimulator(
        town_mounts(1, cache, main=SMALL_MAIN, sub=SMALL_SUB),
        credentials=Credentials("viewer", "zażółć:1"),
        digest_algorithm=algorithm,
    )
    await server.start()
    try:
        sink = RecordingSink()
        session = RtspSession(server.url("cam-001/sub"), sink, credentials=Credentials("viewer", "zażółć:1"), limits=LIMITS)
        await session.open()
        await wait_for(lambda: len(sink.units) >= 2)
        await session.close()
        wrong = RtspSession(server.url("cam-001/sub"), sink, credentials=Credentials("viewer", "nie"), limits=LIMITS)
        error = await fault_of(wrong.open())
        assert error.fault is RtspFault.UNAUTHORIZED
        assert "nie" not in error.detail.split()
        await wrong.close()
        error = await fault_of(RtspSession(server.url("cam-001/sub"), sink, limits=LIMITS).open())
        assert error.fault is RtspFault.UNAUTHORIZED
    finally:
        await server.stop()


async def test_what_is_wrong_is_told_apart(simulator: CameraSimulator) -> None:
    behaviour = simulator.mounts["cam-001/main"].behaviour
    url = simulator.url("cam-001/main")

    async def fault() -> RtspFault:
        return (await fault_of(RtspSession(url, RecordingSink(), limits=LIMITS).open())).fault

    behaviour.codec = "VP8"
    assert await fault() is RtspFault.UNSUPPORTED
    behaviour.codec = ""
    behaviour.no_video = True
    assert await fault() is RtspFault.NO_VIDEO
    behaviour.refuse = 503
    assert await fault() is RtspFault.REFUSED
    behaviour.not_found = True
    assert await fault() is RtspFault.NOT_FOUND


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", RtspFault.NOT_RTSP),
        (bytes(range(256)) * 4, RtspFault.NOT_RTSP),
        (b"RT", RtspFault.NOT_RTSP),
        (b"", RtspFault.CLOSED),
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n", RtspFault.NOT_RTSP),
    ],
)
async def test_servers_that_are_no_camera(answer: bytes, expected: RtspFault) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    error = await fault_of(RtspSession(f"rtsp://user:geheim@127.0.0.1:{port}/x", RecordingSink(), limits=LIMITS).open())
    server.close()
    assert error.fault is expected
    assert "geheim" not in str(error)


async def test_refused_silent_and_full() -> None:
    silent = await asyncio.start_server(lambda _r, _w: asyncio.sleep(30), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    limits = SessionLimits(connect_timeout_s=0.3, response_timeout_s=0.3)
    assert (
        await fault_of(RtspSession(f"rtsp://127.0.0.1:{port}/", RecordingSink(), limits=limits).open())
    ).fault is RtspFault.STALLED
    silent.close()
    await silent.wait_closed()
    assert (
        await fault_of(RtspSession(f"rtsp://127.0.0.1:{port}/", RecordingSink(), limits=limits).open())
    ).fault is RtspFault.REFUSED
    for url in ("http://127.0.0.1/", "rtsp://", "rtsp://h:99999/", "nonsense"):
        with pytest.raises(RtspError) as caught:
            RtspSession(url, RecordingSink())
        assert caught.value.fault is RtspFault.UNSUPPORTED


async def test_a_dropped_connection_ends_the_run(simulator: CameraSimulator) -> None:
    sink = RecordingSink()
    session = RtspSession(simulator.url("cam-001/main"), sink, limits=LIMITS)
    await session.open()
    await wait_for(lambda: len(sink.units) >= 2)
    simulator.mounts["cam-001/main"].drop_all()
    async with asyncio.timeout(30):
        assert (await fault_of(session.run())).fault is RtspFault.CLOSED


async def test_a_hole_is_told_and_skipped_to_the_next_key_frame(simulator: CameraSimulator) -> None:
    sink = RecordingSink()
    session = RtspSession(simulator.url("cam-001/main"), sink, limits=LIMITS)
    await session.open()
    await wait_for(lambda: len(sink.units) >= 12)
    simulator.mounts["cam-001/main"].behaviour.skip_packets = 1
    await wait_for(lambda: bool(sink.breaks))
    before = len(sink.units)
    await wait_for(lambda: len(sink.units) > before)
    await session.close()
    assert sink.breaks[0][0] is BreakReason.LOSS
    assert sink.units[before].key_frame
    assert session.depacketizer is not None
    assert session.depacketizer.packets_lost == 1


async def test_a_time_jump_is_told_and_bridged(simulator: CameraSimulator) -> None:
    sink = RecordingSink()
    session = RtspSession(simulator.url("cam-001/main"), sink, limits=LIMITS)
    await session.open()
    await wait_for(lambda: len(sink.units) >= 3)
    simulator.mounts["cam-001/main"].behaviour.time_jump_s = 3600.0
    await wait_for(lambda: bool(sink.breaks))
    before = len(sink.units)
    await wait_for(lambda: len(sink.units) > before + 3)
    await session.close()
    assert sink.breaks[0][0] is BreakReason.TIME_JUMP
    assert sink.units[before].key_frame
    assert sink.units[before].ticks < sink.units[before - 1].ticks + 90_000


@pytest.mark.parametrize("packetization", list(Packetization))
@pytest.mark.parametrize("in_band", [True, False])
async def test_parameter_sets_from_either_place(cache: Path, packetization: Packetization, in_band: bool) -> None:
    mounts = town_mounts(1, cache, main=SMALL_MAIN, sub=SMALL_SUB, packetization=packetization, in_band_sets=in_band, mtu=600)
    server = CameraSimulator(mounts)
    mounts[0].behaviour.sets_in_description = not in_band
    await server.start()
    sink = RecordingSink()
    session = RtspSession(server.url("cam-001/main"), sink, limits=LIMITS)
    await session.open()
    await wait_for(lambda: len(sink.units) >= 3)
    await session.close()
    await server.stop()
    assert sink.parameters[0].width == 320
    assert [unit[0] & 31 for unit in sink.units[0].nal_units()][:2] == [7, 8]
