"""Probes that run in this process: a few at a time, one per camera, their cards kept for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from hejnal_contracts.cameras import CameraState, FaultCause, StreamName
from hejnal_contracts.probes import CameraProbed
from hejnal_ingest import metrics
from hejnal_ingest.credentials import CredentialsUnavailableError
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.probe.card import card_of, worst
from hejnal_ingest.probe.listening import Measurements, listen
from hejnal_ingest.sources.choose import SourceContext
from hejnal_media.rtsp import Credentials
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

MAX_RUNNING = 4
_KEPT = 200
_OPENING_S = 10.0
_TRIAL_S = 5.0

Passwords = Callable[[str], Awaitable[Credentials | None]]


@dataclass(slots=True)
class ProbeJob:
    """One probe, running or done."""

    probe_id: str
    camera_id: str
    stream: StreamName
    ends_at: datetime
    state: Literal["running", "done"] = "running"
    card: CameraProbed | None = None


class ProbeJobs:
    """Starts probes and gives their results. A card is also told as a fact."""

    def __init__(self, context: SourceContext, passwords: Passwords, events: FactQueue, clock: Clock) -> None:
        self._context = context
        self._passwords = passwords
        self._events = events
        self._clock = clock
        self._jobs: OrderedDict[str, ProbeJob] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._trials = 0

    def start(self, camera: CameraState, stream: StreamName, *, seconds: float, recorded_now: bool) -> ProbeJob:
        """A new probe, or the one that runs at this camera. `recorded_now`: ingest holds a session with this stream already.

        AppError: INVALID no such stream; UNAVAILABLE when too many probes run.
        """
        for job in self._jobs.values():
            if job.camera_id == camera.camera_id and job.state == "running":
                return job
        url = next((source.url for source in camera.streams if source.name == stream), None)
        if url is None:
            raise AppError(Kind.INVALID, "stream-unknown", f"The camera {camera.camera_id} has no stream {stream}.")
        if len(self._tasks) >= MAX_RUNNING:
            raise AppError(Kind.UNAVAILABLE, "probes-full", f"{MAX_RUNNING} probes run already.", retry_after_s=int(seconds))
        job = ProbeJob(new_id(), camera.camera_id, stream, self._clock.now() + timedelta(seconds=seconds + _OPENING_S))
        self._jobs[job.probe_id] = job
        while len(self._jobs) > _KEPT:
            self._jobs.popitem(last=False)
        task = asyncio.create_task(
            self._run(job, camera, url, seconds, recorded_now=recorded_now), name=f"probe {camera.camera_id}"
        )
        self._tasks[job.probe_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.probe_id, None))
        return job

    def get(self, probe_id: str) -> ProbeJob:
        """AppError(NOT_FOUND) for one that is not known (any more)."""
        job = self._jobs.get(probe_id)
        if job is None:
            raise AppError(
                Kind.NOT_FOUND, "probe-not-found", "There is no such probe here; its card is among the camera's events."
            )
        return job

    async def try_connection(self, url: str, credentials: Credentials | None) -> Measurements:
        """Listen just long enough to see pictures come. AppError(UNAVAILABLE) when too many are tried at once."""
        if self._trials >= MAX_RUNNING:
            raise AppError(Kind.UNAVAILABLE, "probes-full", f"{MAX_RUNNING} connections are being tried.", retry_after_s=5)
        self._trials += 1
        try:
            return await listen(self._context, url, credentials, seconds=_TRIAL_S, try_second=False)
        finally:
            self._trials -= 1

    async def close(self) -> None:
        """Ends what runs; their sessions are closed."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: ProbeJob, camera: CameraState, url: str, seconds: float, *, recorded_now: bool) -> None:
        try:
            credentials = await self._passwords(camera.camera_id) if camera.has_credentials else None
            found = await listen(self._context, url, credentials, seconds=seconds, try_second=not recorded_now)
        except CredentialsUnavailableError as error:
            found = Measurements(fault=FaultCause.UNAUTHORIZED, fault_detail=str(error))
        if recorded_now:  # our own session is the first, the probe's the second
            found.second_session = found.opened_s is not None
            found.second_session_detail = found.fault_detail
        lines = card_of(found)
        job.card = CameraProbed(
            event_id=job.probe_id,
            camera_id=camera.camera_id,
            stream=job.stream,
            grade=worst(lines),
            lines=lines,
            listened_s=round(found.listened_s, 1),
            at=self._clock.now(),
        )
        job.state = "done"
        metrics.PROBES.labels(job.card.grade).inc()
        log.info("camera_probed", camera_id=camera.camera_id, grade=job.card.grade, listened_s=job.card.listened_s)
        if not self._events.is_full(camera.camera_id):
            self._events.put(camera.camera_id, job.card)
