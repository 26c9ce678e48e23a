"""The disk and its forecast; deletions for the sake of privacy, or with a camera."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_recorder.playback import index
from hejnal_recorder.playback.routes import Here, problems, unknown_camera
from hejnal_recorder.retention import privacy
from hejnal_recorder.retention.pressure import REFUSED, Level, Priority, level_of
from hejnal_recorder.retention.storage import read_storage
from hejnal_recorder.staff_access import Releaser, Viewer
from hejnal_recorder.takeover.archive import Archive
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1", tags=["retention"])

DeletionIdPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
ERRORS: dict[int | str, dict[str, Any]] = problems(401, 403, 404, 409, 422, 503)


class CameraStorageView(BaseModel):
    """A camera's part of the disk."""

    model_config = ConfigDict(from_attributes=True)

    camera_id: CameraId
    name: str
    priority: Priority
    keep_days: int
    disk_share_percent: float | None
    size_bytes: int
    held_bytes: int


class Storage(BaseModel):
    """The archive's disk."""

    total_bytes: int
    free_bytes: int
    used_share: float
    level: str = Field(description="fine, short (90 %), very_short (95 %) or full (99 %)")
    refused_priorities: list[Priority] = Field(description="Whose new recording is refused at this level")
    growth_bytes_per_day: int
    days_until_full: int | None = Field(description="null when it will not be full within a year")
    cameras: list[CameraStorageView]


class DeletionBody(BaseModel):
    """What is to be deleted, and why."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    camera_id: CameraId
    purpose: privacy.Purpose = Field(
        default="privacy",
        description="camera_removed: all that there is of a camera that was taken out of the registry; no range is given then",
    )
    starts_at: AwareDatetime | None = Field(default=None, alias="from")
    ends_at: AwareDatetime | None = Field(
        default=None, alias="to", description="Whole segments go, so up to a minute more at either end"
    )
    reason: str = Field(min_length=3, max_length=300)


class DeletionView(BaseModel):
    """A deletion and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    deletion_id: str
    state: privacy.PrivacyState
    camera_id: CameraId
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime = Field(serialization_alias="to")
    purpose: privacy.Purpose
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    done_at: datetime | None
    deleted_segments: int
    deleted_bytes: int
    held_segments: int = Field(description="Segments that a hold keeps; they go when it has ended")


class Deletions(BaseModel):
    """The newest first."""

    deletions: list[DeletionView]


@router.get("/storage", operation_id="getStorage", summary="The archive's disk and its forecast", responses=ERRORS)
async def get_storage(here: Here, _: Viewer) -> Storage:
    """How full it is, who takes how much, and when it will be full."""
    disk = await asyncio.to_thread(Archive(here.settings.archive_dir, None).disk)
    async with here.database.read() as session:
        cameras, told = await read_storage(
            session,
            disk,
            here.clock.now(),
            default_days=here.settings.default_keep_days,
            local_days=here.settings.tier_after_days if here.settings.tier_enabled else None,
        )
    level = level_of(disk, Level.FINE)
    return Storage(
        total_bytes=disk.total_bytes,
        free_bytes=disk.free_bytes,
        used_share=round(disk.used_share, 4),
        level=level.name.lower(),
        refused_priorities=sorted(REFUSED[level]),
        growth_bytes_per_day=told.growth_bytes_per_day,
        days_until_full=told.days_until_full,
        cameras=[CameraStorageView.model_validate(camera) for camera in cameras],
    )


@router.get("/privacy-deletions", operation_id="listPrivacyDeletions", summary="Deletions for privacy", responses=ERRORS)
async def list_privacy_deletions(here: Here, _: Releaser) -> Deletions:
    """The newest 500."""
    async with here.database.read() as session:
        found = await privacy.list_deletions(session)
    return Deletions(deletions=[DeletionView.model_validate(one) for one in found])


@router.post(
    "/privacy-deletions",
    operation_id="requestPrivacyDeletion",
    summary="Ask for a deletion",
    status_code=201,
    responses=ERRORS,
)
async def request_privacy_deletion(body: DeletionBody, here: Here, who: Releaser, response: Response) -> DeletionView:
    """The first pair of eyes; nothing is deleted yet."""
    async with here.database.transaction() as session:
        if await index.find_story(session, body.camera_id) is None:
            raise unknown_camera(body.camera_id)
        told: dict[str, Any] = {"reason": body.reason, "by": who.id, "now": here.clock.now()}
        if body.purpose == "camera_removed":
            if body.starts_at or body.ends_at:
                raise AppError(Kind.INVALID, "invalid-range", "With its camera all footage goes: leave out from and to.")
            made = await privacy.request_with_camera(session, body.camera_id, **told)
        elif body.starts_at is None or body.ends_at is None:
            raise AppError(Kind.INVALID, "invalid-range", "Say from when (from) until when (to) footage is to be deleted.")
        else:
            made = await privacy.request(session, body.camera_id, body.starts_at, body.ends_at, **told)
    response.headers["Location"] = f"/internal/v1/privacy-deletions/{made.deletion_id}"
    return DeletionView.model_validate(made)


@router.get("/privacy-deletions/{deletion_id}", operation_id="getPrivacyDeletion", summary="One deletion", responses=ERRORS)
async def get_privacy_deletion(deletion_id: DeletionIdPath, here: Here, _: Releaser) -> DeletionView:
    """As it stands."""
    async with here.database.read() as session:
        return DeletionView.model_validate(await privacy.find(session, deletion_id))


@router.post(
    "/privacy-deletions/{deletion_id}/approval",
    operation_id="approvePrivacyDeletion",
    summary="Agree to a deletion",
    responses=ERRORS,
)
async def approve_privacy_deletion(deletion_id: DeletionIdPath, here: Here, who: Releaser) -> DeletionView:
    """The second pair of eyes. Deleted within a minute, except what is held."""
    async with here.database.transaction() as session:
        decided = await privacy.decide(session, deletion_id, approve=True, by=who.id, now=here.clock.now())
    return DeletionView.model_validate(decided)


@router.post(
    "/privacy-deletions/{deletion_id}/withdrawal",
    operation_id="withdrawPrivacyDeletion",
    summary="Withdraw a deletion",
    responses=ERRORS,
)
async def withdraw_privacy_deletion(deletion_id: DeletionIdPath, here: Here, who: Releaser) -> DeletionView:
    """Before it is approved."""
    async with here.database.transaction() as session:
        decided = await privacy.decide(session, deletion_id, approve=False, by=who.id, now=here.clock.now())
    return DeletionView.model_validate(decided)
