"""From facts to what consoles see: camera status and events, registry changes, reports, gaps."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from hejnal_contracts.base import Fact
from hejnal_contracts.cameras import (
    CameraChanged,
    CameraClockSet,
    CameraCondition,
    CameraRegistered,
    CameraRemoved,
    CameraState,
    CameraStatusReported,
    CameraTampered,
    StreamFaulted,
)
from hejnal_contracts.probes import CameraProbed
from hejnal_contracts.recordings import GapClosed, GapOpened
from hejnal_contracts.residents import ReportAnswered, ReportClosed, ReportRouted, ReportSubmitted
from hejnal_gateway.accounts.roles import READ_REPORTS
from hejnal_gateway.cameras.events import event_of
from hejnal_gateway.cameras.status import CameraStatus, ShownCondition, StatusBoard, differs_visibly
from hejnal_gateway.events import (
    CameraEventEvent,
    CameraRegisteredEvent,
    CameraStatusEvent,
    EventRing,
    RecordingEvent,
    ReportEvent,
)
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.tail import TopicTail
from hejnal_runtime.bus import CompactedTable, Message
from hejnal_runtime.clock import Clock

_FIGURES_EVERY_S = 10.0
_STALE_CHECK_S = 1.0


class Feeds:
    """Follows the topics the console lives on and keeps board and events up to date."""

    def __init__(
        self,
        settings: GatewaySettings,
        board: StatusBoard,
        events: EventRing,
        clock: Clock,
        *,
        on_live: Callable[[str], None] = lambda _: None,
        on_camera: Callable[[str, CameraState | None], None] = lambda _camera_id, _state: None,
        on_groups: Callable[[str, Iterable[str]], None] = lambda _, __: None,
    ) -> None:
        self._on_groups = on_groups
        self._on_live = on_live
        self._on_camera = on_camera
        self._board = board
        self._events = events
        self._clock = clock
        self._versions: dict[str, int] = {}
        self._shown: dict[str, tuple[CameraStatus, float]] = {}
        kafka, prefix = settings.kafka, settings.topic_prefix
        self.status = CompactedTable(kafka, "camera-status", topic_prefix=prefix, on_change=self._status_changed)
        self.cameras = CompactedTable(kafka, "cameras", topic_prefix=prefix, on_change=self._camera_changed)
        self.news = TopicTail(kafka, ["reports", "recordings", "camera-events"], self._heard, topic_prefix=prefix)

    def snapshot(self, now: datetime) -> list[CameraStatusEvent]:
        """Every camera somebody reports on, for a console that has just come."""
        return [
            CameraStatusEvent(camera_id=camera_id, status=self._board.status(camera_id, now))
            for camera_id in self._board.cameras()
        ]

    async def watch_staleness(self) -> None:
        """Tell consoles when nobody reports on a camera any more."""
        while True:
            await asyncio.sleep(_STALE_CHECK_S)
            for camera_id in self._board.newly_stale(self._clock.now()):
                self._show(camera_id)

    async def _status_changed(self, camera_id: str, fact: Fact | None) -> None:
        if fact is None:
            self._board.forget(camera_id)
            self._shown.pop(camera_id, None)
        elif isinstance(fact, CameraStatusReported) and self._board.apply(fact):
            before, _ = self._shown.get(camera_id, (None, 0.0))
            if fact.condition is CameraCondition.LIVE and (before is None or before.condition is not ShownCondition.LIVE):
                self._on_live(camera_id)
            self._show(camera_id)

    def _show(self, camera_id: str) -> None:
        status, at = self._board.status(camera_id, self._clock.now()), self._clock.monotonic()
        before, shown_at = self._shown.get(camera_id, (None, 0.0))
        if before is None or differs_visibly(before, status) or at - shown_at >= _FIGURES_EVERY_S:
            self._shown[camera_id] = (status, at)
            self._events.publish("camera-status", CameraStatusEvent(camera_id=camera_id, status=status), camera_ids=[camera_id])

    async def _camera_changed(self, camera_id: str, fact: Fact | None) -> None:
        if not isinstance(fact, CameraState) or self._versions.get(camera_id) == fact.version:
            return
        self._versions[camera_id] = fact.version
        self._on_camera(camera_id, None if isinstance(fact, CameraRemoved) else fact)
        self._on_groups(camera_id, fact.groups)
        match fact:
            case CameraRegistered():
                event = CameraRegisteredEvent(type="registered", camera_id=camera_id, version=fact.version)
            case CameraRemoved():
                event = CameraRegisteredEvent(type="removed", camera_id=camera_id, version=fact.version)
                self._board.forget(camera_id)
                self._shown.pop(camera_id, None)
            case CameraChanged():
                event = CameraRegisteredEvent(type="changed", camera_id=camera_id, version=fact.version)
            case _:
                return
        self._events.publish("camera", event, camera_ids=[camera_id])

    def _heard(self, message: Message) -> None:
        match message.fact:
            case ReportSubmitted() as fact:
                self._report(ReportEvent(type="submitted", report_id=fact.report_id, report=fact))
            case ReportRouted() as fact:
                self._report(ReportEvent(type="routed", report_id=fact.report_id, report=fact))
            case ReportAnswered() as fact:
                self._report(ReportEvent(type="answered", report_id=fact.report_id, report=fact))
            case ReportClosed() as fact:
                self._report(ReportEvent(type="closed", report_id=fact.report_id, report=fact))
            case GapOpened() as fact:
                self._gap(RecordingEvent(type="gap-opened", camera_id=fact.camera_id, gap=fact))
            case GapClosed() as fact:
                self._gap(RecordingEvent(type="gap-closed", camera_id=fact.camera_id, gap=fact))
            case CameraTampered() | StreamFaulted() | CameraClockSet() | CameraProbed() as fact:
                event = CameraEventEvent(camera_id=fact.camera_id, event=event_of(message))
                self._events.publish("camera-event", event, camera_ids=[fact.camera_id])
            case _:
                pass  # motion is too frequent to be news; segments and holds are news to nobody's screen

    def _gap(self, event: RecordingEvent) -> None:
        self._events.publish("recording", event, camera_ids=[event.camera_id])

    def _report(self, event: ReportEvent) -> None:
        self._events.publish("report", event, READ_REPORTS)
