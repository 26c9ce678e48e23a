"""Evidence packages as staff see them: ask, agree, follow, fetch. Roles are checked here once more."""

import shutil
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_recorder.export import jobs
from hejnal_recorder.export.jobs import Export, ExportState
from hejnal_recorder.export.plan import Mask, Order
from hejnal_recorder.export.planning import make_plan, too_large, why_empty
from hejnal_recorder.export.runner import package_path
from hejnal_recorder.export.work import package_name
from hejnal_recorder.playback.byte_range import etag_matches, requested_range
from hejnal_recorder.playback.file_response import RangeResponse
from hejnal_recorder.playback.interval import requested_interval
from hejnal_recorder.playback.routes import Here, problems
from hejnal_recorder.registry import any_restricted
from hejnal_recorder.resources import Resources
from hejnal_recorder.staff_access import Holder, Releaser, Staff
from hejnal_recorder.timeline.spans import PENDING_S
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

router = APIRouter(prefix="/internal/v1", tags=["exports"])

MOST_CAMERAS, MOST_MASKS = 16, 64
SPACE_FACTOR = 3.2
"""Copy, its signed form and the zip lie side by side for a moment."""
OVERSEERS = frozenset({"dpo", "admin"})
ZIP_TYPE = "application/zip"
ERRORS: dict[int | str, dict[str, Any]] = problems(401, 403, 404, 409, 413, 422, 503)

ExportIdPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


class ExportBody(BaseModel):
    """What is wanted, for what."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    cameras: list[CameraId] = Field(min_length=1, max_length=MOST_CAMERAS)
    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to", description="At least 15 s ago: the last seconds are still on their way")
    reason: str = Field(min_length=5, max_length=500, description="Why the footage is needed; stands in the package")
    case_number: str = Field(min_length=1, max_length=100, pattern=r"\S")
    masks: list[Mask] = Field(
        default=[], max_length=MOST_MASKS, description="Areas to make unrecognisable in a variant encoded anew"
    )
    originals: bool = Field(default=True, description="Whether the untouched footage of masked cameras goes along")


class ExportView(BaseModel):
    """A job as it stands."""

    model_config = ConfigDict(populate_by_name=True, from_attributes=True)

    export_id: str
    state: ExportState
    requested_by: str = Field(description="Staff id")
    requested_at: datetime
    approved_by: str | None
    cancelled_by: str | None
    reason: str
    case_number: str
    cameras: list[CameraId]
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime = Field(serialization_alias="to")
    masks: list[Mask]
    originals: bool
    footage_bytes: int = Field(description="Footage that goes in")
    footage_s: float = Field(description="The same in seconds, summed over the cameras")
    stage: str = Field(description="reading, writing, masking, closing, packing, verifying; empty when nothing is being done")
    done_bytes: int = Field(description="Of this stage")
    total_bytes: int
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the package is deleted")
    size_bytes: int | None = Field(description="Of the package")
    sha256: str | None = Field(description="Of the package")
    stamped: bool | None = Field(description="False: no time-stamp authority answered, the package is signed without a stamp")
    damaged: int | None = Field(description="Fragments that could not be read; the package names their time as gaps")
    failure: str | None = Field(description="Why it failed: no-footage, disk-full, …")
    failure_detail: str | None


class Exports(BaseModel):
    """The newest first."""

    exports: list[ExportView]


class DecisionBody(BaseModel):
    """Whether the export may be made."""

    model_config = ConfigDict(extra="forbid")

    approve: bool


@router.post("/exports", operation_id="requestExport", summary="Ask for a signed package", status_code=202, responses=ERRORS)
async def request_export(
    body: ExportBody,
    here: Here,
    who: Holder,
    response: Response,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=64)] = None,
) -> ExportView:
    """From when this is answered nothing deletes the footage until the package is made. The same Idempotency-Key asks once."""
    if here.settings.export_keys_dir is None:
        raise AppError(Kind.UNAVAILABLE, "exports-not-set-up", "Exports are not set up: the evidence keys are missing.")
    if idempotency_key is not None:
        async with here.database.read() as session:
            if same := await jobs.find_same(session, who.id, idempotency_key):
                return _answer(response, same)
    order = _order(body, here, who)
    cameras = sorted(set(body.cameras))
    async with here.database.read() as session:
        plan = await make_plan(
            session, order, cameras, organisation=here.settings.export_organisation, longest_bytes=here.settings.export_file_bytes
        )
    if plan.size_bytes == 0:
        raise AppError(Kind.INVALID, "no-footage", why_empty(plan))
    if refusal := too_large(plan, here.settings.export_most_bytes):
        raise refusal
    _demand_room(here, plan.size_bytes)
    async with here.database.transaction() as session:
        eyes = here.settings.export_four_eyes or (
            here.settings.export_four_eyes_restricted and await any_restricted(session, cameras)
        )
        state = ExportState.AWAITING_APPROVAL if eyes else ExportState.QUEUED
        export = await jobs.create(
            session, order, cameras, state=state, footage_bytes=plan.size_bytes, footage_s=plan.footage_s,
            idempotency_key=idempotency_key,
        )  # fmt: skip
    return _answer(response, export)


@router.get("/exports", operation_id="listExports", summary="Exports", responses=ERRORS)
async def list_exports(here: Here, who: Holder) -> Exports:
    """The newest 200: an operator's own and those they decided on, for the others all."""
    async with here.database.read() as session:
        found = await jobs.newest(session, None if who.role in OVERSEERS else who.id)
    return Exports(exports=[_view(export) for export in found])


