"""Probes for the gateway."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId, Id
from hejnal_contracts.cameras import CameraCondition, FaultCause, StreamName
from hejnal_contracts.probes import CameraProbed
from hejnal_ingest.lease import CameraLeases
from hejnal_ingest.probe.jobs import ProbeJob, ProbeJobs
from hejnal_media.rtsp import Credentials
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller


class NewProbe(BaseModel):
    """Which stream of which camera."""

    camera_id: CameraId
    stream: StreamName = "main"


class Probe(BaseModel):
    """A probe; `card` when it is done."""

    probe_id: Id
    camera_id: CameraId
    stream: StreamName
    state: Literal["running", "done"]
    ends_at: datetime = Field(description="When it is done at the latest")
    card: CameraProbed | None = None


class ConnectionTest(BaseModel):
    """An address to be tried, with an account where it asks for one."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^[a-z][a-z0-9+.-]*://[^@\s]+$", max_length=500)
    username: str = Field(default="", max_length=120)
    password: str = Field(default="", max_length=200, repr=False)


class ConnectionResult(BaseModel):
    """Whether pictures come."""

    ok: bool
    cause: FaultCause | None = None
    detail: str = ""
    opened_s: float | None = Field(default=None, description="From the first byte to the first one of the stream")
    first_key_s: float | None = Field(default=None, description="Until the first key frame")
    codec: str = Field(default="", description="RFC 6381")
    width: int = 0
    height: int = 0
    audio: bool = False


def create_router(jobs: ProbeJobs | None, leases: CameraLeases | None, verifier: TokenVerifier, *, probe_s: float) -> APIRouter:
    """Routes of the internal port. Without `jobs` they can only be described."""
    router = APIRouter(prefix="/internal/v1", tags=["internal"])
    gateway = service_caller(verifier, "operator-gateway")

    @router.post("/probes", status_code=202, responses={404: {"description": "The camera is not held here"}})
    async def start_probe(body: NewProbe, _caller: Annotated[Caller, Depends(gateway)]) -> Probe:
        """Begins to listen to a camera for a minute; the one that runs already, if there is one."""
        runner = leases.runner(body.camera_id) if leases is not None else None
        if runner is None or jobs is None:
            raise AppError(Kind.NOT_FOUND, "camera-not-held", "This ingest process does not hold the camera.")
        recorded_now = runner.condition is CameraCondition.LIVE and runner.state.recording.stream == body.stream
        return _told(jobs.start(runner.state, body.stream, seconds=probe_s, recorded_now=recorded_now))

    @router.get("/probes/{probe_id}", responses={404: {"description": "Not known here (any more)"}})
    async def read_probe(probe_id: Id, _caller: Annotated[Caller, Depends(gateway)]) -> Probe:
        """How far a probe is."""
        if jobs is None:
            raise AppError(Kind.NOT_FOUND, "probe-not-found", "There is no such probe here.")
        return _told(jobs.get(probe_id))

    @router.post("/connection-tests")
    async def try_connection(body: ConnectionTest, _caller: Annotated[Caller, Depends(gateway)]) -> ConnectionResult:
        """Opens a stream, waits for its first pictures, closes it. At most some seconds."""
        if jobs is None:
            raise AppError(Kind.UNAVAILABLE, "not-ready", "Ingest is not ready.")
        found = await jobs.try_connection(body.url, Credentials(body.username, body.password) if body.username else None)
        parameters = found.parameters
        return ConnectionResult(
            ok=found.fault is None and parameters is not None,
            cause=found.fault or (FaultCause.NO_KEYFRAME if parameters is None else None),
            detail=found.fault_detail,
            opened_s=found.opened_s,
            first_key_s=found.first_key_s,
            codec=parameters.codec if parameters else "",
            width=parameters.width if parameters else 0,
            height=parameters.height if parameters else 0,
            audio=found.audio is not None,
        )

    return router


def _told(job: ProbeJob) -> Probe:
    return Probe(
        probe_id=job.probe_id, camera_id=job.camera_id, stream=job.stream, state=job.state, ends_at=job.ends_at, card=job.card
    )
