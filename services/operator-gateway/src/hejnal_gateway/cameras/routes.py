"""The registry at the staff door, joined with what ingest sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, Field

from hejnal_contracts.base import CameraId
from hejnal_contracts.cameras import CameraState
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import ALL, KEEP_CAMERAS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.audit.names import find_names
from hejnal_gateway.cameras.history import FieldChange, changes
from hejnal_gateway.cameras.registry import CameraCredentials, CameraDraft, NewCamera
from hejnal_gateway.cameras.status import CameraStatus
from hejnal_gateway.if_match import version_of
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_CAMERAS))]
IfMatch = Annotated[str | None, Header(max_length=40, description="ETag of the camera as it was loaded")]


class Camera(CameraState):
    """A camera's registration and what is known of it now."""

    status: CameraStatus


class CameraList(BaseModel):
    """All cameras, by id."""

    items: list[Camera]


class ChangedCamera(CameraDraft):
    """A camera's new registration."""

    version: int | None = Field(
        default=None,
        ge=1,
        description="The version this change was made from, where If-Match does not say it; 409 when it is not the newest",
    )


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


class HistoryStep(BaseModel):
    """Who changed what, and when."""

    version: int
    change: Literal["registered", "changed", "credentials-changed", "removed"]
    changed_by: str
    changed_by_name: str | None = Field(description="null for commands and imports at the server")
    changed_at: datetime
    reason: str
    changes: list[FieldChange] = Field(description="What was not as in the version before; everything at the first")


class CameraHistory(BaseModel):
    """Newest first."""

    camera_id: str
    items: list[HistoryStep]


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
async def show_camera(camera_id: CameraId, resources: Res, _staff: AnyStaff, response: Response) -> Camera:
    """One camera with its status. ETag is the registration's version, for If-Match."""
    async with resources.database.read() as session:
        state = await resources.registry.get(session, camera_id)
    response.headers["ETag"] = f'"{state.version}"'
    return _shown(resources, state)


@router.post("", status_code=201, summary="Register a camera")
async def add_camera(body: NewCamera, resources: Res, staff: Keeper, response: Response) -> Camera:
    """Add a camera; ingest begins to pull it within seconds."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        state = await resources.registry.add(session, body, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.registered", now, camera_id=state.camera_id)
    if state.enabled:
        resources.probes.enrol(state.camera_id)
    response.headers["ETag"] = f'"{state.version}"'
    response.headers["Location"] = f"/api/v1/cameras/{state.camera_id}"
    return _shown(resources, state)


@router.put("/{camera_id}", summary="Change a camera")
async def change_camera(
    camera_id: CameraId, body: ChangedCamera, resources: Res, staff: Keeper, response: Response, if_match: IfMatch = None
) -> Camera:
    """Replace a camera's registration. ONVIF access and privacy masks that are left out stay as they are."""
    now = resources.clock.now()
    version = version_of(if_match) or body.version
    if version is None:
        detail = "Say from which version the change was made: If-Match with the ETag, or `version`."
        raise AppError(Kind.PRECONDITION_REQUIRED, "version-missing", detail)
    draft = CameraDraft(**body.model_dump(exclude={"version"}, exclude_unset=True))
    async with resources.database.transaction() as session:
        with _told_by(if_match):
            state = await resources.registry.change(session, camera_id, draft, version=version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "camera.changed", now, camera_id=camera_id)
    response.headers["ETag"] = f'"{state.version}"'
    return _shown(resources, state)


@router.delete("/{camera_id}", status_code=204, summary="Take a camera out")
async def remove_camera(
    camera_id: CameraId,
    resources: Res,
    staff: Keeper,
    version: Annotated[int | None, Query(ge=1)] = None,
    reason: Annotated[str, Query(max_length=300, description="Why; kept in its history and in the audit log")] = "",
    if_match: IfMatch = None,
) -> None:
    """The camera is no longer pulled; its recordings stay until their retention ends, its history for ever."""
    now, why = resources.clock.now(), reason.strip()
    wanted = version_of(if_match) or version
    async with resources.database.transaction() as session:
        with _told_by(if_match):
            await resources.registry.remove(session, camera_id, version=wanted, by=staff.account_id, now=now, reason=why)
        await publish_audit(session, staff, "camera.removed", now, camera_id=camera_id, reason=why)


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


@router.get("/{camera_id}/history", summary="Who changed what of a camera's registration")
async def show_history(camera_id: CameraId, resources: Res, _staff: Keeper) -> CameraHistory:
    """Every change, newest first, with the fields it touched; of removed cameras too. 404 for a camera that never was."""
    async with resources.database.read() as session:
        rows = await resources.registry.versions(session, camera_id)
        names = await find_names(session, actors={row["changed_by"] for row in rows}, camera_ids=())
    if not rows:
        raise AppError(Kind.NOT_FOUND, "camera-unknown", f"There has never been a camera {camera_id!r}.")
    befores = [row["state"] for row in rows[1:]] + [{}]
    items = [
        HistoryStep(
            **{name: row[name] for name in ("version", "change", "changed_by", "changed_at")},
            reason=row["state"].get("reason", ""),
            changed_by_name=names.actors.get(row["changed_by"]),
            changes=changes(before, row["state"]),
        )
        for row, before in zip(rows, befores, strict=True)
    ]
    return CameraHistory(camera_id=camera_id, items=items)


@contextmanager
def _told_by(if_match: str | None) -> Iterator[None]:
    """Who sends If-Match hears 412 (RFC 9110 §13.1.1) where others hear 409."""
    try:
        yield
    except AppError as error:
        if if_match is None or error.slug != "camera-changed-meanwhile":
            raise
        raise AppError(Kind.PRECONDITION, error.slug, error.detail) from error


@router.get("/{camera_id}/versions", summary="The story of a camera's registration")
async def list_versions(camera_id: CameraId, resources: Res, _staff: Keeper) -> CameraVersions:
    """Every version with who made it, newest first; of removed cameras too."""
    async with resources.database.read() as session:
        rows = await resources.registry.versions(session, camera_id)
    return CameraVersions(items=[CameraVersion.model_validate(dict(row)) for row in rows])
