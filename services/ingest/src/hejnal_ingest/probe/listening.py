"""Listens to a stream and measures it. Decodes nothing."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.picture.window import StreamWindow, WindowMeter
from hejnal_ingest.sources.choose import SourceContext, choose_source
from hejnal_ingest.sources.rtsp import RtspSource
from hejnal_ingest.sources.source import Source, SourceError
from hejnal_media.access_unit import CLOCK_RATE, AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_media.rtsp import Credentials
from hejnal_media.sink import BreakReason

_SECOND_SESSION_S = 3.0
_CLOSE_S = 3.0
_USUAL_PACKET_BYTES = 1200


@dataclass(slots=True)
class Measurements:
    """What was heard. None or 0: not known."""

    url_scheme: str = ""
    fault: FaultCause | None = None
    fault_detail: str = ""
    opened_s: float | None = None
    """From the first byte sent to PLAY accepted."""
    first_key_s: float | None = None
    listened_s: float = 0.0
    parameters: CodecParameters | None = None
    parameter_changes: int = 0
    sets_in_description: bool | None = None
    parameter_trouble: str = ""
    gops_s: list[float] = field(default_factory=list)
    open_gop_s: float = 0.0
    """The group that was still going on at the end."""
    pictures: int = 0
    octets: int = 0
    reordered: bool = False
    fps_media: float = 0.0
    """By the camera's RTP clock."""
    fps_arrival: float = 0.0
    """By the server's clock."""
    fps_declared: float = 0.0
    packets_lost: int = 0
    breaks: list[str] = field(default_factory=list)
    jitter_s: float = 0.0
    sender_reports: bool = False
    clock_offset_s: float | None = None
    audio: AudioParameters | None = None
    audio_frames: int = 0
    second_session: bool | None = None
    second_session_detail: str = ""

    @property
    def bitrate_bps(self) -> int:
        """Of the video."""
        return int(8 * self.octets / self.listened_s) if self.listened_s else 0

    @property
    def loss(self) -> float:
        """Share of packets lost, by their usual size."""
        came = self.octets / _USUAL_PACKET_BYTES
        return self.packets_lost / (came + self.packets_lost) if self.packets_lost else 0.0


class _Listener:
    """A sink for pictures and sound that only counts."""

    def __init__(self, found: Measurements, now_s: Callable[[], float]) -> None:
        self._found = found
        self._now_s = now_s
        self._windows: list[StreamWindow] = []
        self._meter = WindowMeter(self._windows.append)
        self._started_s = now_s()
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] | None = None
        self._key_ticks: int | None = None

    def codec_changed(self, parameters: CodecParameters) -> None:
        """A key frame with new parameters follows."""
        found = self._found
        if found.parameters is not None:
            found.parameter_changes += 1
        found.parameters = parameters

    def access_unit(self, unit: AccessUnit) -> None:
        """The next picture."""
        found, now_s = self._found, self._now_s()
        self._meter.observe(unit)
        found.pictures += 1
        found.octets += unit.size_bytes
        if self._last is not None and unit.ticks < self._last[0]:
            found.reordered = True
        if unit.key_frame:
            if found.first_key_s is None:
                found.first_key_s = now_s - self._started_s
            if self._key_ticks is not None and unit.ticks > self._key_ticks:
                found.gops_s.append((unit.ticks - self._key_ticks) / CLOCK_RATE)
            self._key_ticks = unit.ticks
        if self._first is None:
            self._first = (unit.ticks, now_s)
        self._last = (max(unit.ticks, self._last[0]) if self._last is not None else unit.ticks, now_s)

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """Pictures were lost."""
        if len(self._found.breaks) < 100:
            self._found.breaks.append(f"{reason.value}: {detail}")
        self._meter.restart()
        self._key_ticks = None

    def audio_changed(self, parameters: AudioParameters) -> None:
        """Sound follows."""
        self._found.audio = parameters

    def audio_frame(self, _frame: AudioFrame) -> None:
        """Some sound."""
        self._found.audio_frames += 1

    def finish(self) -> None:
        """Adds up what has come."""
        found = self._found
        if self._first is not None and self._last is not None and found.pictures > 1:
            media_s, wall_s = (self._last[0] - self._first[0]) / CLOCK_RATE, self._last[1] - self._first[1]
            found.fps_media = (found.pictures - 1) / media_s if media_s > 0 else 0.0
            found.fps_arrival = (found.pictures - 1) / wall_s if wall_s > 0 else 0.0
            if self._key_ticks is not None:
                found.open_gop_s = (self._last[0] - self._key_ticks) / CLOCK_RATE
        if self._windows:
            found.jitter_s = median(window.jitter_s for window in self._windows)


async def listen(
    context: SourceContext,
    url: str,
    credentials: Credentials | None,
    *,
    seconds: float,
    try_second: bool,
) -> Measurements:
    """Measures a stream for `seconds`. A stream that cannot be opened, or ends, is a measurement too: nothing is raised."""
    found = Measurements(url_scheme=url.partition(":")[0].lower())
    listener = _Listener(found, time.monotonic)
    source: Source | None = None
    started_s = time.monotonic()
    try:
        source = choose_source(context, url, listener, listener, credentials)
        await source.open()
        found.opened_s = time.monotonic() - started_s
        opened_s = time.monotonic()
        running = asyncio.create_task(source.run())
        try:
            second = (
                asyncio.create_task(_second_session(context, url, credentials, found, min(_SECOND_SESSION_S, seconds / 4)))
                if try_second
                else None
            )
            await asyncio.wait({running}, timeout=seconds)
            found.listened_s = time.monotonic() - opened_s
            if second is not None:
                second.cancel()
                await asyncio.gather(second, return_exceptions=True)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    except SourceError as error:
        found.fault, found.fault_detail = error.cause, error.detail
    finally:
        if source is not None:
            _read_figures(source, found)
            with contextlib.suppress(SourceError, TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await source.close()
    listener.finish()
    return found


async def _second_session(
    context: SourceContext, url: str, credentials: Credentials | None, found: Measurements, step_s: float
) -> None:
    """Opens the stream once more while the first session goes on."""
    await asyncio.sleep(step_s)
    other = Measurements()
    sink = _Listener(other, time.monotonic)
    source: Source | None = None
    try:
        source = choose_source(context, url, sink, None, credentials)
        await source.open()
        running = asyncio.create_task(source.run())
        try:
            await asyncio.wait({running}, timeout=step_s)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        found.second_session = True
    except SourceError as error:
        found.second_session, found.second_session_detail = False, error.detail
    finally:
        if source is not None:
            with contextlib.suppress(SourceError, TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await source.close()


def _read_figures(source: Source, found: Measurements) -> None:
    figures = source.figures()
    found.packets_lost = figures.packets_lost
    found.parameter_trouble = figures.trouble
    offset_us = source.clock_offset_us()
    found.clock_offset_s = offset_us / 1e6 if offset_us is not None else None
    if isinstance(source, RtspSource):
        session = source.session
        found.sender_reports = session.camera_clock is not None and session.camera_clock.report is not None
        if session.description is not None:
            video = next((media for media in session.description.media if media.kind == "video"), None)
            if video is not None:
                found.fps_declared = video.framerate
                found.sets_in_description = bool(video.parameter_sets or "sprop-sps" in video.parameters)
