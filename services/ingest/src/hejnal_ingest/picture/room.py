"""The picture room: watches every camera held here, decodes a key frame when it is time, and tells what it finds."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from hejnal_contracts.cameras import (
    CameraCondition,
    CameraState,
    CameraStatusReported,
    CameraTampered,
    MotionDetected,
    StreamFaulted,
    StreamHealth,
    StreamName,
)
from hejnal_ingest import metrics
from hejnal_ingest.camera.hooks import StreamObserver
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.picture.camera import CameraPicture, StreamEye, Thumbnail
from hejnal_ingest.picture.decoding.decoder import DecoderBusyError, PictureDecoder, UndecodableError, Urgency
from hejnal_ingest.picture.decoding.wire import Look
from hejnal_ingest.picture.memory import PictureMemory
from hejnal_ingest.picture.motion import Motion
from hejnal_ingest.picture.sun import sun_elevation_deg
from hejnal_ingest.picture.watch import PictureChange, PictureWatch
from hejnal_ingest.picture.window import StreamWindow
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

_STEP_S = 0.5
_SAVE_EVERY_S = 300.0
_DAYLIGHT_DEG = 2.0
_ON_DEMAND_S = 2.5
"""Who asks for a thumbnail waits so long for a newer one, then gets the one there is."""

Held = Callable[[str], CameraState | None]


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """How often pictures are decoded."""

    look_interval_s: float
    on_demand_spacing_s: float = 2.0
    accept_after_s: float = 3600.0
    batch_s: float = 0.0
    """So long ingest itself lets pictures wait: no jitter of the camera's."""


