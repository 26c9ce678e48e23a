"""What consoles hear as it happens: server-sent events with ids, so that a broken line loses nothing."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from hejnal_contracts.residents import ReportAnswered, ReportClosed, ReportRouted, ReportSubmitted
from hejnal_contracts.recordings import GapClosed, GapOpened
from hejnal_gateway import metrics
from hejnal_gateway.access import StaffRequired
from hejnal_gateway.accounts.roles import ALL, Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.cameras.status import CameraStatus
from hejnal_runtime.clock import Clock
from hejnal_runtime.ids import new_id

log = structlog.get_logger()
router = APIRouter(prefix="/api/v1/events", tags=["events"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]

HEARTBEAT_S = 10.0
SESSION_CHECK_S = 30.0


class CameraStatusEvent(BaseModel):
    """event: camera-status"""

    camera_id: str
    status: CameraStatus


class ReportEvent(BaseModel):
    """event: report. A resident's report was made, routed, answered or closed; `report` is the fact as it was published."""

    type: Literal["submitted", "routed", "answered", "closed"]
    report_id: str
    report: ReportSubmitted | ReportRouted | ReportAnswered | ReportClosed


class RecordingEvent(BaseModel):
    """event: recording. A gap in a camera's footage began or ended."""

    type: Literal["gap-opened", "gap-closed"]
    camera_id: str
    gap: GapOpened | GapClosed


class CameraRegisteredEvent(BaseModel):
    """event: camera. The registry says something new about a camera: load it again."""

    type: Literal["registered", "changed", "removed"]
    camera_id: str
    version: int


class HelloEvent(BaseModel):
    """event: hello, first on every connection. `resumed`: what was missed follows; otherwise start from this snapshot."""

    server_time: str
    resumed: bool
    cameras: list[CameraStatusEvent]


class FarewellEvent(BaseModel):
    """event: farewell, last on a connection the server ends. `too-slow`: connect again, what was missed follows."""

    reason: Literal["too-slow", "signed-out", "stopping"]


EVENT_MODELS: tuple[type[BaseModel], ...] = (
    HelloEvent,
    CameraStatusEvent,
    ReportEvent,
    RecordingEvent,
    CameraRegisteredEvent,
    FarewellEvent,
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it goes over the line."""

    sequence: int
    roles: frozenset[Role]
    text: bytes


class Listener:
    """One console's queue. When it is full the console is too slow and is let go; it can come back and resume."""

    def __init__(self, role: Role, limit: int) -> None:
        self.role = role
        self.queue: asyncio.Queue[Event] = asyncio.Queue(limit)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def offer(self, event: Event) -> None:
        """Queue an event this role may see."""
        if self.role not in event.roles or self.ended.done():
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            metrics.EVENT_LISTENERS_DROPPED.inc()
            self.end("too-slow")

    def end(self, reason: str) -> None:
        """Let the console go."""
        if not self.ended.done():
            self.ended.set_result(reason)


class EventRing:
    """The last events and those who listen. Ids are `<epoch>-<sequence>`; the epoch is this process's life."""

    def __init__(self, clock: Clock, *, kept: int, queue_limit: int) -> None:
        self._clock = clock
        self._epoch = new_id().replace("-", "")[-12:]
        self._kept: deque[Event] = deque(maxlen=kept)
        self._queue_limit = queue_limit
        self._sequence = 0
        self._listeners: set[Listener] = set()
        self._stopping = False

    def publish(self, name: str, payload: BaseModel, roles: frozenset[Role] = ALL) -> None:
        """Hand an event to every console whose role may see it, now."""
        self._sequence += 1
        event = Event(self._sequence, roles, _frame(name, payload, f"{self._epoch}-{self._sequence}"))
        self._kept.append(event)
        for listener in self._listeners:
            listener.offer(event)
        metrics.EVENTS.labels(name).inc()

    def join(self, role: Role, last_event_id: str | None) -> tuple[Listener, list[Event] | None, str]:
        """A new listener, the events it missed (None: they are not all known, take a snapshot) and the newest id."""
        listener = Listener(role, self._queue_limit)
        if self._stopping:
            listener.end("stopping")
        missed = self._missed(role, last_event_id)
        self._listeners.add(listener)
        metrics.EVENT_LISTENERS.set(len(self._listeners))
        return listener, missed, f"{self._epoch}-{self._sequence}"

    def leave(self, listener: Listener) -> None:
        """The console has gone."""
        self._listeners.discard(listener)
        metrics.EVENT_LISTENERS.set(len(self._listeners))

    def stop(self) -> None:
        """The process ends: let everybody go."""
        self._stopping = True
        for listener in self._listeners:
            listener.end("stopping")

    def _missed(self, role: Role, last_event_id: str | None) -> list[Event] | None:
        epoch, _, number = (last_event_id or "").partition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdigit():
            return None
        last = int(number)
        oldest = self._kept[0].sequence if self._kept else self._sequence + 1
        if last > self._sequence or last + 1 < oldest:
            return None
        return [event for event in self._kept if event.sequence > last and role in event.roles]


def _frame(name: str, payload: BaseModel, event_id: str | None) -> bytes:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {name}\ndata: {payload.model_dump_json()}\n\n".encode()


@router.get("", summary="What happens, as it happens (server-sent events)", response_class=StreamingResponse)
async def listen(
    request: Request, staff: AnyStaff, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """`text/event-stream`: `hello`, then `camera-status`, `camera`, `report`, `recording`; `farewell` when the server ends it.

    A comment line every 10 s is the heartbeat. `Last-Event-ID` resumes; events of the last minutes are kept.
    """
    resources = request.app.state.resources
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(resources, staff, last_event_id), media_type="text/event-stream", headers=headers)


async def _stream(resources: "Resources", staff: StaffSession, last_event_id: str | None) -> AsyncIterator[bytes]:  # noqa: F821
    ring: EventRing = resources.events
    listener, missed, newest_id = ring.join(staff.role, last_event_id)
    clock: Clock = resources.clock
    try:
        now = clock.now()
        cameras = [] if missed is not None else resources.feeds.snapshot(now)
        hello = HelloEvent(server_time=now.isoformat(), resumed=missed is not None, cameras=cameras)
        yield b"retry: 2000\n" + _frame("hello", hello, None if missed else newest_id)
        for event in missed or ():
            yield event.text
        checked_at = clock.monotonic()
        while not listener.ended.done():
            async for chunk in _next(listener):
                yield chunk
            if clock.monotonic() - checked_at > SESSION_CHECK_S:
                checked_at = clock.monotonic()
                if not await resources.sessions.still_open([staff.session_id]):
                    listener.end("signed-out")
        farewell = FarewellEvent.model_validate({"reason": listener.ended.result()})
        yield _frame("farewell", farewell, None)
    finally:
        ring.leave(listener)


async def _next(listener: Listener) -> AsyncIterator[bytes]:
    """What is queued, joined into one write; a heartbeat when nothing comes."""
    getting = asyncio.ensure_future(listener.queue.get())
    try:
        await asyncio.wait({getting, listener.ended}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            parts = [getting.result().text]
            while not listener.queue.empty():
                parts.append(listener.queue.get_nowait().text)
            yield b"".join(parts)
        elif not listener.ended.done():
            yield b": heartbeat\n\n"
    finally:
        getting.cancel()
