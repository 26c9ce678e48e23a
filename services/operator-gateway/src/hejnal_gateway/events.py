"""What consoles hear as it happens: server-sent events with ids, so that a broken line loses nothing."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from hejnal_contracts.recordings import GapClosed, GapOpened
from hejnal_contracts.residents import ReportAnswered, ReportClosed, ReportRouted, ReportSubmitted
from hejnal_gateway import metrics
from hejnal_gateway.accounts.roles import ALL, Role
from hejnal_gateway.alerts.schemas import Alert
from hejnal_gateway.cameras.events import CameraEvent
from hejnal_gateway.cameras.status import CameraStatus
from hejnal_runtime.ids import new_id


class CameraStatusEvent(BaseModel):
    """Event `camera-status`."""

    camera_id: str
    status: CameraStatus


class ReportEvent(BaseModel):
    """Event `report`. A resident's report was made, routed, answered or closed; `report` is the fact as it was published."""

    type: Literal["submitted", "routed", "answered", "closed"]
    report_id: str
    report: ReportSubmitted | ReportRouted | ReportAnswered | ReportClosed


class RecordingEvent(BaseModel):
    """Event `recording`. A gap in a camera's footage began or ended."""

    type: Literal["gap-opened", "gap-closed"]
    camera_id: str
    gap: GapOpened | GapClosed


class CameraEventEvent(BaseModel):
    """Event `camera-event`. A camera was tampered with (or is well again), failed, had its clock set, or was probed."""

    camera_id: str
    event: CameraEvent


class AlertEvent(BaseModel):
    """Event `alert`. An alert was raised or has changed: the whole of it. A version that is known already is a repeat."""

    alert: Alert


class CameraRegisteredEvent(BaseModel):
    """Event `camera`. The registry says something new about a camera: load it again."""

    type: Literal["registered", "changed", "removed"]
    camera_id: str
    version: int


class HelloEvent(BaseModel):
    """Event `hello`, first on every connection. `resumed`: what was missed follows; otherwise start from this snapshot."""

    server_time: str
    resumed: bool
    cameras: list[CameraStatusEvent]


class FarewellEvent(BaseModel):
    """Event `farewell`, last on a connection the server ends. `too-slow`: connect again, what was missed follows."""

    reason: Literal["too-slow", "signed-out", "stopping"]


EVENT_MODELS: tuple[type[BaseModel], ...] = (
    HelloEvent,
    CameraStatusEvent,
    ReportEvent,
    RecordingEvent,
    CameraEventEvent,
    AlertEvent,
    CameraRegisteredEvent,
    FarewellEvent,
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it goes over the line."""

    sequence: int
    roles: frozenset[Role]
    text: bytes
    camera_ids: tuple[str, ...] = ()
    """The cameras it tells of; somebody who may know of none of them is not told."""


Sees = Callable[[str], bool]


class Listener:
    """One console's queue. When it is full the console is too slow and is let go; it can come back and resume."""

    def __init__(self, role: Role, limit: int, *, sees: Sees = lambda _: True, session_id: str = "") -> None:
        self.role = role
        self.session_id = session_id
        self._sees = sees
        self.queue: asyncio.Queue[Event] = asyncio.Queue(limit)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def may_see(self, event: Event) -> bool:
        """Whether an event is for this person: by role and, where it tells of cameras, by camera groups."""
        return self.role in event.roles and (not event.camera_ids or any(self._sees(one) for one in event.camera_ids))

    def offer(self, event: Event) -> None:
        """Queue an event this person may see."""
        if self.ended.done() or not self.may_see(event):
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

    def __init__(self, *, kept: int, queue_limit: int) -> None:
        self._epoch = new_id().replace("-", "")[-12:]
        self._kept: deque[Event] = deque(maxlen=kept)
        self._queue_limit = queue_limit
        self._sequence = 0
        self._listeners: set[Listener] = set()
        self._stopping = False

    def publish(self, name: str, payload: BaseModel, roles: frozenset[Role] = ALL, *, camera_ids: Iterable[str] = ()) -> None:
        """Hand an event to every console whose person may see it, now. `camera_ids`: the cameras it tells of, if any."""
        self._sequence += 1
        text = frame(name, payload, f"{self._epoch}-{self._sequence}")
        event = Event(self._sequence, roles, text, tuple(camera_ids))
        self._kept.append(event)
        for listener in self._listeners:
            listener.offer(event)
        metrics.EVENTS.labels(name).inc()

    def join(
        self, role: Role, last_event_id: str | None, *, sees: Sees = lambda _: True, session_id: str = ""
    ) -> tuple[Listener, list[Event] | None, str]:
        """A new listener, the events it missed (None: they are not all known, take a snapshot) and the newest id.

        `sees` judges a camera's id. `session_id`: whose end is the listener's end.
        """
        listener = Listener(role, self._queue_limit, sees=sees, session_id=session_id)
        if self._stopping:
            listener.end("stopping")
        missed = self._missed(listener, last_event_id)
        self._listeners.add(listener)
        metrics.EVENT_LISTENERS.set(len(self._listeners))
        return listener, missed, f"{self._epoch}-{self._sequence}"

    def leave(self, listener: Listener) -> None:
        """The console has gone."""
        self._listeners.discard(listener)
        metrics.EVENT_LISTENERS.set(len(self._listeners))

    async def end_of_session(self, session_id: str) -> None:
        """A session is over: let its consoles go."""
        for listener in self._listeners:
            if listener.session_id == session_id:
                listener.end("signed-out")

    def stop(self) -> None:
        """The process ends: let everybody go."""
        self._stopping = True
        for listener in self._listeners:
            listener.end("stopping")

    def _missed(self, listener: Listener, last_event_id: str | None) -> list[Event] | None:
        epoch, _, number = (last_event_id or "").partition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdigit():
            return None
        last = int(number)
        oldest = self._kept[0].sequence if self._kept else self._sequence + 1
        if last > self._sequence or last + 1 < oldest:
            return None
        return [event for event in self._kept if event.sequence > last and listener.may_see(event)]


def frame(name: str, payload: BaseModel, event_id: str | None) -> bytes:
    """One event as text (HTML §9.2, server-sent events)."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {name}\ndata: {payload.model_dump_json()}\n\n".encode()
