"""The registry at the staff door, joined with what ingest sees."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hejnal_contracts.base import CameraId
from hejnal_contracts.cameras import CameraState
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import ALL, KEEP_CAMERAS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.registry import CameraCredentials, CameraDraft, NewCamera
from hejnal_gateway.cameras.status import CameraStatus
from hejnal_gateway.resources import Resources

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_CAMERAS))]


class Camera(CameraState):
    """A camera's registration and what is known of it now."""

    status: CameraStatus


class CameraList(BaseModel):
    """All cameras, by id."""

    items: list[Camera]


class ChangedCamera(CameraDraft):
    """A camera's new registration."""

    version: int = Field(ge=1, description="The version this change was made from; 409 when it is no longer the newest")


class CameraVersion(BaseModel):
    """One step in the story of a camera's registration."""

    version: int
    change: str
    changed_by: str
    changed_at: datetime
    state: CameraState


class CameraVersions(BaseModel):
    """Newest first."""

    items: list[CameraVersion]


def _shown(resources: Resources, state: CameraState) -> Camera:
    status = resources.board.status(state.camera_id, resources.clock.now())
    return Camera(**state.model_dump(), status=status)


@router.get("", summary="All cameras with their present state")
async def list_cameras(resources: Res, staff: AnyStaff) -> CameraList:
    """The registry joined with the newest status of each camera; those this person may know of."""
    async with resources.database.read() as session:
        states = await resources.registry.all(session)
    return CameraList(items=[_shown(resources, state) for state in states if staff.sees(state.groups)])


@router.get("/{camera_id}", summary="One camera")
async def show_camera(camera_id: CameraId, resources: Res, _staff: AnyStaff) -> Camera:
    """One camera with its status."""
    async with resources.database.read() as session:
        return _shown(resources, await resources.registry.get(session, camera_id))


@router.post("", status_code=201, summary="Register a camera")
async def add_camera(body: NewCamera, resources: Res, staff: Keeper) -> Camera:
    """Add a camera; ingest begins to pull it within seconds."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        state = await resources.registry.add(session, body, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.registered", now, camera_id=state.camera_id)
    if state.enabled:
        resources.probes.enrol(state.camera_id)
    return _shown(resources, state)


@router.put("/{camera_id}", summary="Change a camera")
async def change_camera(camera_id: CameraId, body: ChangedCamera, resources: Res, staff: Keeper) -> Camera:
    """Replace a camera's registration."""
    now = resources.clock.now()
    draft = CameraDraft(**body.model_dump(exclude={"version"}, exclude_unset=True))
    async with resources.database.transaction() as session:
        state = await resources.registry.change(session, camera_id, draft, version=body.version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.changed", now, camera_id=camera_id)
    return _shown(resources, state)


@router.delete("/{camera_id}", status_code=204, summary="Take a camera out")
async def remove_camera(
    camera_id: CameraId, resources: Res, staff: Keeper, version: Annotated[int | None, Query(ge=1)] = None
) -> None:
    """The camera is no longer pulled; its recordings stay until their retention ends."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        await resources.registry.remove(session, camera_id, version=version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.removed", now, camera_id=camera_id)


@router.put("/{camera_id}/credentials", status_code=204, summary="Set a camera's credentials")
async def set_credentials(camera_id: CameraId, body: CameraCredentials, resources: Res, staff: Keeper) -> None:
    """Write only: no route of this door ever gives them back."""
    await _replace_credentials(resources, staff, camera_id, body)


@router.delete("/{camera_id}/credentials", status_code=204, summary="Forget a camera's credentials")
async def clear_credentials(camera_id: CameraId, resources: Res, staff: Keeper) -> None:
    """The camera is opened without credentials from now on."""
    await _replace_credentials(resources, staff, camera_id, None)


async def _replace_credentials(
    resources: Resources, staff: StaffSession, camera_id: str, credentials: CameraCredentials | None
) -> None:
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        await resources.registry.set_credentials(session, camera_id, credentials, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.credentials-changed", now, camera_id=camera_id)


@router.get("/{camera_id}/versions", summary="The story of a camera's registration")
async def list_versions(camera_id: CameraId, resources: Res, _staff: Keeper) -> CameraVersions:
    """Every version with who made it, newest first; of removed cameras too."""
    async with resources.database.read() as session:
        rows = await resources.registry.versions(session, camera_id)
    return CameraVersions(items=[CameraVersion.model_validate(dict(row)) for row in rows])
