"""Which streams of one camera are pulled: the recorded one always, the other while somebody reads it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import structlog

from hejnal_contracts.cameras import FaultCause, StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest.camera.condition import Condition
from hejnal_ingest.camera.hooks import ObserverFactory, RecordingChoice
from hejnal_ingest.camera.puller import PullerContext, StreamPuller
from hejnal_ingest.camera.recording import StreamRecording
from hejnal_ingest.relay.hub import RelayReader
from hejnal_media.rtsp import Credentials

log = structlog.get_logger()

CLOSE_TIMEOUT_S = 5.0


class NotLiveError(Exception):
    """The stream has no picture now."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.detail)
        self.condition = condition


@dataclass(slots=True)
class _Pulled:
    puller: StreamPuller
    task: asyncio.Task[None]
    readers: int = 0
    ending: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class StreamsOf:
    """A camera as its streams see it."""

    camera_id: str
    urls: dict[StreamName, str]
    credentials: Callable[[], Awaitable[Credentials | None]]
    on_change: Callable[[], None]
    observers: ObserverFactory
    linger_s: float
    with_sound: bool = False
    settle_s: float = field(default=4.0)


class CameraStreams:
    """Pulls, lets read, and moves the recording from one stream to the other without a hole."""

    def __init__(
        self, context: PullerContext, camera: StreamsOf, recorded: StreamName, recording: StreamRecording | None
    ) -> None:
        self._context = context
        self._camera = camera
        self._recorded_name = recorded
        self._recording = recording
        self._pulled: dict[StreamName, _Pulled] = {}
        self._successor: StreamName | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._recorded = self._puller(recorded)
        self._recorded.record(recording)

    @property
    def recorded(self) -> StreamPuller:
        """The stream that is recorded (or would be)."""
        return self._recorded

    @property
    def recorded_name(self) -> StreamName:
        """Its name."""
        return self._recorded_name

    def pullers(self) -> list[StreamPuller]:
        """All that are pulled now."""
        others = [pulled.puller for name, pulled in self._pulled.items() if name != self._recorded_name]
        return [self._recorded, *others]

    async def run(self) -> None:
        """Pulls until cancelled; raises what made the recorded stream's puller fail."""
        self._demand(self._recorded_name)
        await self._failed

    def renew(self, epoch: int) -> None:
        """The lease has another epoch now."""
        if self._recording is not None:
            self._recording.renew(epoch, "the lease was renewed")

    def disk_fault(self, detail: str | None) -> None:
        """Recording has failed, or works again (None)."""
        self._recorded.disk_fault(detail)

    def stop(self, cause: GapCause, fault: FaultCause, detail: str) -> None:
        """Says why `run` is about to be cancelled; the run that is being recorded ends with this cause."""
        for puller in self.pullers():
            puller.stop(cause, fault, detail)

    async def closed(self) -> None:
        """After cancellation: waits until the sessions are closed (bounded) and what was recorded is on disk."""
        for name in list(self._pulled):
            self._end(name)
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=CLOSE_TIMEOUT_S)
        if self._recording is not None:
            await self._recording.closed()

    # --- which stream is recorded

    def choose(self, choice: RecordingChoice) -> None:
        """The chosen stream is opened beside the recorded one and takes over at its first key frame.

        As long as it gives no picture the other is recorded on. A choice replaces one that has not come about yet.
        """
        if self._recording is None or choice.stream not in self._camera.urls:
            return
        if self._successor is not None and self._successor != choice.stream:
            self._give_up(self._successor)
        if choice.stream in (self._recorded_name, self._successor):
            return
        pulled = self._demand(choice.stream)
        self._keep(pulled)
        self._successor = choice.stream
        pulled.puller.at_next_key_frame(lambda: self._hand_over(choice))

    def _hand_over(self, choice: RecordingChoice) -> None:
        recording, before, before_name = self._recording, self._recorded, self._recorded_name
        if recording is None or self._successor != choice.stream:
            return
        self._successor = None
        log.info("recorded_stream_changed", camera_id=self._camera.camera_id, stream=choice.stream, cause=choice.cause.value)
        before.record(None)
        recording.change_stream(choice.stream, choice.cause, choice.detail)
        self._recorded, self._recorded_name = self._pulled[choice.stream].puller, choice.stream
        self._recorded.record(recording)
        self._leave_open(before_name)
        self._camera.on_change()

    def _give_up(self, name: StreamName) -> None:
        self._successor = None
        self._pulled[name].puller.at_next_key_frame(None)
        self._leave_open(name)

    # --- readers

    @contextlib.asynccontextmanager
    async def reading(self, name: StreamName) -> AsyncIterator[RelayReader]:
        """A relay reader of a stream. Raises NotLiveError, KeyError when the camera has no such stream."""
        if name not in self._camera.urls:
            raise KeyError(name)
        pulled = self._demand(name)
        with self._wanted(name, pulled):
            puller = pulled.puller
            known_away = name == self._recorded_name and puller.retrying
            if not puller.hub.live and (known_away or not await puller.settled(self._camera.settle_s)):
                raise NotLiveError(puller.board.current)
            reader = puller.hub.join()
            try:
                yield reader
            finally:
                puller.hub.leave(reader)

    @contextlib.contextmanager
    def _wanted(self, name: StreamName, pulled: _Pulled) -> Iterator[None]:
        pulled.readers += 1
        self._keep(pulled)
        try:
            yield
        finally:
            pulled.readers -= 1
            if self._pulled.get(name) is pulled:
                self._leave_open(name)

    # --- pulling

    def _puller(self, name: StreamName) -> StreamPuller:
        camera = self._camera
        return StreamPuller(
            self._context,
            camera.camera_id,
            name,
            camera.urls[name],
            credentials=camera.credentials,
            on_change=camera.on_change,
            observers=camera.observers(camera.camera_id, name),
            with_sound=camera.with_sound,
        )

    def _start(self, name: StreamName, puller: StreamPuller) -> _Pulled:
        task = asyncio.create_task(puller.run(), name=f"{self._camera.camera_id} {name}")
        pulled = self._pulled[name] = _Pulled(puller, task)
        task.add_done_callback(lambda done: self._ended(name, pulled, done))
        return pulled

    def _demand(self, name: StreamName) -> _Pulled:
        if (pulled := self._pulled.get(name)) is not None:
            return pulled
        return self._start(name, self._recorded if name == self._recorded_name else self._puller(name))

    def _ended(self, name: StreamName, pulled: _Pulled, task: asyncio.Task[None]) -> None:
        """A puller lasts until it is cancelled: anything else is a fault of ours."""
        if self._pulled.get(name) is pulled and name != self._recorded_name:
            del self._pulled[name]
            if self._successor == name:
                self._successor = None
        error = task.exception() if not task.cancelled() else None
        if error is None:
            return
        log.error("stream_failed", camera_id=self._camera.camera_id, stream=name, exc_info=error)
        if pulled.puller is self._recorded and not self._failed.done():
            self._failed.set_exception(error)

    def _keep(self, pulled: _Pulled) -> None:
        if pulled.ending is not None:
            pulled.ending.cancel()
            pulled.ending = None

    def _leave_open(self, name: StreamName) -> None:
        """A stream that nobody wants any more is kept for a while: its reader may come back."""
        pulled = self._pulled[name]
        if pulled.readers == 0 and name not in (self._recorded_name, self._successor) and pulled.ending is None:
            pulled.ending = asyncio.get_running_loop().call_later(self._camera.linger_s, self._end, name)

    def close_unwatched(self, name: StreamName) -> None:
        """Closes a stream that nobody reads or records, without waiting for a reader to come back."""
        pulled = self._pulled.get(name)
        if pulled is not None and pulled.ending is not None:
            self._end(name)

    def _end(self, name: StreamName) -> None:
        pulled = self._pulled.pop(name)
        self._keep(pulled)
        pulled.puller.stop(GapCause.OPERATOR_OFF, FaultCause.OPERATOR_OFF, "nobody watches any more")
        pulled.task.cancel()
        self._ending.add(pulled.task)
        pulled.task.add_done_callback(self._ending.discard)
        self._camera.on_change()
