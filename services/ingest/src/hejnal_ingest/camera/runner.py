"""One camera while this process holds it: its streams, who wants them, and what is told of it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from hejnal_contracts.cameras import CameraCondition, CameraState, CameraStatusReported, FaultCause, StreamHealth, StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest.camera.condition import Condition
from hejnal_ingest.camera.hooks import ObserverFactory, RecordingChoice, no_observers
from hejnal_ingest.camera.puller import PullerContext, StreamPuller
from hejnal_ingest.camera.recording import RecordingPlace, StreamRecording
from hejnal_ingest.camera.streams import CameraStreams, NotLiveError, StreamsOf
from hejnal_ingest.credentials import CameraPasswords
from hejnal_ingest.facts import SOURCE
from hejnal_ingest.relay.hub import RelayReader
from hejnal_media.rtsp import Credentials
from hejnal_runtime.bus import Producer
from hejnal_runtime.errors import AppError

log = structlog.get_logger()

_MIN_REPORT_SPACING_S = 0.2
_REPORT_RETRY_S = 1.0
_FAREWELL_S = 2.0


@dataclass(frozen=True, slots=True)
class RunnerContext:
    """What all cameras of this process share."""

    pulling: PullerContext
    place: RecordingPlace
    passwords: CameraPasswords
    producer: Producer
    relay_url: str
    status_interval_s: float
    linger_s: float
    observers: ObserverFactory = no_observers
    describe: Callable[[CameraStatusReported], CameraStatusReported] = lambda report: report
    """Adds what others know of the camera to a report that is about to be told."""


class CameraRunner:
    """`run()` lasts until cancelled."""

    def __init__(self, context: RunnerContext, state: CameraState, epoch: int) -> None:
        self.state = state
        self.epoch = epoch
        self._context = context
        self._changed = asyncio.Event()
        self._farewell = ""
        self._off_since: datetime = context.pulling.clock.now()
        self._streams: CameraStreams | None = self._open_streams() if state.enabled else None

    @property
    def camera_id(self) -> str:
        """Id of the camera."""
        return self.state.camera_id

    @property
    def condition(self) -> CameraCondition:
        """What is told of it now."""
        return self._streams.recorded.board.current.condition if self._streams is not None else CameraCondition.OFF

    def needs_restart(self, state: CameraState) -> bool:
        """True when the new state cannot be served by the streams that run."""
        return _plan(self.state) != _plan(state)

    def update(self, state: CameraState) -> None:
        """A new version of the registration that changes nothing but words, or the password."""
        self.state = state
        if self._streams is not None:
            self._streams.recorded.retry_now()

    def renew(self, epoch: int) -> None:
        """The lease goes on under another epoch."""
        self.epoch = epoch
        if self._streams is not None:
            self._streams.renew(epoch)
        self._changed.set()

    def choose_recording(self, choice: RecordingChoice) -> None:
        """Another stream is to be recorded; it takes over at its first key frame, without a hole."""
        if self._streams is not None:
            self._streams.choose(choice)

    def close_unwatched(self, stream: StreamName) -> None:
        """The link is wanted for other things: a stream that nobody reads or records is closed at once."""
        if self._streams is not None:
            self._streams.close_unwatched(stream)

    async def run(self) -> None:
        """Pulls and reports."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report())
            if self._streams is not None:
                group.create_task(self._streams.run())

    def stop(self, cause: GapCause, fault: FaultCause, detail: str) -> None:
        """Says why `run` is about to be cancelled; the run that is being recorded ends with this cause."""
        if cause is GapCause.INGEST_LOST:
            self._farewell = detail
        if self._streams is not None:
            self._streams.stop(cause, fault, detail)

    def close_relays(self) -> None:
        """Ends the answers to all relay readers."""
        for puller in self._pullers():
            puller.hub.close()

    async def closed(self) -> None:
        """After cancellation: waits until the sessions are closed and what was recorded is on disk.

        When the process ends, nobody is to take the last status for true: it is told that ingest is away.
        """
        if self._streams is not None:
            await self._streams.closed()
        if self._farewell and self.state.enabled:
            now = self._context.pulling.clock.now()
            condition = Condition(CameraCondition.RETRYING, now, FaultCause.INGEST_AWAY, self._farewell)
            with contextlib.suppress(AppError):
                await self._context.producer.send_fact(self._report_of(condition, ()), SOURCE, timeout_s=_FAREWELL_S)

    @contextlib.asynccontextmanager
    async def reading(self, name: StreamName) -> AsyncIterator[RelayReader]:
        """A relay reader of a stream. Raises NotLiveError, KeyError when the camera has no such stream."""
        if self._streams is None:
            raise NotLiveError(Condition(CameraCondition.OFF, self._off_since, FaultCause.OPERATOR_OFF, "switched off"))
        async with self._streams.reading(name) as reader:
            yield reader

    def _open_streams(self) -> CameraStreams:
        context, state = self._context, self.state
        camera = StreamsOf(
            camera_id=self.camera_id,
            urls={source.name: source.url for source in state.streams},
            credentials=self._credentials,
            on_change=self._changed.set,
            observers=context.observers,
            linger_s=context.linger_s,
            with_sound=state.recording.enabled and state.recording.record_audio,
        )
        recorded = state.recording.stream if state.recording.stream in camera.urls else state.streams[0].name
        recording: StreamRecording | None = None
        if state.recording.enabled:
            recording = StreamRecording(context.place, self.camera_id, recorded, epoch=self.epoch, on_fault=self._disk_fault)
        return CameraStreams(context.pulling, camera, recorded, recording)

    def _disk_fault(self, detail: str | None) -> None:
        if self._streams is not None:
            self._streams.disk_fault(detail)

    def _pullers(self) -> list[StreamPuller]:
        return self._streams.pullers() if self._streams is not None else []

    async def _credentials(self) -> Credentials | None:
        return await self._context.passwords.get(self.camera_id) if self.state.has_credentials else None

    # --- status

    async def _report(self) -> None:
        interval_s = self._context.status_interval_s
        while True:
            self._changed.clear()
            try:
                await self._context.producer.send_fact(self._context.describe(self.status()), SOURCE, timeout_s=5)
            except AppError:
                await asyncio.sleep(_REPORT_RETRY_S)
                continue
            await asyncio.sleep(_MIN_REPORT_SPACING_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s * random.uniform(0.85, 1)):
                    await self._changed.wait()

    def status(self) -> CameraStatusReported:
        """What is known of the camera now."""
        if self._streams is None:
            condition = Condition(CameraCondition.OFF, self._off_since, FaultCause.OPERATOR_OFF)
        else:
            condition = self._streams.recorded.board.current
        return self._report_of(condition, tuple(health for puller in self._pullers() if (health := puller.health()) is not None))

    def _report_of(self, condition: Condition, figures: tuple[StreamHealth, ...]) -> CameraStatusReported:
        return CameraStatusReported(
            camera_id=self.camera_id,
            epoch=self.epoch,
            ingest_id=self._context.place.ingest_id,
            relay_url=self._context.relay_url,
            condition=condition.condition,
            cause=condition.cause,
            detail=condition.detail,
            since=condition.since,
            observed_at=self._context.pulling.clock.now(),
            retry_at=condition.retry_at,
            streams=figures,
        )


def _plan(state: CameraState) -> tuple[object, ...]:
    """What of a registration decides how its streams are pulled."""
    plan = state.recording
    return (state.enabled, state.streams, plan.enabled, plan.stream, plan.record_audio)


RunnerFactory = Callable[[CameraState, int], CameraRunner]
