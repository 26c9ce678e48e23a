"""Looking for cameras on the camera network, and asking one what it offers before it is registered."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hejnal_contracts.cameras import CameraState, FaultCause
from hejnal_gateway.cameras.ingest_client import IngestClient
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.endpoints import is_loopback
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

_KEPT = 20
_MARGIN_S = 5.0
_TRIAL_LIMIT_S = 20.0

_M = TypeVar("_M", bound=BaseModel)


class Candidate(BaseModel):
    """A device that has answered. What it says of itself is a claim of the network."""

    endpoint: str = Field(description="Its stable name, a URN")
    url: str = Field(description="Its device service, for the registration's onvif.url")
    addresses: list[str]
    name: str
    hardware: str
    location: str
    answered_from: str
    registered_as: str | None = Field(description="The camera that it seems to be already; null: a new one")


class Discovery(BaseModel):
    """A search on the camera network; those that are not registered yet come first."""

    discovery_id: str
    state: Literal["running", "done", "failed"]
    started_at: datetime
    wait_s: float
    asked: int = Field(default=0, description="Ingest processes that were asked")
    answered: int = Field(default=0, description="Those of them that could search")
    candidates: list[Candidate] = []
    detail: str = Field(default="", description="Why nothing could be found out")


class OfferedStream(BaseModel):
    """A stream a device offers."""

    profile: str
    url: str


class Device(BaseModel):
    """What a device says of itself."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


class DeviceProbe(BaseModel):
    """What a device offers, as ONVIF tells it."""

    device: Device
    clock_offset_s: float
    main: OfferedStream | None
    sub: OfferedStream | None
    ptz: bool
    events: bool
    card_recording: bool


class DeviceProbeRequest(BaseModel):
    """A device to be asked, with its account."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s/?#]+(/[^@\s]*)?$", max_length=300, description="Its device service")
    username: str = Field(default="", max_length=120)
    password: str = Field(default="", max_length=200, repr=False)


class ConnectionResult(BaseModel):
    """Whether pictures come from an address."""

    ok: bool
    cause: FaultCause | None = None
    detail: str = ""
    opened_s: float | None = None
    first_key_s: float | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    audio: bool = False


class _Found(BaseModel):
    endpoint: str
    addresses: list[str] = Field(min_length=1)
    name: str
    hardware: str
    location: str
    answered_from: str


class _Answer(BaseModel):
    devices: list[_Found]


class Discoveries:
    """Searches through all ingest processes, for each may stand in a network of its own. The last ones are kept for a while."""

    def __init__(self, database: Database, registry: CameraRegistry, ingest: IngestClient, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._ingest = ingest
        self._clock = clock
        self._known: OrderedDict[str, Discovery] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def start(self, wait_s: float) -> Discovery:
        """A new search, or the one that goes on."""
        if self._task is not None and not self._task.done():
            return next(reversed(self._known.values()))
        found = Discovery(discovery_id=new_id(), state="running", started_at=self._clock.now(), wait_s=wait_s)
        self._known[found.discovery_id] = found
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        self._task = asyncio.create_task(self._search(found), name="camera discovery")
        return found

    def get(self, discovery_id: str) -> Discovery:
        """How far it is; AppError(NOT_FOUND) for one that is not known (any more)."""
        found = self._known.get(discovery_id)
        if found is None:
            raise AppError(Kind.NOT_FOUND, "discovery-not-found", "There is no such search here (any more); start another one.")
        return found

    async def close(self) -> None:
        """Give up what goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)

    async def probe(self, request: DeviceProbeRequest) -> DeviceProbe:
        """Ask a device what it is and offers. AppError says what is wrong with it."""
        status, content = await self._ingest.ask_anybody(
            "/internal/v1/onvif-probes", request.model_dump(), time_limit_s=_TRIAL_LIMIT_S
        )
        if status >= 400:
            raise _refused(status, content)
        return _read(DeviceProbe, content)

    async def try_connection(self, url: str, username: str, password: str) -> ConnectionResult:
        """Open a stream, wait for its first pictures, close it."""
        body = {"url": url, "username": username, "password": password}
        status, content = await self._ingest.ask_anybody("/internal/v1/connection-tests", body, time_limit_s=_TRIAL_LIMIT_S)
        if status >= 400:
            raise _refused(status, content)
        return _read(ConnectionResult, content)

    async def _search(self, discovery: Discovery) -> None:
        try:
            answers, discovery.asked = await self._ingest.ask_everybody(
                "/internal/v1/discoveries", {"wait_s": discovery.wait_s}, time_limit_s=discovery.wait_s + _MARGIN_S
            )
            devices: dict[str, _Found] = {}
            for status, content in answers:
                if status == 200:
                    discovery.answered += 1
                    devices |= {device.endpoint: device for device in _read(_Answer, content).devices}
            async with self._database.read() as session:
                cameras = await self._registry.all(session)
            found = [_candidate(device, cameras) for device in devices.values()]
            discovery.candidates = sorted(found, key=lambda one: (one.registered_as is not None, one.name, one.endpoint))
            discovery.state = "done" if discovery.answered else "failed"
            if not discovery.answered:
                discovery.detail = "No ingest process could search the network: none runs, or it may not send multicast."
        except Exception as error:
            discovery.state, discovery.detail = "failed", "The search was broken off. Please try again."
            if not isinstance(error, AppError):
                log.exception("discovery_failed")


def _candidate(device: _Found, cameras: Sequence[CameraState]) -> Candidate:
    return Candidate(
        url=device.addresses[0],
        registered_as=next((camera.camera_id for camera in cameras if _is(camera, device)), None),
        **device.model_dump(),
    )


def _is(camera: CameraState, device: _Found) -> bool:
    """The same ONVIF address; for a camera registered without one, a stream from the same host."""
    if camera.onvif is not None:
        known = urlsplit(camera.onvif.url)
        return any(urlsplit(address).netloc == known.netloc for address in device.addresses)
    hosts = {urlsplit(address).hostname for address in device.addresses} - {None}
    # behind this machine's own address are as many cameras as it plays
    return any((host := urlsplit(source.url).hostname) in hosts and not is_loopback(host) for source in camera.streams)


def _refused(status: int, content: bytes) -> AppError:
    try:
        problem = _Problem.model_validate_json(content)
    except ValidationError:
        problem = _Problem(type="upstream-unavailable", detail="ingest cannot ask the device right now.")
    kinds = {404: Kind.NOT_FOUND, 409: Kind.CONFLICT, 422: Kind.INVALID}
    return AppError(kinds.get(status, Kind.UNAVAILABLE), problem.type.rsplit(":", 1)[-1], problem.detail)


class _Problem(BaseModel):
    type: str
    detail: str


def _read(model: type[_M], content: bytes) -> _M:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", "ingest's answer cannot be read.") from error
