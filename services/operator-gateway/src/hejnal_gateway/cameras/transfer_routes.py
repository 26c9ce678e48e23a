"""The registry as a file: in, tried first where that is wished, and out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import KEEP_CAMERAS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras import csv_text
from hejnal_gateway.cameras.csv_import import CsvError, CsvImport, apply_csv
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_CAMERAS))]

CSV_TYPE = "text/csv"
_BODY: dict[str, Any] = {"required": True, "content": {CSV_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


@router.post("/import", summary="Bring cameras in from a CSV file", openapi_extra={"requestBody": _BODY})
async def import_csv(
    request: Request,
    resources: Res,
    staff: Keeper,
    *,
    dry_run: Annotated[bool, Query(description="Say what would be done, and do nothing")] = False,
) -> CsvImport:
    """All of the file or nothing: with one error in it nothing is changed, `applied` is false and `errors` names line and column.

    Cameras that the file does not name stay, and so do columns that it does not have. `GET /cameras/export.csv` shows the
    columns; `username` and `password` are read too. New cameras are probed as soon as ingest holds them.
    """
    read = csv_text.read(await _body(request))
    errors = [CsvError(line=one.line, column=one.column, detail=one.detail) for one in read.errors]
    if errors:
        return CsvImport(dry_run=dry_run, applied=False, added=[], changed=[], unchanged=[], errors=errors)
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        done = await apply_csv(session, resources.registry, read, by=staff.account_id, now=now)
        for action, camera_ids in (("camera.registered", done.added), ("camera.changed", done.changed)):
            for camera_id in camera_ids:
                await publish_audit(session, staff, action, now, camera_id=camera_id, reason="import")
        if dry_run:
            await session.rollback()
    if dry_run:
        return done.model_copy(update={"dry_run": True, "applied": False})
    enabled = {camera.camera_id for camera in read.cameras if camera.enabled}
    for camera_id in done.added:
        if camera_id in enabled:
            resources.probes.enrol(camera_id)
    return done


@router.get(
    "/export.csv",
    summary="The registry as a CSV file",
    response_class=Response,
    responses={200: {"content": {CSV_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_csv(resources: Res, staff: Keeper) -> Response:
    """Every camera, without credentials, safe to open in a spreadsheet; the file can be brought in again."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        states = await resources.registry.all(session)
        await publish_audit(session, staff, "camera.list-exported", now)
    headers = {"Content-Disposition": f'attachment; filename="hejnal-cameras_{now:%Y%m%d}.csv"', "Cache-Control": "no-store"}
    return Response(csv_text.write(states), media_type=f"{CSV_TYPE}; charset=utf-8", headers=headers)


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != CSV_TYPE:
        raise AppError(Kind.UNSUPPORTED, "content-type", f"Send {CSV_TYPE}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > csv_text.MAX_BYTES:
            raise AppError(Kind.TOO_LARGE, "file-too-large", "A camera list has at most 5 MiB.")
    return bytes(body)
