"""One camera while this process holds it: its streams, who wants them, and what is told of it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from hejnal_contracts.cameras import CameraCondition, CameraState, CameraStatusReported, FaultCause, StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest.camera.condition import Condition
from hejnal_ingest.camera.puller import PullerContext, StreamPuller
from hejnal_ingest.camera.recording import RecordingPlace, StreamRecording
from hejnal_ingest.credentials import CameraPasswords
from hejnal_ingest.facts import SOURCE
from hejnal_ingest.relay.hub import RelayReader
from hejnal_media.rtsp import Credentials
from hejnal_runtime.bus import Producer
from hejnal_runtime.errors import AppError

log = structlog.get_logger()

_MIN_REPORT_SPACING_S = 0.2
_REPORT_RETRY_S = 1.0


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
    settle_s: float = 4.0


class NotLiveError(Exception):
    """The stream has no picture now."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.detail)
        self.condition = condition


@dataclass(slots=True)
class _OnDemand:
    """A stream that is pulled only while somebody reads it."""

    puller: StreamPuller
    task: asyncio.Task[None]
    readers: int = 0
    ending: asyncio.TimerHandle | None = None


class CameraRunner:
    """`run()` lasts until cancelled. The recorded stream is always pulled, the other one on demand."""

    def __init__(self, context: RunnerContext, state: CameraState, epoch: int) -> None:
        self.state = state
        self.epoch = epoch
        self._context = context
        self._changed = asyncio.Event()
        self._on_demand: dict[StreamName, _OnDemand] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._off_since: datetime = context.pulling.clock.now()
        names = [source.name for source in state.streams]
        self._main_name: StreamName = state.recording.stream if state.recording.stream in names else names[0]
        self._main: StreamPuller | None = self._puller(self._main_name, always=True) if state.enabled else None

    @property
    def camera_id(self) -> str:
        """Id of the camera."""
        return self.state.camera_id

    @property
    def condition(self) -> CameraCondition:
        """What is told of it now."""
        return self._main.board.current.condition if self._main is not None else CameraCondition.OFF

    def needs_restart(self, state: CameraState) -> bool:
        """True when the new state cannot be served by the streams that run."""
        return _plan(self.state) != _plan(state)

    def update(self, state: CameraState) -> None:
        """A new version of the registration that changes nothing but words, or the password."""
        self.state = state
        if self._main is not None:
            self._main.retry_now()

    async def run(self) -> None:
        """Pulls and reports."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report())
            if self._main is not None:
                group.create_task(self._main.run())

    def stop(self, cause: GapCause, fault: FaultCause, detail: str) -> None:
        """Says why `run` is about to be cancelled; the run that is being recorded ends with this cause."""
        for puller in self._pullers():
            puller.stop(cause, fault, detail)

    def close_relays(self) -> None:
        """Ends the answers to all relay readers."""
        for puller in self._pullers():
            puller.hub.close()

    async def closed(self) -> None:
        """After cancellation: waits until on-demand streams are closed and what was recorded is on disk."""
        for name in list(self._on_demand):
            self._end_on_demand(name)
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=5)
        if self._main is not None:
            await self._main.closed()

    @contextlib.asynccontextmanager
    async def reading(self, name: StreamName) -> AsyncIterator[RelayReader]:
        """A relay reader of a stream. Raises NotLiveError, KeyError when the camera has no such stream."""
        if name not in {source.name for source in self.state.streams}:
            raise KeyError(name)
        if self._main is None:
            raise NotLiveError(Condition(CameraCondition.OFF, self._off_since, FaultCause.OPERATOR_OFF, "switched off"))
        if name == self._main_name:
            puller = self._main
            wanted: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        else:
            demand = self._demand(name)
            puller = demand.puller
            wanted = self._wanted(name, demand)
        with wanted:
            waits = puller.board.current.condition is not CameraCondition.RETRYING or name != self._main_name
            if not puller.hub.live and not (waits and await puller.settled(self._context.settle_s)):
                raise NotLiveError(puller.board.current)
            reader = puller.hub.join()
            try:
                yield reader
            finally:
                puller.hub.leave(reader)

    # --- streams

    def _pullers(self) -> list[StreamPuller]:
        return [*([self._main] if self._main else []), *(demand.puller for demand in self._on_demand.values())]

    def _puller(self, name: StreamName, *, always: bool) -> StreamPuller:
        url = next(source.url for source in self.state.streams if source.name == name)
        recording: StreamRecording | None = None
        puller: StreamPuller | None = None

        def on_fault(detail: str | None) -> None:
            if puller is not None:
                puller.disk_fault(detail)

        if always and self.state.recording.enabled:
            recording = StreamRecording(self._context.place, self.camera_id, name, epoch=self.epoch, on_fault=on_fault)
        puller = StreamPuller(
            self._context.pulling,
            self.camera_id,
            name,
            url,
            credentials=self._credentials,
            recording=recording,
            on_change=self._changed.set,
        )
        return puller

    async def _credentials(self) -> Credentials | None:
        return await self._context.passwords.get(self.camera_id) if self.state.has_credentials else None

    def _demand(self, name: StreamName) -> _OnDemand:
        demand = self._on_demand.get(name)
        if demand is None or demand.task.done():
            puller = self._puller(name, always=False)
            task = asyncio.create_task(puller.run(), name=f"{self.camera_id} {name}")
            task.add_done_callback(_log_failure)
            demand = self._on_demand[name] = _OnDemand(puller, task)
        return demand

    @contextlib.contextmanager
    def _wanted(self, name: StreamName, demand: _OnDemand) -> Iterator[None]:
        demand.readers += 1
        if demand.ending is not None:
            demand.ending.cancel()
            demand.ending = None
        try:
            yield
        finally:
            demand.readers -= 1
            if demand.readers == 0 and self._on_demand.get(name) is demand:
                loop = asyncio.get_running_loop()
                demand.ending = loop.call_later(self._context.linger_s, self._end_on_demand, name)

    def _end_on_demand(self, name: StreamName) -> None:
        demand = self._on_demand.pop(name, None)
        if demand is None:
            return
        if demand.ending is not None:
            demand.ending.cancel()
        demand.puller.stop(GapCause.OPERATOR_OFF, FaultCause.OPERATOR_OFF, "nobody watches any more")
        demand.task.cancel()
        self._ending.add(demand.task)
        demand.task.add_done_callback(self._ending.discard)
        self._changed.set()

    # --- status

    async def _report(self) -> None:
        interval_s = self._context.status_interval_s
        while True:
            self._changed.clear()
            try:
                await self._context.producer.send_fact(self.status(), SOURCE, timeout_s=5)
            except AppError:
                await asyncio.sleep(_REPORT_RETRY_S)
                continue
            await asyncio.sleep(_MIN_REPORT_SPACING_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s * random.uniform(0.85, 1)):
                    await self._changed.wait()

    def status(self) -> CameraStatusReported:
        """What is known of the camera now."""
        now = self._context.pulling.clock.now()
        if self._main is None:
            condition = Condition(CameraCondition.OFF, self._off_since, FaultCause.OPERATOR_OFF)
        else:
            condition = self._main.board.current
        figures = [health for puller in self._pullers() if (health := puller.health()) is not None]
        return CameraStatusReported(
            camera_id=self.camera_id,
            epoch=self.epoch,
            ingest_id=self._context.place.ingest_id,
            relay_url=self._context.relay_url,
            condition=condition.condition,
            cause=condition.cause,
            detail=condition.detail,
            since=condition.since,
            observed_at=now,
            retry_at=condition.retry_at,
            streams=tuple(figures),
        )


def _plan(state: CameraState) -> tuple[object, ...]:
    """What of a registration decides how its streams are pulled."""
    return (state.enabled, state.streams, state.recording.enabled, state.recording.stream)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("stream_failed", task=task.get_name(), exc_info=error)


RunnerFactory = Callable[[CameraState, int], CameraRunner]
