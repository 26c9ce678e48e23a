"""Moving cameras at the staff door. Account groups are judged by `StaffRequired`, as for every path with a camera."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import KEEP_PTZ, MOVE_CAMERAS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.ptz.heads import PtzPreset, PtzVelocity
from hejnal_gateway.ptz.leases import PtzLease
from hejnal_gateway.ptz.patrol import Patrol, PatrolDraft
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/cameras/{camera_id}/ptz", tags=["ptz"])
Mover = Annotated[StaffSession, Depends(StaffRequired(MOVE_CAMERAS))]
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_PTZ))]
Token = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^/\s.][^/\s]*$")]


class LeaseRequest(BaseModel):
    """How the joystick is asked for."""

    model_config = ConfigDict(extra="forbid")

    take_over: bool = Field(default=False, description="A dispatcher may take it from an operator, an administrator from both")
    reason: str = Field(default="", max_length=300, description="Why; asked for by restricted cameras")


class PtzState(BaseModel):
    """Who moves the camera, and the round it makes by itself."""

    lease: PtzLease | None
    patrol: Patrol | None


class PtzPresetList(BaseModel):
    """As the camera lists them."""

    items: list[PtzPreset]


class NewPreset(BaseModel):
    """What a place is to be called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)


class ChangedPatrol(PatrolDraft):
    """A camera's new round."""

    version: int | None = Field(default=None, ge=0, description="The version this was made from, 0 for none; 409 when it changed")


@router.get("", summary="Who moves a camera")
async def show_ptz(camera_id: CameraId, resources: Res, staff: Mover) -> PtzState:
    """The joystick's holder and the camera's round."""
    async with resources.database.read() as session:
        lease = await resources.ptz_leases.find(session, camera_id, staff, resources.clock.now())
        return PtzState(lease=lease, patrol=await resources.patrols.find(session, camera_id))


@router.post("/lease", summary="Take or renew the joystick")
async def take_lease(camera_id: CameraId, body: LeaseRequest, resources: Res, staff: Mover) -> PtzLease:
    """Ends 10 s after its last use unless it is renewed; a camera's round waits meanwhile. 409 ptz-held names the holder."""
    return await _take(resources, staff, camera_id, body)


@router.delete("/lease", status_code=204, summary="Give the joystick back")
async def give_lease_back(camera_id: CameraId, resources: Res, staff: Mover) -> None:
    """The camera stops. Giving back what one does not have is no error."""
    async with resources.database.transaction() as session:
        had = await resources.ptz_leases.give_back(session, camera_id, staff)
        if had:
            await publish_audit(session, staff, "ptz.released", resources.clock.now(), camera_id=camera_id)
    if had:
        await resources.ptz_heads.stop(camera_id)


@router.put("/move", status_code=204, summary="Move a camera")
async def move_camera(camera_id: CameraId, body: PtzVelocity, resources: Res, staff: Mover) -> None:
    """At these speeds; said again within a second it goes on, else the camera stops by itself. Needs the joystick."""
    async with resources.database.transaction() as session:
        await resources.ptz_leases.use(session, camera_id, staff, resources.clock.now())
    await resources.ptz_heads.move(camera_id, body)


@router.post("/stop", status_code=204, summary="Stop a camera")
async def stop_camera(camera_id: CameraId, resources: Res, staff: Mover) -> None:
    """Stands still. Needs the joystick."""
    async with resources.database.transaction() as session:
        await resources.ptz_leases.use(session, camera_id, staff, resources.clock.now())
    await resources.ptz_heads.stop(camera_id)


@router.get("/presets", summary="Places a camera remembers")
async def list_presets(camera_id: CameraId, resources: Res, _staff: Mover) -> PtzPresetList:
    """404 for a camera that cannot be moved."""
    return PtzPresetList(items=await resources.ptz_heads.presets(camera_id))


@router.post("/presets", status_code=201, summary="Remember where a camera looks")
async def save_preset(camera_id: CameraId, body: NewPreset, resources: Res, staff: Keeper) -> PtzPreset:
    """A new place."""
    preset = await resources.ptz_heads.save_preset(camera_id, body.name.strip() or body.name)
    await _record(resources, staff, "ptz.preset-saved", camera_id, preset.token)
    return preset


@router.delete("/presets/{token}", status_code=204, summary="Forget a place")
async def remove_preset(camera_id: CameraId, token: Token, resources: Res, staff: Keeper) -> None:
    """The camera forgets it; a round that visits it says so."""
    await resources.ptz_heads.remove_preset(camera_id, token)
    await _record(resources, staff, "ptz.preset-removed", camera_id, token)


@router.post("/presets/{token}/goto", status_code=204, summary="Turn a camera to a place")
async def go_to_preset(camera_id: CameraId, token: Token, resources: Res, staff: Mover, body: LeaseRequest | None = None) -> None:
    """Takes the joystick for it when it is free."""
    await _take(resources, staff, camera_id, body or LeaseRequest())
    await _record(resources, staff, "ptz.preset-visited", camera_id, token)
    await resources.ptz_heads.go_to(camera_id, token)


@router.get("/patrol", summary="A camera's round")
async def show_patrol(camera_id: CameraId, resources: Res, _staff: Mover) -> Patrol:
    """404 when it has none."""
    async with resources.database.read() as session:
        found = await resources.patrols.find(session, camera_id)
    if found is None:
        raise AppError(Kind.NOT_FOUND, "patrol-unknown", "This camera makes no rounds.")
    return found


@router.put("/patrol", summary="Set a camera's round")
async def set_patrol(camera_id: CameraId, body: ChangedPatrol, resources: Res, staff: Keeper) -> Patrol:
    """It begins at once with its first place, and waits while somebody has the joystick."""
    now = resources.clock.now()
    draft = PatrolDraft(**body.model_dump(exclude={"version"}))
    async with resources.database.transaction() as session:
        await resources.registry.get(session, camera_id)
        patrol = await resources.patrols.put(session, camera_id, draft, version=body.version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "ptz.patrol-changed", now, camera_id=camera_id)
    return patrol


async def _take(resources: Resources, staff: StaffSession, camera_id: str, asked: LeaseRequest) -> PtzLease:
    now, reason = resources.clock.now(), asked.reason.strip()
    async with resources.database.transaction() as session:
        camera = await resources.registry.get(session, camera_id)
        lease, how = await resources.ptz_leases.take(session, camera_id, staff, now, take_over=asked.take_over)
        if how != "renewed":
            if camera.restricted and not reason:
                raise AppError(Kind.INVALID, "reason-required", "This camera is restricted: say why you move it (reason).")
            await publish_audit(session, staff, f"ptz.{how}", now, camera_id=camera_id, reason=reason)
    if how == "taken-over":
        await resources.ptz_heads.stop(camera_id)
    return lease


async def _record(resources: Resources, staff: StaffSession, action: str, camera_id: str, token: str) -> None:
    async with resources.database.transaction() as session:
        await publish_audit(session, staff, action, resources.clock.now(), camera_id=camera_id, object_id=token[:64])
