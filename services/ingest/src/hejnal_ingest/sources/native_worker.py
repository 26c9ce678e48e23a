"""One thread that reads a stream through PyAV. It may hang in native code for as long as it likes: nobody waits for it."""

import asyncio
import contextlib
import errno
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.error
import av.logging

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.address import Address
from hejnal_ingest.sources.packets import CodedPacket
from hejnal_ingest.sources.source import SourceError
from hejnal_ingest.sources.srt import SrtStream

av.logging.set_level(None)  # FFmpeg would write URLs, passwords and all, to stderr

MAX_QUEUED_BYTES = 24 * 1024 * 1024
"""What the event loop has not taken yet; more is dropped up to the next key frame."""
_LIMIT_STEP = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """What the container offers."""

    container: str
    video_codec: str
    video_time_base: Fraction | None
    video_extradata: bytes
    audio_codec: str = ""
    audio_sample_rate: int = 0
    audio_channels: int = 0
    audio_time_base: Fraction = Fraction(1, 1)
    audio_extradata: bytes = b""


@dataclass(frozen=True, slots=True)
class Lost:
    """Packets were dropped here, because the event loop was busy."""


Item = tuple[bool, CodedPacket] | Opened | Lost | SourceError
"""(is video, packet), or what else there is to tell, in order."""


