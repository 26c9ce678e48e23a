"""Bringing one stream in from the ingest process that holds the camera, for as long as somebody watches."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.relay_connection import RelayConnection, RelayRefusedError, open_relay
from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters
from hejnal_media.relay import Record, RelayedAudio, RelayedUnit, RelayError, RunEnded, StreamInfo
from hejnal_runtime.tokens import TokenIssuer
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

_SILENCE_S = 5.0  # ingest writes a keep-alive every second
_CONNECT_S = 3.0
_FIRST_RETRY_S = 0.2
_LAST_RETRY_S = 5.0
_MAX_KEPT_BYTES = 8 * 1024 * 1024


class RelaySink(Protocol):
    """Takes one stream's pictures and sounds. Called on the event loop: what takes time is done elsewhere."""

    def begin_run(self, info: StreamInfo, *, same_run: bool) -> None:
        """The relay starts to speak: of a new run, or again of the one before (its newest group of pictures is repeated)."""

    def push(self, unit: AccessUnit, *, after_skip: bool = False) -> None:
        """The next picture; after a skip it cannot be decoded unless it is a key frame."""

    def end_run(self) -> None:
        """The camera has gone; another run may follow."""


class SoundSink(Protocol):
    """Takes one stream's sound."""

    def begin_sound(self, parameters: AudioParameters | None) -> None:
        """What the frames that follow are; None: there is no sound."""

    def push_sound(self, frame: AudioFrame) -> None:
        """The next sound frame."""


class RelayClient:
    """Reads the relay of one camera and stream for its sinks, again and again; they stay meanwhile.

    A sink that is added later gets the run's information and the newest group of pictures first.
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        relay_url: Callable[[], str | None],
        camera_id: str,
        stream_name: str,
    ) -> None:
        self.info: StreamInfo | None = None
        """Of the run that lasts, or of the last one."""
        self._issuer = issuer
        self._relay_url = relay_url
        self._path = f"/internal/v1/relay/{camera_id}/{stream_name}"
        self._sinks: list[RelaySink] = []
        self._sound_sinks: list[SoundSink] = []
        self._greeted = False
        """Whether this connection has said what it carries."""
        self._live = False
        self._gop: list[AccessUnit] = []
        self._gop_bytes = 0
        self._received = False
        self._try_now = asyncio.Event()

    @property
    def codec(self) -> str | None:
        """The RFC 6381 codec string, once known."""
        return self.info.codec if self.info is not None else None

    def add_sink(self, sink: RelaySink) -> None:
        """Hand everything to this one too, from the newest key frame on."""
        if self._live and self.info is not None:
            sink.begin_run(self.info, same_run=False)
            for unit in self._gop:
                sink.push(unit)
        self._sinks = [*self._sinks, sink]

    def remove_sink(self, sink: RelaySink) -> None:
        """Hand nothing to this one any more."""
        self._sinks = [other for other in self._sinks if other is not sink]

    def add_sound_sink(self, sink: SoundSink) -> None:
        """Hand the sound to this one too."""
        self._sound_sinks = [*self._sound_sinks, sink]
        if self._live and self.info is not None:
            sink.begin_sound(self.info.audio)

    def remove_sound_sink(self, sink: SoundSink) -> None:
        """Hand nothing to this one any more."""
        self._sound_sinks = [other for other in self._sound_sinks if other is not sink]

    def try_now(self) -> None:
        """The camera is said to be live: do not wait for the next try."""
        self._try_now.set()

    async def run(self) -> None:
        """Connect and read for ever; back off while there is nothing to read."""
        failures = 0
        while True:
            self._received = False
            url = self._relay_url()
            reason = "no_ingest" if url is None else await self._read(url)
            metrics.RELAY_BREAKS.labels(reason).inc()
            failures = 0 if self._received else failures + 1
            self._try_now.clear()
            with suppress(TimeoutError):
                pause_s = min(_LAST_RETRY_S, _FIRST_RETRY_S * 2 ** min(failures, 6)) * random.uniform(0.5, 1)
                await wait_for(self._try_now.wait(), pause_s)

    async def _read(self, url: str) -> str:
        """Read until the stream breaks; why it did."""
        self._greeted = False
        try:
            async with asyncio.timeout(_CONNECT_S):
                connection = await open_relay(url.rstrip("/") + self._path, self._issuer.headers("ingest"), self._take)
            await _ended(connection)
        except RelayRefusedError as refusal:
            log.info("relay_refused", path=self._path, status=refusal.status, detail=refusal.detail[:300])
            return f"status_{refusal.status}"
        except (RelayError, ValueError) as error:
            log.warning("relay_unreadable", path=self._path, error=str(error))
            return "unreadable"
        except (TimeoutError, OSError) as error:
            log.warning("relay_broken", path=self._path, error=repr(error))
            return "broken"
        except Exception:
            log.exception("relay_failed", path=self._path)  # a fault of ours must not leave the viewers without pictures for good
            return "failed"
        return "closed"

    def _take(self, record: Record) -> None:
        if type(record) is RelayedUnit:  # nearly all of them: the short way
            unit = record.unit
            skipped = record.after_skip and not unit.key_frame
            self._received = True
            self._keep(unit, skipped=skipped)
            for sink in self._sinks:
                sink.push(unit, after_skip=skipped)
            return
        match record:
            case RelayedAudio(frame):
                for sound_sink in self._sound_sinks:
                    sound_sink.push_sound(frame)
            case StreamInfo():
                self._take_info(record)
            case RunEnded(cause, detail):
                self._live, self._greeted, self._gop = False, False, []
                for sink in self._sinks:
                    sink.end_run()
                log.info("relay_run_ended", path=self._path, cause=cause, detail=detail)
            case _:
                pass  # keep-alive

    def _take_info(self, info: StreamInfo) -> None:
        before, self.info = self.info, info
        same_run = before is not None and info.run_id == before.run_id
        if not (same_run and self._greeted):  # else only the sound is another: the pictures go on
            self._live, self._greeted, self._gop = True, True, []
            for sink in self._sinks:
                sink.begin_run(info, same_run=same_run)
        for sound_sink in self._sound_sinks:
            sound_sink.begin_sound(info.audio)

    def _keep(self, unit: AccessUnit, *, skipped: bool) -> None:
        if unit.key_frame:
            self._gop, self._gop_bytes = [unit], unit.size_bytes
        elif self._gop:
            self._gop_bytes += unit.size_bytes
            if skipped or self._gop_bytes > _MAX_KEPT_BYTES:
                self._gop = []
            else:
                self._gop.append(unit)


async def _ended(connection: RelayConnection) -> None:
    """Wait until the connection ends or has been silent for too long (TimeoutError)."""
    loop = asyncio.get_running_loop()
    try:
        while not connection.closed.done():
            left_s = connection.last_bytes_at + _SILENCE_S - loop.time()
            if left_s <= 0:
                raise TimeoutError("ingest is silent")
            await asyncio.wait((connection.closed,), timeout=left_s)
        connection.closed.result()
    finally:
        connection.close()
        if connection.closed.done():
            connection.closed.exception()  # seen, whoever was cancelled meanwhile
