"""Which of the cameras held here are spoken to over ONVIF: those whose registration says how."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from hejnal_contracts.cameras import CameraState
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.onvif.camera import OnvifCamera, OnvifContext
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

_LOOK_INTERVAL_S = 1.0
_RESTART_S = 30.0


@dataclass(slots=True)
class _Held:
    camera: OnvifCamera
    task: asyncio.Task[None]
    ended_s: float | None = None


class OnvifCameras:
    """Follows the leases; `run()` lasts until cancelled."""

    def __init__(self, context: OnvifContext, held: Callable[[], Iterable[CameraRunner]]) -> None:
        self._context = context
        self._held_here = held
        self._cameras: dict[str, _Held] = {}

    @property
    def context(self) -> OnvifContext:
        """What all cameras share."""
        return self._context

    def get(self, camera_id: str) -> OnvifCamera:
        """A camera. Raises AppError (NOT_FOUND) for one that is not held here or has no ONVIF access."""
        held = self._cameras.get(camera_id)
        if held is None:
            raise AppError(Kind.NOT_FOUND, "camera-without-onvif", "The camera is not held here, or has no ONVIF access.")
        return held.camera

    async def run(self) -> None:
        """Keeps what runs equal to what is held."""
        try:
            while True:
                await self._reconcile()
                await asyncio.sleep(_LOOK_INTERVAL_S)
        finally:
            await asyncio.gather(*(self._end(camera_id) for camera_id in list(self._cameras)))

    async def _reconcile(self) -> None:
        loop = asyncio.get_running_loop()
        wanted: dict[str, CameraState] = {
            runner.camera_id: runner.state for runner in self._held_here() if runner.state.enabled and runner.state.onvif
        }
        for camera_id, held in list(self._cameras.items()):
            state = wanted.get(camera_id)
            if state is None or _access(state) != _access(held.camera.state):
                await self._end(camera_id)
            elif held.task.done():
                if held.ended_s is None:
                    held.ended_s = loop.time()
                    error = held.task.exception() if not held.task.cancelled() else None
                    log.error("onvif_camera_failed", camera_id=camera_id, exc_info=error)
                elif loop.time() - held.ended_s >= _RESTART_S:
                    await self._end(camera_id)
        for camera_id, state in wanted.items():
            if camera_id not in self._cameras and state.onvif is not None:
                camera = OnvifCamera(self._context, state, state.onvif)
                self._cameras[camera_id] = _Held(camera, asyncio.create_task(camera.run(), name=f"onvif {camera_id}"))

    async def _end(self, camera_id: str) -> None:
        held = self._cameras.pop(camera_id)
        held.task.cancel()
        await asyncio.wait({held.task}, timeout=3)


def _access(state: CameraState) -> tuple[object, ...]:
    """What decides how a camera is spoken to; a new version may mean a new password."""
    return (state.onvif, state.version)
