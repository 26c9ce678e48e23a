"""What whoever keeps the cameras needs beside the registry: looking for new ones, trying a connection, accepting a view."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_contracts.cameras import StreamName
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import KEEP_CAMERAS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.discoveries import ConnectionResult, DeviceProbe, DeviceProbeRequest, Discovery
from hejnal_gateway.cameras.registry import CameraCredentials
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1", tags=["cameras"])
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_CAMERAS))]
DiscoveryId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class DiscoveryRequest(BaseModel):
    """How long to listen for answers."""

    model_config = ConfigDict(extra="forbid")

    wait_s: float = Field(default=3.0, ge=0.5, le=15)


class ConnectionTest(BaseModel):
    """Which stream to try, and with which account: without one, the account that is kept."""

    model_config = ConfigDict(extra="forbid")

    stream: StreamName = "main"
    credentials: CameraCredentials | None = None


@router.post("/camera-discoveries", status_code=202, summary="Look for cameras on the network")
async def start_discovery(body: DiscoveryRequest, resources: Res, staff: Keeper) -> Discovery:
    """Asks the camera network who is there (ONVIF WS-Discovery). The search that goes on, if one does."""
    await _note(resources, staff, "camera.discovered")
    return resources.discoveries.start(body.wait_s)


@router.post("/camera-discoveries/probes", summary="Ask a device what it offers")
async def probe_device(body: DeviceProbeRequest, resources: Res, staff: Keeper) -> DeviceProbe:
    """What it is, its streams, whether it can be moved; the account is used once and not kept."""
    await _note(resources, staff, "camera.device-probed", object_id=body.url)
    return await resources.discoveries.probe(body)


@router.get("/camera-discoveries/{discovery_id}", summary="How far a search is")
async def show_discovery(discovery_id: DiscoveryId, resources: Res, _staff: Keeper) -> Discovery:
    """Devices that have answered, new ones first; complete when it is done."""
    return resources.discoveries.get(discovery_id)


@router.post("/cameras/{camera_id}/connection-test", summary="Try whether pictures come")
async def try_connection(camera_id: CameraId, body: ConnectionTest, resources: Res, staff: Keeper) -> ConnectionResult:
    """Opens the registered address, with the account that is kept or one to be tried before it is. Takes some seconds."""
    async with resources.database.read() as session:
        state = await resources.registry.get(session, camera_id)
        account = body.credentials or await resources.registry.credentials(session, camera_id)
    url = next((source.url for source in state.streams if source.name == body.stream), None)
    if url is None:
        raise AppError(Kind.INVALID, "stream-unknown", f"The camera {camera_id} has no stream {body.stream}.")
    await _note(resources, staff, "camera.connection-tested", camera_id=camera_id)
    return await resources.discoveries.try_connection(
        url, account.username if account else "", account.password if account else ""
    )


@router.post("/cameras/{camera_id}/accept-view", status_code=204, summary="Accept what a camera shows now")
async def accept_view(camera_id: CameraId, resources: Res, staff: Keeper) -> None:
    """A camera moved on purpose: its present view is learned anew, the warning ends. 409 while it shows nothing usable."""
    async with resources.database.read() as session:
        await resources.registry.get(session, camera_id)
    status, content, _ = await resources.ingest.ask(camera_id, "POST", f"/internal/v1/cameras/{camera_id}/view-acceptance")
    if status == 409:
        raise AppError(Kind.CONFLICT, "view-not-acceptable", "The picture shows nothing that could be accepted: see to it first.")
    if status == 404:
        raise AppError(Kind.NOT_FOUND, "camera-not-held", "No ingest process holds this camera right now.")
    if status != 204:
        raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", "ingest cannot take this right now.")
    del content
    await _note(resources, staff, "camera.view-accepted", camera_id=camera_id)


async def _note(resources: Res, staff: StaffSession, action: str, *, object_id: str = "", camera_id: str | None = None) -> None:
    async with resources.database.transaction() as session:
        now = resources.clock.now()
        await publish_audit(session, staff, action, now, object_id=object_id[:64], camera_id=camera_id)