@router.get("/exports/{export_id}", operation_id="getExport", summary="One export", responses=ERRORS)
async def get_export(export_id: ExportIdPath, here: Here, who: Holder) -> ExportView:
    """As it stands, with its progress."""
    return _view(await _own(export_id, here, who))


@router.post("/exports/{export_id}/decision", operation_id="decideExport", summary="Approve or reject", responses=ERRORS)
async def decide_export(export_id: ExportIdPath, body: DecisionBody, here: Here, who: Releaser) -> ExportView:
    """By somebody else than the one who asked."""
    async with here.database.transaction() as session:
        return _view(await jobs.decide(session, export_id, by=who.id, approve=body.approve, now=here.clock.now()))


@router.post("/exports/{export_id}/cancellation", operation_id="cancelExport", summary="Cancel", responses=ERRORS)
async def cancel_export(export_id: ExportIdPath, here: Here, who: Holder) -> ExportView:
    """Ends a job that is not finished; what has been made of it is deleted."""
    await _own(export_id, here, who)
    async with here.database.transaction() as session:
        return _view(await jobs.cancel(session, export_id, by=who.id, now=here.clock.now()))


@router.get(
    "/exports/{export_id}/package",
    operation_id="getExportPackage",
    summary="The bytes of a finished package",
    response_class=Response,
    responses={
        200: {"content": {ZIP_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The wanted range", "content": {ZIP_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The copy named by If-None-Match is current"},
        **problems(401, 403, 404, 409, 410, 416, 422, 503),
    },
)
async def get_package(
    export_id: ExportIdPath,
    here: Here,
    who: Holder,
    range_header: Annotated[str | None, Header(alias="Range", description="One byte range (RFC 9110 §14)")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range")] = None,
) -> Response:
    """A zip; downloads can be resumed."""
    export = await _own(export_id, here, who)
    if export.state is ExportState.EXPIRED:
        raise AppError(Kind.GONE, "export-expired", "This package was deleted when its time was over. Ask for the export again.")
    if export.state is not ExportState.FINISHED or export.size_bytes is None:
        raise AppError(Kind.CONFLICT, "export-not-finished", f"This export has no package ({export.state.value}).")
    etag = f'"{export.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": ZIP_TYPE,
        "Content-Disposition": f'attachment; filename="{package_name(export.case_number, export.export_id)}.zip"',
        "X-Content-Type-Options": "nosniff",
    }
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    wanted = requested_range(range_header, export.size_bytes) if if_range in (None, etag) else None
    path = package_path(here.settings, export_id)
    return await RangeResponse.open(path, size_bytes=export.size_bytes, wanted=wanted, headers=headers)


def _order(body: ExportBody, here: Resources, who: Staff) -> Order:
    now = here.clock.now()
    interval = requested_interval(body.starts_at, body.ends_at, longest=timedelta(hours=here.settings.longest_export_h), now=now)
    if interval.ends_at > now - timedelta(seconds=PENDING_S):
        raise AppError(
            Kind.INVALID, "too-fresh", f"`to` has to lie at least {PENDING_S:g} s back: the last seconds are still on their way."
        )
    strangers = {mask.camera_id for mask in body.masks} - set(body.cameras)
    if strangers:
        raise AppError(Kind.INVALID, "mask-elsewhere", f"There is a mask for {min(strangers)}, which is not exported.")
    return Order(
        export_id=new_id(), requested_by=who.id, requested_at=now, approved_by=None, reason=body.reason.strip(),
        case_number=body.case_number.strip(), starts_at=interval.starts_at, ends_at=interval.ends_at, masks=body.masks,
        originals=body.originals,
    )  # fmt: skip


def _demand_room(here: Resources, size_bytes: int) -> None:
    folder = here.settings.exports_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    needed = int(size_bytes * SPACE_FACTOR) + here.settings.export_reserve_bytes
    if (free := shutil.disk_usage(folder).free) < needed:
        detail = f"This export needs {needed / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free. Ask for less, or free space."
        raise AppError(Kind.CONFLICT, "no-room", detail)


async def _own(export_id: str, here: Resources, who: Staff) -> Export:
    """The job, if this person may see it; otherwise there is none."""
    async with here.database.read() as session:
        export = await jobs.find(session, export_id)
    if who.role not in OVERSEERS and who.id not in (export.requested_by, export.approved_by):
        raise AppError(Kind.NOT_FOUND, "no-such-export", "There is no such export.")
    return export


def _answer(response: Response, export: Export) -> ExportView:
    response.headers["Location"] = f"/internal/v1/exports/{export.export_id}"
    return _view(export)


def _view(export: Export) -> ExportView:
    return ExportView.model_validate(export)