class NativeWorker(threading.Thread):
    """Reads packets and hands them to the event loop in batches through `take`; the last item is a SourceError.

    `gone` is called on the event loop when the thread is at its end.
    """

    def __init__(
        self,
        address: Address,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[list[Item]], None],
        gone: Callable[[], None],
        *,
        now_us: Callable[[], int],
        open_timeout_s: float,
        read_timeout_s: float,
        loop_file: bool,
    ) -> None:
        super().__init__(name=f"source {address.where}", daemon=True)
        self._address = address
        self._loop = loop
        self._take = take
        self._gone = gone
        self._now_us = now_us
        self._open_timeout_s = open_timeout_s
        self._read_timeout_s = read_timeout_s
        self._loop_file = loop_file
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._woken = False
        self._skipping = False

    def stop(self) -> None:
        """Asks it to end at the next packet or time limit."""
        self._stopping.set()

    def run(self) -> None:
        """In the thread."""
        opening = True
        try:
            with self._stream() as stream, self._container(stream) as container:
                opening = False
                self._read(container)
            self._put(SourceError(FaultCause.CLOSED, "the stream has ended"))
        except SourceError as error:
            self._put(error)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._put(told(error, self._address.where, opening=opening))
        except Exception as error:  # noqa: BLE001 a thread must not die without a word; its text may show the URL
            self._put(SourceError(FaultCause.PROTOCOL, f"reading failed ({type(error).__name__})"))
        finally:
            self._tell(self._gone)

    def _stream(self) -> contextlib.AbstractContextManager[SrtStream | None]:
        """What FFmpeg does not open by itself."""
        if self._address.scheme != "srt":
            return contextlib.nullcontext()
        return contextlib.closing(
            SrtStream(
                self._address.url,
                passphrase=self._address.options.get("passphrase"),
                where=self._address.where,
                open_timeout_s=self._open_timeout_s,
                read_timeout_s=self._read_timeout_s,
                stopping=self._stopping,
            )
        )

    def _container(self, stream: SrtStream | None) -> Any:
        options = {name: value for name, value in self._address.options.items() if name != "passphrase"}
        if stream is not None:
            return av.open(stream, format="mpegts", options=options)
        return av.open(self._address.url, options=options, timeout=(self._open_timeout_s, self._read_timeout_s))

    def _read(self, container: Any) -> None:
        if not container.streams.video:
            raise SourceError(FaultCause.NO_VIDEO, "there is sound, but no video" if container.streams else "there is no video")
        video = container.streams.video[0]
        audio = container.streams.audio[0] if container.streams.audio else None
        wanted = [video, audio] if audio is not None else [video]
        self._put(_offer(container, video, audio))
        pace = _Pace(self._stopping) if self._address.paced else None
        offset = 0.0
        while not self._stopping.is_set():
            first_s = end_s = None
            for packet in container.demux(wanted):
                if self._stopping.is_set():
                    return
                if packet.size == 0:
                    continue
                is_video = packet.stream_index == video.index
                if pace is not None and is_video and packet.dts is not None:
                    at_s = float(packet.dts * packet.time_base)
                    first_s = at_s if first_s is None else first_s  # below zero where pictures are reordered
                    end_s = at_s + float((packet.duration or 0) * packet.time_base)
                    pace.wait(offset + at_s)
                shift = round(offset / packet.time_base) if offset else 0
                self._put((is_video, self._coded(packet, shift)))
            if not self._loop_file or first_s is None or end_s is None or end_s <= first_s:
                return
            offset += end_s - first_s
            container.seek(0)

    def _coded(self, packet: Any, shift: int) -> CodedPacket:
        pts = packet.pts + shift if packet.pts is not None else None
        dts = packet.dts + shift if packet.dts is not None else None
        return CodedPacket(bytes(packet), pts, dts, self._now_us(), packet.is_corrupt)

    def _put(self, item: Item) -> None:
        size = len(item[1].data) if isinstance(item, tuple) else 0
        with self._lock:
            if size and (self._bytes > MAX_QUEUED_BYTES or (self._skipping and self._bytes > MAX_QUEUED_BYTES // _LIMIT_STEP)):
                if not self._skipping:
                    self._skipping = True
                    self._items.append(Lost())
                return
            self._skipping = False
            self._items.append(item)
            self._bytes += size
            if self._woken:
                return
            self._woken = True
        self._tell(self._hand_over)

    def _tell(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(call)

    def _hand_over(self) -> None:
        """On the event loop."""
        with self._lock:
            items, self._items = list(self._items), deque()
            self._bytes = 0
            self._woken = False
        if not self._stopping.is_set():
            self._take(items)


class _Pace:
    """Holds a file back to the speed of its pictures."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._began_s: float | None = None

    def wait(self, at_s: float) -> None:
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s - at_s
        if (ahead_s := self._began_s + at_s - now_s) > 0:
            self._stopping.wait(min(ahead_s, 60))


def _offer(container: Any, video: Any, audio: Any) -> Opened:
    name = container.format.name
    # multipart images come without times: FFmpeg counts them at 25 a second
    time_base = None if name == "mpjpeg" else video.time_base
    codec = video.codec_context
    if codec is None:
        raise SourceError(FaultCause.UNSUPPORTED, "the video's coding is not known")
    offer = (name, codec.name, time_base, bytes(codec.extradata or b""))
    if audio is None or audio.codec_context is None:
        return Opened(*offer)
    sound = audio.codec_context
    return Opened(*offer, sound.name, sound.sample_rate, sound.channels, audio.time_base, bytes(sound.extradata or b""))


_CAUSES: tuple[tuple[type[BaseException], FaultCause, str], ...] = (
    (av.error.HTTPUnauthorizedError, FaultCause.UNAUTHORIZED, "{where} does not accept the account"),
    (av.error.HTTPForbiddenError, FaultCause.UNAUTHORIZED, "{where} does not accept the account"),
    (av.error.HTTPNotFoundError, FaultCause.NOT_FOUND, "{where} does not know the stream"),
    (av.error.HTTPError, FaultCause.REFUSED, "{where} answers with an HTTP error"),
    (ConnectionRefusedError, FaultCause.REFUSED, "{where} refuses connections"),
    (av.error.ProtocolNotFoundError, FaultCause.UNSUPPORTED, "the protocol is not in this FFmpeg, or not allowed here"),
    (av.error.DemuxerNotFoundError, FaultCause.UNSUPPORTED, "the format is not supported"),
    (av.error.DecoderNotFoundError, FaultCause.UNSUPPORTED, "the format is not supported"),
    (av.error.PatchWelcomeError, FaultCause.UNSUPPORTED, "the format is not supported"),
    (av.error.InvalidDataError, FaultCause.PROTOCOL, "what {where} sends is no video that is supported"),
    (FileNotFoundError, FaultCause.NOT_FOUND, "there is no such stream"),
)


_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL})


def told(error: BaseException, where: str, *, opening: bool) -> SourceError:
    """A native error in our words. FFmpeg's own text carries the URL, and the URL the password: it goes nowhere."""
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        cause, verb = (FaultCause.NO_ROUTE, "does not answer") if opening else (FaultCause.STALLED, "sends nothing any more")
        return SourceError(cause, f"{where} {verb}")
    for kind, cause, text in _CAUSES:
        if isinstance(error, kind):
            return SourceError(cause, text.format(where=where))
    number = getattr(error, "errno", None)
    if number in _UNREACHABLE:
        return SourceError(FaultCause.NO_ROUTE, f"{where} cannot be reached ({errno.errorcode[number]})")
    if opening and isinstance(error, ValueError):
        return SourceError(FaultCause.PROTOCOL, f"what {where} sends is not allowed, or no video")
    return SourceError(FaultCause.CLOSED, f"the stream broke off ({type(error).__name__} {number})")
