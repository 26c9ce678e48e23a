import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from hejnal_contracts.cameras import CameraCondition, FaultCause, RecordingPlan
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.spool import files
from hejnal_media.rtsp import Credentials
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """A port that takes no more connections: the kernel leaves SYNs unanswered, as a host that is not there."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def test_every_fault_is_told_with_its_cause_and_disturbs_nobody(
    town: Any, simulator: CameraSimulator, eventually: Any
) -> None:
    async def http_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    web_server = await asyncio.start_server(http_server, "127.0.0.1", 0)
    with socket.socket() as unused, full_backlog() as full:
        unused.bind(("127.0.0.1", 0))
        expected = {
            "refused": (f"rtsp://127.0.0.1:{unused.getsockname()[1]}/main", FaultCause.REFUSED),
            "nobody": (f"rtsp://127.0.0.1:{full}/main", FaultCause.NO_ROUTE),
            "website": (f"rtsp://127.0.0.1:{web_server.sockets[0].getsockname()[1]}/main", FaultCause.NOT_RTSP),
            "elsewhere": (simulator.url("cam-999/main"), FaultCause.NOT_FOUND),
            "webcam": ("gopher://127.0.0.1/main", FaultCause.UNSUPPORTED),
            "unknown": ("rtsp://no-such-camera.invalid/main", FaultCause.NO_ROUTE),
            "cam-002": (simulator.url("cam-002/main"), FaultCause.UNSUPPORTED),
            "cam-003": (simulator.url("cam-003/main"), FaultCause.NO_KEYFRAME),
        }
        simulator.mounts["cam-002/main"].behaviour.codec = "VP8"
        simulator.mounts["cam-003/main"].behaviour.no_key_frames = True
        await town.register(simulator.url("cam-001/main"))
        for camera_id, (url, _) in expected.items():
            await town.register(url, camera_id)
        facts = town.facts
        async with town.running():
            for camera_id, (_, cause) in expected.items():
                await eventually(lambda camera_id=camera_id, cause=cause: cause.value in facts.causes(camera_id))
            await eventually(lambda: len(facts.of(FragmentWritten)) >= 6)
        for camera_id, (_, cause) in expected.items():
            assert set(facts.causes(camera_id)) - {"ingest_away"} == {cause.value}
            status = facts.last_status(camera_id)
            assert status is not None
            assert status.condition is CameraCondition.RETRYING
            assert status.detail
        assert len(facts.of(RunStarted)) == 1
    web_server.close()


async def test_a_stall_is_told_and_recovers(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    behaviour = simulator.mounts["cam-001/main"].behaviour
    async with town.running():
        await eventually(lambda: facts.of(FragmentWritten))
        behaviour.stall = True
        await eventually(lambda: "stalled" in facts.causes())
        (ended,) = await eventually(lambda: facts.of(RunEnded))
        assert ended.cause is GapCause.STALLED
        behaviour.stall = False
        await eventually(lambda: len(facts.of(RunStarted)) == 2)
        await eventually(lambda: facts.last_status().condition is CameraCondition.LIVE)


async def test_passwords_come_from_the_gateway_and_go_nowhere(
    town: Any, clips: Any, eventually: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = {"username": "viewer", "password": "wrong-horse-7"}
    asked: list[str] = []

    async def credentials(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        if request.match_info["camera"] == "cam-002":
            return web.json_response({"status": 404}, status=404)
        return web.json_response(secret)

    app = web.Application()
    app.router.add_get("/internal/v1/cameras/{camera}/credentials", credentials)
    runner = web.AppRunner(app)
    await runner.setup()
    port = int(town.settings.gateway_url.rsplit(":", 1)[1])
    await web.TCPSite(runner, "127.0.0.1", port).start()
    mounts = town_mounts(2, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB)
    simulator = CameraSimulator(mounts, credentials=Credentials("viewer", "right-horse-9"))
    await simulator.start()
    await town.register(simulator.url("cam-001/main"), has_credentials=True)
    await town.register(simulator.url("cam-002/main"), "cam-002", has_credentials=True)
    facts = town.facts
    async with town.running():
        await eventually(lambda: "unauthorized" in facts.causes() and "unauthorized" in facts.causes("cam-002"))
        secret["password"] = "right-horse-9"
        await town.register(simulator.url("cam-001/main"), has_credentials=True)  # a new version: try at once
        await eventually(lambda: facts.last_status().condition is CameraCondition.LIVE)
    await simulator.stop()
    await runner.cleanup()
    assert asked[0].startswith("Bearer ")
    told = "".join(fact.model_dump_json() for fact in [*facts.media, *facts.status]) + "".join(capfd.readouterr())
    assert "horse" not in told


async def test_a_gateway_that_is_away_is_not_the_cameras_fault(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"), has_credentials=True)
    async with town.running():
        await eventually(lambda: town.facts.causes())
    await eventually(lambda: set(town.facts.causes()) == {"gateway_away", "ingest_away"})


async def test_the_last_status_does_not_stay_live(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    async with town.running():
        await eventually(lambda: (s := town.facts.last_status()) and s.condition is CameraCondition.LIVE)
    status = await eventually(lambda: (s := town.facts.last_status()) and s.condition is CameraCondition.RETRYING and s)
    assert (status.cause, status.detail) == (FaultCause.INGEST_AWAY, "ingest was shut down")


async def test_a_full_disk_ends_the_run_and_the_picture_goes_on(
    town: Any, simulator: CameraSimulator, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real limit of a file's size stands in for the disk's: RLIMIT_FSIZE cannot be used, so the system call is."""
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    really = os.pwrite
    full = False

    def pwrite(descriptor: int, data: Any, offset: int) -> int:
        if full:
            if len(data) > 1000:
                return really(descriptor, data[:1000], offset)  # the last free block
            raise OSError(28, "No space left on device")
        return really(descriptor, data, offset)

    monkeypatch.setattr(files.os, "pwrite", pwrite)
    async with town.running():
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 2)
        full = True
        (ended,) = await eventually(lambda: facts.of(RunEnded))
        status = await eventually(lambda: (s := facts.last_status()) and s.cause is FaultCause.DISK_FULL and s)
        assert status.condition is CameraCondition.LIVE
        assert "No space" in status.detail
        full = False
        await eventually(lambda: len(facts.of(RunStarted)) >= 2)
        await eventually(lambda: facts.last_status().cause is None)
    assert ended.cause is GapCause.DISK_FULL
    told = [f for f in facts.of(FragmentWritten) if f.run_id == ended.run_id]
    assert ended.fragments == len(told)
    last = town.settings.spool_dir / told[-1].segment_path
    assert last.stat().st_size == told[-1].offset_bytes + told[-1].size_bytes


async def test_switching_a_camera_off_and_changing_it(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running():
        await eventually(lambda: facts.of(FragmentWritten))
        await town.register(simulator.url("cam-001/main"), name="another name")
        await town.register(simulator.url("cam-001/main"), enabled=False)
        (ended,) = await eventually(lambda: facts.of(RunEnded))
        assert ended.cause is GapCause.OPERATOR_OFF
        await eventually(lambda: facts.last_status().condition is CameraCondition.OFF)
        await eventually(lambda: not simulator.mounts["cam-001/main"].watched)
        await town.register(simulator.url("cam-001/main"), recording=RecordingPlan(enabled=False))
        await eventually(lambda: facts.last_status().condition is CameraCondition.LIVE)
    assert len(facts.of(RunStarted)) == 1