class PictureRoom:
    """`run()` lasts until cancelled; `observers` and `describe` are the room's doors to the cameras."""

    def __init__(
        self,
        settings: PictureSettings,
        decoder: PictureDecoder,
        memory: PictureMemory,
        events: FactQueue,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._decoder = decoder
        self._memory = memory
        self._events = events
        self._clock = clock
        self._cameras: dict[str, CameraPicture] = {}
        self._told_faults: dict[str, tuple[object, ...]] = {}
        self._motions: dict[str, str] = {}
        self._looks: set[asyncio.Task[None]] = set()
        self._held: Held = lambda _: None

    # --- what cameras call

    def observers(self, camera_id: str, stream: StreamName) -> Sequence[StreamObserver]:
        """An eye on a stream that is about to be pulled."""
        camera = self._cameras.get(camera_id)
        if camera is None:
            watch = self._recall(camera_id)
            camera = self._cameras[camera_id] = CameraPicture(camera_id, watch, saved_s=self._clock.monotonic())
        eye = StreamEye(
            stream,
            lambda eye, window: self._take_window(camera, eye, window),
            lambda: self._interrupted(camera),
        )
        camera.eyes[stream] = eye
        return (eye,)

    def expect_move(self, camera_id: str) -> None:
        """Somebody turns the camera on purpose."""
        camera = self._cameras.get(camera_id)
        if camera is not None:
            camera.watch.expect_move(self._clock.now())

    def accept_view(self, camera_id: str) -> bool:
        """Somebody says that the present view is the right one: it becomes the reference. False: no such camera here.

        AppError(CONFLICT) while the picture shows nothing that could be one.
        """
        camera = self._cameras.get(camera_id)
        if camera is None or self._held(camera_id) is None:
            return False
        kind = camera.watch.state().kind
        if kind not in (None, "moved", "defocused"):
            detail = f"The picture is {kind.replace('_', ' ')}: put that right first, then accept the view."
            raise AppError(Kind.CONFLICT, "view-not-acceptable", detail)
        for change in camera.watch.accept_next(self._clock.now()):
            self._tell_change(camera_id, change)
        camera.dirty = True
        return True

    def describe(self, report: CameraStatusReported) -> CameraStatusReported:
        """The report with what is known of the picture; a new fault becomes an event."""
        self._tell_fault(report)
        camera = self._cameras.get(report.camera_id)
        if camera is None or report.condition is not CameraCondition.LIVE:
            return report
        streams = tuple(self._with_timing(camera, health) for health in report.streams)
        return report.model_copy(update={"streams": streams, "picture": camera.watch.state()})

    def _with_timing(self, camera: CameraPicture, health: StreamHealth) -> StreamHealth:
        eye = camera.eyes.get(health.name)
        if eye is None or not eye.usual_fps:
            return health
        figures = {
            "usual_fps": round(eye.usual_fps, 2),
            "jitter_s": round(max(0.0, eye.timing.jitter_s - self._settings.batch_s), 4),
            "drift_ppm": eye.timing.drift_ppm,
        }
        return health.model_copy(update=figures)

    def _tell_fault(self, report: CameraStatusReported) -> None:
        if report.condition is CameraCondition.LIVE:
            self._told_faults.pop(report.camera_id, None)
        elif report.condition is CameraCondition.RETRYING and report.cause is not None:
            key = (report.cause, report.since)
            if self._told_faults.get(report.camera_id) != key:
                self._told_faults[report.camera_id] = key
                held = self._held(report.camera_id)
                fault = StreamFaulted(
                    event_id=new_id(),
                    camera_id=report.camera_id,
                    stream=held.recording.stream if held is not None else "main",
                    cause=report.cause,
                    detail=report.detail,
                    at=report.since,
                )
                self._tell(fault)

    def _take_window(self, camera: CameraPicture, eye: StreamEye, window: StreamWindow) -> None:
        camera.take_window(eye, window, self._clock.now())
        if camera.active_eye() is eye:
            self._tell_motion(camera, camera.motion.take(window, camera.watch.size_habits()))

    def _interrupted(self, camera: CameraPicture) -> None:
        camera.watch.interrupted()
        self._tell_motion(camera, camera.motion.stop())

    # --- thumbnails

    async def thumbnail(self, camera_id: str) -> Thumbnail | None:
        """The newest small picture: at most some seconds old while the camera is live and there is time to decode.

        None when there has never been one.
        """
        camera = self._cameras.get(camera_id)
        if camera is None:
            return None
        if (
            not camera.looking
            and camera.has_new_key()
            and camera.since_look_s(self._clock.now()) >= self._settings.on_demand_spacing_s
        ):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ON_DEMAND_S):
                    await self._look(camera, Urgency.ON_DEMAND)
        return camera.thumbnail

    def age_s(self, thumbnail: Thumbnail) -> int:
        """How old it is now, whole seconds."""
        return max(0, int((self._clock.now() - thumbnail.taken_at).total_seconds()))

    # --- life

    async def run(self, held: Held) -> None:
        """Looks where it is due, until cancelled. `held`: the registration of a camera of this process."""
        self._held = held
        await asyncio.to_thread(self._memory.forget_old)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._decoder.run())
                group.create_task(self._watch())
        finally:
            for task in self._looks:
                task.cancel()
            for camera in self._cameras.values():
                if camera.dirty:
                    self._save(camera.camera_id, *self._remembered(camera))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_STEP_S)
            now = self._clock.now()
            for camera in sorted(self._cameras.values(), key=lambda camera: -camera.since_look_s(now)):
                if self._held(camera.camera_id) is None:
                    continue
                urgency = camera.due(now, interval_s=self._settings.look_interval_s)
                if urgency is not None and self._decoder.allows(urgency):
                    camera.looking = True
                    task = asyncio.create_task(self._look(camera, urgency), name=f"look {camera.camera_id}")
                    self._looks.add(task)
                    task.add_done_callback(self._looks.discard)
            await self._save_one()

    async def _look(self, camera: CameraPicture, urgency: Urgency) -> None:
        begun = camera.begin_look(self._clock.now())
        if begun is None:
            camera.looking = False
            return
        request, at_us = begun
        look: Look | None = None
        try:
            look = await self._decoder.look(request, urgency)
        except DecoderBusyError:
            return
        except UndecodableError as error:
            log.info("picture_undecodable", camera_id=camera.camera_id, error=str(error))
        finally:
            camera.looking = False
        for change in camera.end_look(look, at_us, lambda at: self._sun_up(camera.camera_id, at)):
            self._tell_change(camera.camera_id, change)

    def _sun_up(self, camera_id: str, at: datetime) -> bool:
        state = self._held(camera_id)
        return state is None or sun_elevation_deg(state.place.lat, state.place.lon, at) > _DAYLIGHT_DEG

    # --- telling

    def _tell_change(self, camera_id: str, change: PictureChange) -> None:
        metrics.TAMPERED.labels(change.kind, change.phase).inc()
        log.info("picture_changed", camera_id=camera_id, kind=change.kind, phase=change.phase, detail=change.detail)
        fact = CameraTampered(
            event_id=new_id(),
            camera_id=camera_id,
            kind=change.kind,
            confidence=change.confidence,
            at=change.at,
            phase=change.phase,
            started_at=change.started_at,
            detail=change.detail,
        )
        self._tell(fact)

    def _tell_motion(self, camera: CameraPicture, motion: Motion | None) -> None:
        if motion is None:
            return
        if motion.ended_at_us is None:
            self._motions[camera.camera_id] = new_id()
        event_id = self._motions.get(camera.camera_id) or new_id()
        ended_at = datetime.fromtimestamp(motion.ended_at_us / 1e6, UTC) if motion.ended_at_us is not None else None
        started_at = datetime.fromtimestamp(motion.started_at_us / 1e6, UTC)
        fact = MotionDetected(
            event_id=event_id, camera_id=camera.camera_id, started_at=started_at, ended_at=ended_at, source="stream"
        )
        self._tell(fact)

    def _tell(self, fact: CameraTampered | MotionDetected | StreamFaulted) -> None:
        if self._events.is_full(fact.camera_id):
            metrics.EVENTS_DROPPED.inc()  # Kafka is away for long: the status tells the present state when it is back
            return
        self._events.put(fact.camera_id, fact)

    # --- memory

    def _recall(self, camera_id: str) -> PictureWatch:
        watch = PictureWatch(self._clock.now(), accept_after_s=self._settings.accept_after_s)
        remembered = self._memory.load(camera_id)
        if remembered is not None:
            try:
                watch.load(remembered.state, remembered.references)
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                log.warning("picture_memory_unreadable", camera_id=camera_id, error=repr(error))
        return watch

    async def _save_one(self) -> None:
        """One camera at a time, so that a whole town is no burst; those held elsewhere by now are let go."""
        now_s = self._clock.monotonic()
        for camera in self._cameras.values():
            if camera.dirty and now_s - camera.saved_s >= _SAVE_EVERY_S:
                camera.dirty, camera.saved_s = False, now_s
                await asyncio.to_thread(self._save, camera.camera_id, *self._remembered(camera))
                if self._held(camera.camera_id) is None:
                    self._cameras.pop(camera.camera_id, None)
                    self._told_faults.pop(camera.camera_id, None)
                    self._motions.pop(camera.camera_id, None)
                return

    @staticmethod
    def _remembered(camera: CameraPicture) -> tuple[dict[str, Any], dict[str, bytes]]:
        return camera.watch.dump(), {str(light): memory.reference for light, memory in camera.watch.memories.items()}

    def _save(self, camera_id: str, state: dict[str, Any], references: dict[str, bytes]) -> None:
        try:
            self._memory.save(camera_id, state, references)
        except OSError as error:
            log.warning("picture_memory_not_saved", camera_id=camera_id, error=repr(error))
