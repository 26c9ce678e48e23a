"""The internal API over ONVIF: looking for cameras, asking what one offers, and moving it. For the gateway."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_ingest.onvif.cameras import OnvifCameras
from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.device import DeviceInformation, device_information
from hejnal_ingest.onvif.discovery import DiscoveredDevice, discover
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_ingest.onvif.media import MediaProfile, main_and_sub, profiles, stream_uri
from hejnal_ingest.onvif.ptz import PtzHead, PtzPreset, PtzStatus, PtzVelocity
from hejnal_media.rtsp import Credentials
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller

Result = TypeVar("Result")

_KINDS = {
    OnvifFault.UNSUPPORTED: Kind.NOT_FOUND,
    OnvifFault.REFUSED: Kind.CONFLICT,
    OnvifFault.NO_ROUTE: Kind.UNAVAILABLE,
    OnvifFault.TIMEOUT: Kind.UNAVAILABLE,
}


class DiscoveryRequest(BaseModel):
    """How long to listen."""

    model_config = ConfigDict(extra="forbid")

    wait_s: float = Field(default=3.0, ge=0.5, le=15)


class Discovery(BaseModel):
    """Who has answered."""

    devices: list[DiscoveredDevice]


class ProbeRequest(BaseModel):
    """A device to be asked what it offers, before it is registered."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s]+$", max_length=300, description="Its device service")
    username: str = Field(default="", max_length=120)
    password: str = Field(default="", max_length=200, repr=False)


class OfferedStream(BaseModel):
    """A stream a device offers."""

    profile: str
    url: str


class OnvifProbe(BaseModel):
    """What a device offers."""

    device: DeviceInformation
    clock_offset_s: float
    profiles: list[MediaProfile]
    main: OfferedStream | None
    sub: OfferedStream | None
    ptz: bool
    events: bool
    card_recording: bool


class PresetName(BaseModel):
    """What a place is to be called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)


class DiscoveryPlace(BaseModel):
    """Where probes are sent."""

    host: str
    port: int
    interface: str | None


def create_onvif_router(
    cameras: OnvifCameras | None,
    place: DiscoveryPlace,
    verifier: TokenVerifier,
    *,
    on_turn: Callable[[str], None] = lambda _camera_id: None,
) -> APIRouter:
    """Routes of the internal port. Without `cameras` they can only be described. `on_turn`: a camera is turned on purpose."""
    router = APIRouter(prefix="/internal/v1", tags=["onvif"])
    gateway = Annotated[Caller, Depends(service_caller(verifier, "operator-gateway"))]

    def held() -> OnvifCameras:
        if cameras is None:
            raise AppError(Kind.UNAVAILABLE, "not-ready", "Ingest is not ready.")
        return cameras

    async def moved(camera_id: str, act: Callable[[PtzHead], Awaitable[Result]]) -> Result:
        camera = held().get(camera_id)
        return await _translated(lambda: _with_head(camera.head, act))

    @router.post("/discoveries")
    async def discover_devices(request: DiscoveryRequest, _caller: gateway) -> Discovery:
        """Asks the camera network who is there (WS-Discovery)."""
        try:
            devices = await discover(wait_s=request.wait_s, host=place.host, port=place.port, interface=place.interface)
        except OSError as error:
            raise AppError(Kind.UNAVAILABLE, "no-multicast", f"The probe cannot be sent: {error.strerror}.") from error
        return Discovery(devices=devices)

    @router.post("/onvif-probes")
    async def probe_device(request: ProbeRequest, _caller: gateway) -> OnvifProbe:
        """Asks one device what it is and offers."""
        context = held().context
        credentials = Credentials(request.username, request.password) if request.username else None

        async def ask() -> OnvifProbe:
            client = OnvifClient(
                context.http,
                request.url,
                credentials,
                clock=context.clock,
                limits=context.limits,
                allowed_hosts=context.allowed_hosts,
            )
            return await _probe(client)

        return await _translated(ask)

    @router.put("/cameras/{camera_id}/ptz/move", status_code=204)
    async def move(camera_id: CameraId, velocity: PtzVelocity, _caller: gateway) -> Response:
        """Moves at these speeds; to be said again within a second, else the camera stops."""
        await moved(camera_id, lambda head: head.move(velocity))
        on_turn(camera_id)
        return Response(status_code=204)

    @router.delete("/cameras/{camera_id}/ptz/move", status_code=204)
    async def stop(camera_id: CameraId, _caller: gateway) -> Response:
        """Stands still."""
        await moved(camera_id, lambda head: head.stop())
        on_turn(camera_id)
        return Response(status_code=204)

    @router.get("/cameras/{camera_id}/ptz/status")
    async def status(camera_id: CameraId, _caller: gateway) -> PtzStatus:
        """Where the camera looks."""
        return await moved(camera_id, lambda head: head.status())

    @router.get("/cameras/{camera_id}/ptz/presets")
    async def presets(camera_id: CameraId, _caller: gateway) -> list[PtzPreset]:
        """The places the camera remembers."""
        return await moved(camera_id, lambda head: head.presets())

    @router.post("/cameras/{camera_id}/ptz/presets", status_code=201)
    async def save_preset(camera_id: CameraId, preset: PresetName, _caller: gateway) -> PtzPreset:
        """Remembers where the camera looks now."""
        return await moved(camera_id, lambda head: head.save_preset(preset.name))

    @router.delete("/cameras/{camera_id}/ptz/presets/{token}", status_code=204)
    async def remove_preset(camera_id: CameraId, token: str, _caller: gateway) -> Response:
        """Forgets a place."""
        await moved(camera_id, lambda head: head.remove_preset(token[:64]))
        return Response(status_code=204)

    @router.put("/cameras/{camera_id}/ptz/presets/{token}/visit", status_code=204)
    async def visit_preset(camera_id: CameraId, token: str, _caller: gateway) -> Response:
        """Turns to a place."""
        await moved(camera_id, lambda head: head.go_to(token[:64]))
        on_turn(camera_id)
        return Response(status_code=204)

    return router


async def _with_head(head: Callable[[], Awaitable[PtzHead]], act: Callable[[PtzHead], Awaitable[Result]]) -> Result:
    return await act(await head())


async def _translated(act: Callable[[], Awaitable[Result]]) -> Result:
    try:
        return await act()
    except OnvifError as error:
        kind = _KINDS.get(error.fault, Kind.CONFLICT)
        raise AppError(kind, f"onvif-{error.fault.value.replace('_', '-')}", f"The camera: {error.detail}.") from error


async def _probe(client: OnvifClient) -> OnvifProbe:
    offset_s = await client.clock_offset_s()
    device = await device_information(client)
    found = await profiles(client)
    main, sub = main_and_sub(found)
    return OnvifProbe(
        device=device,
        clock_offset_s=round(offset_s, 1),
        profiles=found,
        main=OfferedStream(profile=main.token, url=await stream_uri(client, main.token)) if main else None,
        sub=OfferedStream(profile=sub.token, url=await stream_uri(client, sub.token)) if sub else None,
        ptz=await client.offers("tptz") and any(one.ptz for one in found),
        events=await client.offers("tev"),
        card_recording=await client.offers("tse") and await client.offers("trp"),
    )
