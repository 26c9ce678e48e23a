"""Each knob of the simulated cameras, seen through the real client."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hejnal_media.rtsp import RtspError, RtspFault, RtspSession, SessionLimits, StaleSessions
from hejnal_media.simulator import CameraSimulator, Mount, find_frame_mark
from hejnal_media.simulator.control import ControlPort
from hejnal_media.simulator.knobs import ACTIONS, KNOBS, ControlPanel, help_text
from hejnal_media.simulator.town import town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe
from hejnal_media.sink import BreakReason
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB, RecordingSink

LIMITS = SessionLimits(connect_timeout_s=5, response_timeout_s=5, teardown_timeout_s=0.5)


async def until(condition: Callable[[], object], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


@dataclass
class Stand:
    """One camera, its knobs and a client."""

    simulator: CameraSimulator
    panel: ControlPanel
    sink: RecordingSink
    sessions: list[RtspSession]

    @property
    def mount(self) -> Mount:
        return self.simulator.mounts["cam-001/main"]

    async def turn(self, *settings: str) -> None:
        for setting in settings:
            await self.panel.turn("cam-001", setting)

    async def play(self, count: int = 3, **more: object) -> RtspSession:
        url = self.simulator.url("cam-001/main")
        session = RtspSession(url, self.sink, limits=LIMITS, audio=self.sink, **more)  # type: ignore[arg-type]
        self.sessions.append(session)
        await session.open()
        await self.more(count)
        return session

    async def more(self, count: int = 3) -> None:
        before = len(self.sink.units)
        await until(lambda: len(self.sink.units) >= before + count)

    def frames(self) -> list[int]:
        """Of a picture whose first packet was lost the mark may be gone."""
        marks = [find_frame_mark(unit) for unit in self.sink.units]
        assert marks.count(None) <= len(self.mount.spoiled)
        return [mark.frame for mark in marks if mark]


@pytest_asyncio.fixture
async def stand(cache: Path) -> AsyncIterator[Stand]:
    wardrobe = Wardrobe(cache)
    simulator = CameraSimulator(town_mounts(1, cache, main=SMALL_MAIN, sub=SMALL_SUB, wardrobe=wardrobe))
    for mount in simulator.mounts.values():
        mount.ledger = []
    await simulator.start()
    made = Stand(simulator, ControlPanel(simulator, wardrobe), RecordingSink(), [])
    yield made
    for session in made.sessions:
        await session.close()
    await simulator.stop()


async def fault(awaitable: Awaitable[object]) -> RtspError:
    with pytest.raises(RtspError) as caught:
        async with asyncio.timeout(10):
            await awaitable
    return caught.value


async def test_the_ledger_knows_every_picture(stand: Stand) -> None:
    session = await stand.play(20)
    await session.close()
    sent = [frame for frame, _ in stand.mount.ledger or []]
    assert stand.frames() == sent[: len(stand.sink.units)]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("refuse=453", RtspFault.REFUSED),
        ("refuse", RtspFault.REFUSED),
        ("not-found", RtspFault.NOT_FOUND),
        ("no-video", RtspFault.NO_VIDEO),
        ("codec=VP8", RtspFault.UNSUPPORTED),
        ("reboot=5", RtspFault.CLOSED),
    ],
)
async def test_what_keeps_a_session_from_opening(stand: Stand, setting: str, expected: RtspFault) -> None:
    await stand.turn(setting)
    assert (await fault(stand.play())).fault is expected


@pytest.mark.parametrize("setting", ["stall", "no-key-frames"])
async def test_what_keeps_pictures_away(stand: Stand, setting: str) -> None:
    await stand.turn(setting)
    await stand.play(0)
    await asyncio.sleep(0.5)
    assert not stand.sink.units
    await stand.turn(f"{setting}=off")
    await stand.more()


@pytest.mark.parametrize(
    "setting", ["missing-sets=description", "missing-sets=in-band", "reports=before", "reports=none", "wrap"]
)
async def test_what_costs_nothing(stand: Stand, setting: str) -> None:
    await stand.turn(setting)
    await stand.play(150 if setting == "wrap" else 12)
    frames = stand.frames()
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    ticks = [unit.ticks for unit in stand.sink.units]
    assert ticks == list(range(ticks[0], ticks[0] + 3600 * len(ticks), 3600))
    assert not stand.sink.breaks


@pytest.mark.parametrize("setting", ["late-sets=60", "missing-sets=both"])
async def test_parameter_sets_that_come_late(stand: Stand, setting: str) -> None:
    await stand.turn(setting)
    await stand.play(0)
    await asyncio.sleep(0.7)
    assert not stand.sink.units
    await stand.turn(setting.partition("=")[0] + "=" + ("1.5" if "late" in setting else "description"))
    await stand.more(3)
    assert stand.sink.units[0].key_frame


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("skip=2", BreakReason.LOSS),
        ("jump=3600", BreakReason.TIME_JUMP),
        ("jump=-3600", BreakReason.TIME_JUMP),
        ("loss=0.05", BreakReason.LOSS),
    ],
)
async def test_what_breaks_the_stream(stand: Stand, setting: str, reason: BreakReason) -> None:
    await stand.play(5)
    await stand.turn(setting)
    await until(lambda: stand.sink.breaks)
    assert stand.sink.breaks[0][0] is reason
    await stand.turn("reset")
    before = len(stand.sink.units)
    await stand.more(5)
    assert stand.sink.units[before].key_frame or len(stand.sink.breaks) == 1
    sent = {frame for frame, _ in stand.mount.ledger or []}
    assert set(stand.frames()) <= sent | stand.mount.spoiled


async def test_garbage_is_passed_over(stand: Stand) -> None:
    await stand.play(5)
    await stand.turn("garbage=700")
    await stand.more(25)
    frames = stand.frames()
    assert set(frames) <= {frame for frame, _ in stand.mount.ledger or []} | stand.mount.spoiled
    assert frames[-1] - frames[0] - len(frames) < 30


@pytest.mark.parametrize("setting", ["marker=none", "marker=all", "marker=early"])
async def test_markers_that_lie_cost_at_most_the_beginning(stand: Stand, setting: str) -> None:
    await stand.turn(setting)
    await stand.play(40)
    tail = stand.frames()[-20:]
    assert tail == list(range(tail[0], tail[0] + 20))


@pytest.mark.parametrize(
    ("setting", "known"), [("clock-error=7200", True), ("clock=1900", False), ("clock=none", True), ("clock=frozen", True)]
)
async def test_the_clock(stand: Stand, setting: str, known: bool) -> None:
    await stand.turn(setting)
    session = await stand.play(3)
    await until(lambda: session.camera_clock)
    assert session.camera_clock is not None
    offset_us = session.camera_clock.offset_us
    assert (offset_us is not None) == known
    if offset_us is not None:
        assert offset_us / 1e6 == pytest.approx(7200 if "error" in setting else 0, abs=2)


async def test_a_reboot_begins_anew(stand: Stand) -> None:
    session = await stand.play(5)
    ssrc = stand.mount.ssrc
    await stand.turn("reboot=0.3")
    assert (await fault(session.run())).fault is RtspFault.CLOSED
    await session.close()
    await asyncio.sleep(0.4)
    await stand.play(5)
    assert stand.mount.ssrc != ssrc


async def test_the_one_place_is_taken_after_a_cut_connection(stand: Stand) -> None:
    await stand.turn("single-session", "session-timeout=60")
    passed_s = 0.0
    stale = StaleSessions(lambda: time.monotonic() + passed_s)
    session = await stand.play(2, stale=stale)
    await stand.turn("drop")
    assert (await fault(session.run())).fault is RtspFault.CLOSED
    await session.close()
    error = await fault(stand.play(2, stale=stale))
    assert error.fault is RtspFault.REFUSED
    assert error.retry_after_s is not None
    assert 0 < error.retry_after_s <= 61
    passed_s = error.retry_after_s
    stand.simulator._started_s -= passed_s  # so much later by the clock of the cameras too
    session = await stand.play(2, stale=stale)
    await session.close()  # said TEARDOWN: the place is free at once
    await stand.play(2, stale=stale)


@pytest.mark.parametrize("encoding", ["PCMA", "PCMU"])
async def test_sound(stand: Stand, encoding: str) -> None:
    await stand.turn(f"audio={encoding}")
    session = await stand.play(5)
    assert session.has_audio
    await until(lambda: len(stand.sink.audio) >= 10)
    assert stand.sink.audio_parameters[0].codec == {"PCMA": "alaw", "PCMU": "ulaw"}[encoding]
    assert {len(frame.payload) for frame in stand.sink.audio} == {320}
    await stand.turn("audio-only")
    await asyncio.sleep(0.2)
    pictures, sounds = len(stand.sink.units), len(stand.sink.audio)
    await until(lambda: len(stand.sink.audio) > sounds + 5)
    assert len(stand.sink.units) == pictures


async def test_refused_sound(stand: Stand) -> None:
    await stand.turn("audio", "audio-refused")
    assert not (await stand.play(5)).has_audio


@pytest.mark.parametrize("kind", ["small", "b-frames", "h265", "long-gop", "smart"])
async def test_clips_change_while_playing(stand: Stand, kind: str) -> None:
    if kind == "h265":
        await stand.turn("clip=h265")  # a camera changes its codec between sessions only
    session = await stand.play(12)
    if kind != "h265":
        await stand.turn(f"clip={kind}")
        await until(lambda: len(stand.sink.parameters) > 1 or (kind != "small" and len(stand.sink.units) > 70))
    await stand.more(30)
    await session.close()
    frames = stand.frames()
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    last = stand.sink.parameters[-1]
    assert (last.width, last.height) == ((160, 90) if kind == "small" else (320, 180))
    assert last.codec.startswith("hvc1" if kind == "h265" else "avc1")
    steps = {later.ticks - earlier.ticks for earlier, later in zip(stand.sink.units[-20:], stand.sink.units[-19:], strict=False)}
    assert (min(steps) < 0) == (kind == "b-frames")
    assert not stand.sink.breaks


async def test_the_control_port(stand: Stand) -> None:
    port = ControlPort(stand.panel)
    await port.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port.port)

    async def say(line: str) -> str:
        writer.write(line.encode() + b"\n")
        return (await reader.readline()).decode().strip()

    assert await say("cam-001 stall") == "ok"
    assert stand.mount.behaviour.stall
    assert await say("cam-001 reset") == "ok"
    assert not stand.mount.behaviour.stall
    assert "no camera" in await say("cam-009 stall")
    assert "unknown knob" in await say("cam-001 nonsense")
    assert "between" in await say("cam-001 loss=7")
    assert "not" in await say("cam-001 marker=nowhere")
    assert "CAMERA KNOB" in await say("what")
    assert "CAMERA KNOB" in await say("")
    writer.close()
    await port.stop()


def test_every_knob_is_told_about() -> None:
    text = help_text()
    guide = (Path(__file__).parents[3] / "docs/guide/simulator.md").read_text(encoding="utf-8")
    for name in [*KNOBS, *ACTIONS]:
        assert f"  {name} " in text
        assert f"| `{name}` |" in guide


async def test_the_command_serves_cameras_until_it_is_ended(tmp_path: Path) -> None:
    command = ["-m", "hejnal_media.simulator", "--port", "0", "--cameras", "1", "--variants", "1", "--cache", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(100):
            said = (await process.stdout.readline()).decode()
        assert said.startswith("simulating 1 cameras at rtsp://127.0.0.1:")
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
