"""Everything that is no RTSP over TCP, through PyAV: RTSP over UDP, RTMP, SRT, HTTP, MJPEG, files."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest import metrics
from hejnal_ingest.sources.address import native_address
from hejnal_ingest.sources.native_worker import Item, Lost, NativeWorker, Opened
from hejnal_ingest.sources.packets import VideoPackets, video_packets
from hejnal_ingest.sources.sound import AudioPackets, audio_parameters
from hejnal_ingest.sources.source import SourceError, SourceFigures
from hejnal_media.rtsp import Credentials
from hejnal_media.sink import AccessUnitSink, AudioSink, BreakReason

log = structlog.get_logger()

_CLOSE_S = 1.0


@dataclass(slots=True)
class NativePlaces:
    """Bounds the threads in native code, also those that hang there after their stream was given up."""

    limit: int
    threads: set[NativeWorker] = field(default_factory=set)

    def take(self, worker: NativeWorker) -> None:
        """Starts a worker. Raises SourceError (refused) when all places are taken."""
        self.threads = {thread for thread in self.threads if thread.is_alive()}
        if len(self.threads) >= self.limit:
            raise SourceError(FaultCause.REFUSED, f"already {self.limit} streams are read through FFmpeg (or hang there)")
        worker.start()
        self.threads.add(worker)
        metrics.NATIVE_STREAMS.set(len(self.threads))


class NativeSource:
    """A thread reads, the event loop takes: what hangs in native code holds up nobody."""

    def __init__(
        self,
        url: str,
        sink: AccessUnitSink,
        *,
        sound: AudioSink | None,
        credentials: Credentials | None,
        now_us: Callable[[], int],
        places: NativePlaces,
        open_timeout_s: float,
        read_timeout_s: float,
        media_dir: Path | None,
        loop_files: bool,
    ) -> None:
        self._sink = sink
        self._sound = sound
        self._places = places
        self._now_us = now_us
        self._open_timeout_s = open_timeout_s
        self._read_timeout_s = read_timeout_s
        self._loop_files = loop_files
        self._address = native_address(url, credentials, timeout_s=read_timeout_s, media_dir=media_dir)
        self._worker: NativeWorker | None = None
        self._video: VideoPackets | None = None
        self._audio: AudioPackets | None = None
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[SourceError] = loop.create_future()
        self._gone = asyncio.Event()
        self._lost = 0
        self._heard = False

    async def open(self) -> None:
        """Looks the name up (FFmpeg would without a time limit), then waits for the thread to have the streams."""
        await self._look_up()
        worker = NativeWorker(
            self._address,
            asyncio.get_running_loop(),
            self._take,
            self._gone.set,
            now_us=self._now_us,
            open_timeout_s=self._open_timeout_s,
            read_timeout_s=self._read_timeout_s,
            loop_file=self._loop_files,
        )
        self._places.take(worker)
        self._worker = worker
        waited: set[asyncio.Future[Any]] = {self._opened, self._ended}
        done, _ = await asyncio.wait(waited, timeout=2 * self._open_timeout_s + 1, return_when=asyncio.FIRST_COMPLETED)
        if self._ended in done and not self._opened.done():
            raise self._ended.result()
        if not done:
            raise SourceError(FaultCause.NO_ROUTE, f"{self._address.where} does not answer")

    async def run(self) -> None:
        """Raises what the thread has ended with."""
        raise await asyncio.shield(self._ended)

    async def close(self) -> None:
        """The thread is given a moment; one that hangs ends by itself, whenever it comes back."""
        worker = self._worker
        if worker is None:
            return
        worker.stop()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._gone.wait()
        except TimeoutError:
            log.info("native_stream_left_behind", where=self._address.where)

    def receive_in_batches(self, size_bytes: int) -> None:
        """FFmpeg reads as it likes."""

    def figures(self) -> SourceFigures:
        """Counters."""
        video = self._video
        if video is None:
            return SourceFigures()
        pictures = video.pictures + video.dropped
        return SourceFigures(
            video.pictures, video.dropped, video.octets, self._lost, pictures > 0, sound=self._heard, trouble=video.trouble
        )

    def clock_offset_us(self) -> int | None:
        """FFmpeg tells no clock we could trust."""
        return None

    def camera_time_us(self, _ticks: int) -> int | None:
        """FFmpeg tells no clock we could trust."""
        return None

    def sound_time_us(self, _ticks: int) -> int | None:
        """The same."""
        return None

    async def _look_up(self) -> None:
        if self._address.host is None:
            return
        try:
            async with asyncio.timeout(self._open_timeout_s):
                await asyncio.get_running_loop().getaddrinfo(self._address.host, None, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise SourceError(FaultCause.NO_ROUTE, f"the name {self._address.host} cannot be looked up") from error
        except OSError as error:
            raise SourceError(FaultCause.NO_ROUTE, f"the name {self._address.host} is not known") from error

    def _take(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, tuple):
                is_video, packet = item
                if is_video:
                    if self._video is not None:
                        self._video.take(packet)
                else:
                    self._heard = True
                    if self._audio is not None:
                        self._audio.take(packet)
            elif isinstance(item, Opened):
                self._begin(item)
            elif isinstance(item, Lost):
                self._lost += 1
                if self._video is not None:
                    self._video.lose(BreakReason.LOSS, "ingest was too busy to take the stream")
            elif not self._ended.done():
                self._ended.set_result(item)

    def _begin(self, opened: Opened) -> None:
        self._video = video_packets(opened.video_codec, self._sink, opened.video_time_base, opened.video_extradata)
        if self._video is None:
            if not self._ended.done():
                detail = f"video coded as {opened.video_codec[:20]} is not supported"
                self._ended.set_result(SourceError(FaultCause.UNSUPPORTED, detail))
            return
        sound = audio_parameters(opened.audio_codec, opened.audio_sample_rate, opened.audio_channels, opened.audio_extradata)
        if sound is not None and self._sound is not None:
            self._audio = AudioPackets(self._sound, sound, opened.audio_time_base)
        if not self._opened.done():
            self._opened.set_result(None)
