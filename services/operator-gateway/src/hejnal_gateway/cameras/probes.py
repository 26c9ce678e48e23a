"""Conformance probes: asked for by whoever keeps the cameras, and once for each camera that is registered."""

import asyncio
from collections import deque
from datetime import datetime
from typing import Literal

import structlog
from pydantic import BaseModel, Field, ValidationError

from hejnal_contracts.cameras import CameraRegistered, CameraState, StreamName
from hejnal_contracts.probes import CameraProbed
from hejnal_gateway.cameras.ingest_client import IngestClient
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

_STEP_S = 5.0
_ENROLMENT_LIMIT = 500
_ENROLMENT_PATIENCE_S = 900.0
_JUST_NOW_S = 120.0


class Probe(BaseModel):
    """A probe of a camera; `card` when it is done. Cards stay among the camera's events."""

    probe_id: str
    camera_id: str
    stream: StreamName
    state: Literal["running", "done"]
    ends_at: datetime = Field(description="When it is done at the latest")
    card: CameraProbed | None = None


class Probes:
    """Hands probes on to the ingest process that holds the camera; `run()` probes cameras that are new."""

    def __init__(self, ingest: IngestClient, clock: Clock) -> None:
        self._ingest = ingest
        self._clock = clock
        self._new: deque[tuple[str, float]] = deque(maxlen=_ENROLMENT_LIMIT)

    async def start(self, camera_id: str, stream: StreamName = "main") -> Probe:
        """Begins one, or gives the one that runs. AppError: NOT_FOUND nobody holds the camera; UNAVAILABLE."""
        body = {"camera_id": camera_id, "stream": stream}
        status, content, _ = await self._ingest.ask(camera_id, "POST", "/internal/v1/probes", body=body)
        return _probe(status, content)

    async def get(self, camera_id: str, probe_id: str) -> Probe:
        """How far it is. AppError: NOT_FOUND, UNAVAILABLE."""
        status, content, _ = await self._ingest.ask(camera_id, "GET", f"/internal/v1/probes/{probe_id}")
        probe = _probe(status, content)
        if probe.camera_id != camera_id:
            raise AppError(Kind.NOT_FOUND, "probe-not-found", "There is no such probe of this camera.")
        return probe

    def enrol(self, camera_id: str) -> None:
        """A camera is new: probe it when ingest has it. Forgotten with the process; it can be asked for again by hand."""
        if all(waiting != camera_id for waiting, _ in self._new):
            self._new.append((camera_id, self._clock.monotonic() + _ENROLMENT_PATIENCE_S))

    def heard(self, camera: CameraState) -> None:
        """A fact of the registry: a camera registered just now is new, whoever registered it (an import at the server too)."""
        age_s = (self._clock.now() - camera.changed_at).total_seconds()
        if isinstance(camera, CameraRegistered) and camera.enabled and age_s < _JUST_NOW_S:
            self.enrol(camera.camera_id)

    async def run(self) -> None:
        """Probes new cameras, one request after the other, for ever."""
        while True:
            await asyncio.sleep(_STEP_S)
            for _ in range(len(self._new)):
                camera_id, until_s = self._new.popleft()
                try:
                    await self.start(camera_id)
                    log.info("camera_probe_begun", camera_id=camera_id)
                except AppError as error:
                    if self._clock.monotonic() < until_s:
                        self._new.append((camera_id, until_s))
                    else:
                        log.warning("camera_not_probed", camera_id=camera_id, detail=error.detail)


def _probe(status: int, content: bytes) -> Probe:
    if status == 404:
        raise AppError(Kind.NOT_FOUND, "probe-not-found", "ingest knows no such probe, or does not hold the camera.")
    if status >= 400:
        raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", "ingest cannot probe the camera right now.", retry_after_s=30)
    try:
        return Probe.model_validate_json(content)
    except ValidationError as error:
        raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", "ingest's answer cannot be read.") from error
