"""One stream of a camera: opened, watched, relayed, recorded, and opened again, for as long as it is wanted."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from hejnal_contracts.cameras import CameraCondition, FaultCause, StreamHealth, StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest import metrics
from hejnal_ingest.camera.back_off import BackOff
from hejnal_ingest.camera.condition import GAP_CAUSES, ConditionBoard
from hejnal_ingest.camera.hooks import StreamObserver
from hejnal_ingest.camera.pacing import StartPacer
from hejnal_ingest.camera.recording import StreamRecording
from hejnal_ingest.camera.watchdog import Watchdog
from hejnal_ingest.credentials import CredentialsUnavailableError
from hejnal_ingest.relay.hub import RelayHub
from hejnal_ingest.server_time import ServerTime
from hejnal_ingest.sources.choose import SourceContext, choose_source
from hejnal_ingest.sources.source import Source, SourceError
from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_media.h264 import BreakReason
from hejnal_media.relay import StreamInfo
from hejnal_media.rtsp import Credentials, StaleSessions
from hejnal_runtime.clock import Clock
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

_LOOK_INTERVAL_S = 0.5
_USUAL_PACKET_BYTES = 1200
_MAX_BATCH_BYTES = 128 * 1024
_BREAK_CAUSES = {
    BreakReason.LOSS: GapCause.LINK_DOWN,
    BreakReason.SPLIT: GapCause.LINK_DOWN,
    BreakReason.TOO_LARGE: GapCause.LINK_DOWN,
    BreakReason.TIME_JUMP: GapCause.CLOCK_STEP,
}


@dataclass(frozen=True, slots=True)
class PullerContext:
    """What all streams of this process share."""

    clock: Clock
    time: ServerTime
    pacer: StartPacer
    sources: SourceContext
    no_video_s: float
    no_keyframe_s: float
    batch_s: float


class StreamPuller:
    """`run()` lasts until cancelled; `stop` says before why recording ends. Implements MediaSink.

    Sound is asked for only `with_sound`: what may not be kept is not received.
    """

    def __init__(
        self,
        context: PullerContext,
        camera_id: str,
        stream: StreamName,
        url: str,
        *,
        credentials: Callable[[], Awaitable[Credentials | None]],
        on_change: Callable[[], None],
        observers: Sequence[StreamObserver] = (),
        with_sound: bool = False,
    ) -> None:
        self.camera_id = camera_id
        self.stream: StreamName = stream
        self.url = url
        self.hub = RelayHub(self._receive_at_once)
        self.board = ConditionBoard(context.clock.now())
        self._context = context
        self._credentials = credentials
        self._on_change = on_change
        self._observers = tuple(observers)
        self._with_sound = with_sound
        self._audio: AudioParameters | None = None
        self._recording: StreamRecording | None = None
        self._at_key_frame: Callable[[], None] | None = None
        self._back_off = BackOff()
        self._stale = StaleSessions()
        self._retry_after_s = 0.0
        self._retry_now = asyncio.Event()
        self._settled = asyncio.Event()
        self._source: Source | None = None
        self._parameters: CodecParameters | None = None
        self._watchdog: Watchdog | None = None
        self._live_since_s: float | None = None
        self._key_ticks = 0
        self._gop_s = 0.0
        self._steps_seen = context.time.steps
        self._window = (0.0, 0, 0)
        self._octets_seen = 0
        self._lost_seen = 0
        self._disk_fault: str | None = None
        self._stopping = False

    # --- life

    async def run(self) -> None:
        """Opens the stream again and again."""
        while True:
            cause, detail = await self._once()
            healthy_s = time.monotonic() - self._live_since_s if self._live_since_s is not None else 0.0
            self._live_since_s = None
            pause_s = max(self._back_off.next_s(healthy_s=healthy_s), self._retry_after_s)
            metrics.CONNECTS.labels(cause.value).inc()
            log.info("camera_fault", camera_id=self.camera_id, stream=self.stream, cause=cause.value, detail=detail)
            self._break_off(GAP_CAUSES[cause], cause, detail)
            retry_at = self._context.clock.now() + timedelta(seconds=pause_s)
            self._set_condition(CameraCondition.RETRYING, cause=cause, detail=detail, retry_at=retry_at)
            self._settled.set()
            try:
                async with asyncio.timeout(pause_s):
                    await self._retry_now.wait()
                self._back_off.reset()
            except TimeoutError:
                pass
            self._retry_now.clear()

    @property
    def retrying(self) -> bool:
        """True while the stream is known to be away."""
        return self.board.current.condition is CameraCondition.RETRYING

    def retry_now(self) -> None:
        """The registry says something has changed: do not wait out the pause."""
        self._retry_now.set()

    def stop(self, cause: GapCause, fault: FaultCause, detail: str) -> None:
        """The stream is about to be cancelled for this reason: the run ends here, what still comes is left."""
        self._stopping = True
        self._break_off(cause, fault, detail)
        self.hub.close()

    def record(self, recording: StreamRecording | None) -> None:
        """From the next key frame on the pictures go there; None: nowhere. The run that lasts is the caller's to end."""
        self._recording = recording
        if recording is not None:
            recording.set_camera_clock(self._camera_time_us)
            if self._parameters is not None:
                recording.change_parameters(self._parameters)
            recording.change_sound(self._audio, self._sound_time_us)

    def at_next_key_frame(self, call: Callable[[], None] | None) -> None:
        """`call` is called once, right before the next key frame is handed on."""
        self._at_key_frame = call

    async def settled(self, timeout_s: float) -> bool:
        """Waits until the stream is live or has failed; True when it is live."""
        if not self.hub.live:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._settled.wait()
            except TimeoutError:
                return False
        return self.hub.live

    async def _once(self) -> tuple[FaultCause, str]:
        """One session from beginning to end; gives why it ended."""
        context = self._context
        self._set_condition(CameraCondition.CONNECTING)
        self._settled.clear()
        self._retry_after_s = 0.0
        source: Source | None = None
        try:
            async with context.pacer.turn():
                credentials = await self._credentials()
                self._change_sound(None)
                sound = self if self._with_sound else None
                self._source = source = choose_source(context.sources, self.url, self, sound, credentials, self._stale)
                await source.open()
            metrics.CONNECTS.labels("opened").inc()
            self._octets_seen = self._lost_seen = 0
            self._watchdog = Watchdog(time.monotonic(), no_video_s=context.no_video_s, no_keyframe_s=context.no_keyframe_s)
            async with asyncio.TaskGroup() as group:
                group.create_task(source.run())
                group.create_task(self._watch(source, self._watchdog))
        except CredentialsUnavailableError as error:
            return FaultCause.GATEWAY_AWAY, f"the camera's password cannot be had: {error}"
        except SourceError as error:
            self._retry_after_s = error.retry_after_s or 0.0
            return error.cause, error.detail
        except ExceptionGroup as group_error:
            return _reason(group_error)
        finally:
            self._watchdog = None
            self._source = None
            if source is not None:
                metrics.PACKETS_LOST.inc(source.figures().packets_lost)
                await source.close()
        raise AssertionError("a session ends with an error")

    async def _watch(self, source: Source, watchdog: Watchdog) -> None:
        while True:
            await asyncio.sleep(_LOOK_INTERVAL_S)
            figures = source.figures()
            watchdog.check(time.monotonic(), figures)
            self._receive_in_batches(source, figures.octets)
            if self._context.time.steps != self._steps_seen:
                self._steps_seen = self._context.time.steps
                self._break_off(GapCause.CLOCK_STEP, FaultCause.PROTOCOL, "the server's clock was set anew")
                self._begin_relay()

    def _receive_in_batches(self, source: Source, octets: int) -> None:
        """While nobody watches, several pictures are taken at one waking; what a thin stream leaves behind is fetched."""
        came, self._octets_seen = octets - self._octets_seen, octets
        size_bytes = int(came * self._context.batch_s / _LOOK_INTERVAL_S)
        power = 1 << max(0, size_bytes.bit_length() - 1)  # seldom another one, and each costs a call
        source.receive_in_batches(1 if self.hub.readers else min(power, _MAX_BATCH_BYTES))

    def _receive_at_once(self) -> None:
        if self._source is not None:
            self._source.receive_in_batches(1)

    # --- MediaSink

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Parameters of the key frame that follows."""
        if self._recording is not None:
            self._recording.change_parameters(parameters)
        self._parameters = parameters
        for observer in self._observers:
            observer.parameters_changed(parameters)
        self._begin_relay()

    def access_unit(self, unit: AccessUnit) -> None:
        """The next picture."""
        if self._stopping:
            return
        if unit.key_frame:
            self._note_key_frame(unit)
        self.hub.publish(unit)
        for observer in self._observers:
            observer.observe(unit)
        if self._recording is not None and self._parameters is not None:
            self._recording.add(unit, self._parameters)

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """A hole: the run ends, the next key frame begins another."""
        metrics.BREAKS.labels(reason.value).inc()
        log.info("stream_broken", camera_id=self.camera_id, stream=self.stream, reason=reason.value, detail=detail)
        self._break_off(_BREAK_CAUSES[reason], FaultCause.PROTOCOL, detail)
        self._begin_relay()

    def audio_changed(self, parameters: AudioParameters) -> None:
        """Parameters of the sound that follows."""
        self._change_sound(parameters)

    def audio_frame(self, frame: AudioFrame) -> None:
        """The next sound frame."""
        if self._stopping:
            return
        self.hub.publish_sound(frame)
        if self._recording is not None:
            self._recording.add_sound(frame)

    # --- what others ask

    def health(self) -> StreamHealth | None:
        """Figures since the last call; None while there is no picture."""
        source, parameters = self._source, self._parameters
        if source is None or parameters is None or self._live_since_s is None:
            return None
        now_s = time.monotonic()
        figures = source.figures()
        pictures, octets = figures.pictures, figures.octets
        since_s, before_pictures, before_octets = self._window
        if pictures < before_pictures or not since_s:
            since_s, before_pictures, before_octets = self._live_since_s, 0, 0
        elapsed_s = max(0.04, now_s - since_s)
        self._window = (now_s, pictures, octets)
        offset_us = source.clock_offset_us()
        lost, self._lost_seen = max(0, figures.packets_lost - self._lost_seen), figures.packets_lost
        came = max(1, octets - before_octets) / _USUAL_PACKET_BYTES
        return StreamHealth(
            name=self.stream,
            codec=parameters.codec,
            width=parameters.width,
            height=parameters.height,
            fps=round((pictures - before_pictures) / elapsed_s, 2),
            bitrate_bps=int(8 * (octets - before_octets) / elapsed_s),
            gop_s=round(self._gop_s, 3),
            clock_offset_s=round(offset_us / 1e6, 3) if offset_us is not None else None,
            loss=round(lost / (came + lost), 5),
        )

    def disk_fault(self, detail: str | None) -> None:
        """Recording has failed while the picture goes on, or works again (None)."""
        if detail != self._disk_fault:
            self._disk_fault = detail
            if self._live_since_s is not None:
                self._set_live()

    # --- inside

    def _note_key_frame(self, unit: AccessUnit) -> None:
        now_s = time.monotonic()
        if self._watchdog is not None:
            self._watchdog.key_frame(now_s)
        if self._live_since_s is None:
            self._live_since_s = now_s
            self._window = (0.0, 0, 0)
            self._set_live()
            self._settled.set()
        else:
            self._gop_s = max(0.0, (unit.ticks - self._key_ticks) / 90_000)
        self._key_ticks = unit.ticks
        if self._at_key_frame is not None:
            call, self._at_key_frame = self._at_key_frame, None
            call()

    def _set_live(self) -> None:
        if self._disk_fault is None:
            self._set_condition(CameraCondition.LIVE)
        else:
            self._set_condition(CameraCondition.LIVE, cause=FaultCause.DISK_FULL, detail=f"not recorded: {self._disk_fault}")

    def _camera_time_us(self, ticks: int) -> int | None:
        source = self._source
        return source.camera_time_us(ticks) if source is not None else None

    def _change_sound(self, parameters: AudioParameters | None) -> None:
        self._audio = parameters
        self.hub.change_sound(parameters)
        if self._recording is not None:
            self._recording.change_sound(parameters, self._sound_time_us)

    def _sound_time_us(self, ticks: int) -> int | None:
        source = self._source
        return source.sound_time_us(ticks) if source is not None else None

    def _begin_relay(self) -> None:
        parameters = self._parameters
        if parameters is not None:
            self.hub.begin(StreamInfo(parameters.codec, parameters.width, parameters.height, new_id(), audio=self._audio))

    def _break_off(self, cause: GapCause, fault: FaultCause, detail: str) -> None:
        if self._recording is not None:
            self._recording.end(cause, detail)
        for observer in self._observers:
            observer.interrupted()
        self.hub.end(fault.value, detail)

    def _set_condition(self, condition: CameraCondition, **details: object) -> None:
        if self.board.change(condition, self._context.clock.now(), **details):  # type: ignore[arg-type]
            self._on_change()


def _reason(group: ExceptionGroup[Exception]) -> tuple[FaultCause, str]:
    """Why a session ended, out of what its tasks raised; an unknown error is raised again."""
    for error in group.exceptions:
        if isinstance(error, SourceError):
            return error.cause, error.detail
    raise group
