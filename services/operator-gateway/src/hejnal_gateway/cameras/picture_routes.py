"""What was noticed at a camera, what it shows now in small, and how well it suits us."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import AwareDatetime

from hejnal_contracts.base import CameraId
from hejnal_contracts.cameras import StreamName
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import ALL, KEEP_CAMERAS, WATCH_LIVE
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.events import CameraEventKind, CameraEventPage
from hejnal_gateway.cameras.probes import Probe

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]
Watcher = Annotated[StaffSession, Depends(StaffRequired(WATCH_LIVE))]
ProbeId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_CAMERAS))]


@router.get("/{camera_id}/events", summary="What was noticed at a camera")
async def list_events(
    camera_id: CameraId,
    resources: Res,
    _staff: AnyStaff,
    kind: Annotated[list[CameraEventKind] | None, Query(description="Only these; all without it")] = None,
    before: Annotated[AwareDatetime | None, Query(description="Only what was noticed earlier")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CameraEventPage:
    """Tampering and its ends, motion, stream faults, clocks set, conformance cards; newest first."""
    earlier: datetime | None = before
    return CameraEventPage(items=await resources.camera_events.find(camera_id, kinds=kind or [], before=earlier, limit=limit))


@router.get(
    "/{camera_id}/thumbnail",
    summary="A small picture of what a camera shows",
    response_class=Response,
    responses={
        200: {
            "content": {"image/jpeg": {}},
            "description": "JPEG, 320 pixels wide; `X-Taken-At` tells from when it is, `Age` how old that is in seconds",
        },
        304: {"description": "Still the picture of If-None-Match"},
        404: {"description": "no-thumbnail, camera-not-held", "content": {"application/problem+json": {}}},
        422: {"description": "reason-required", "content": {"application/problem+json": {}}},
    },
)
async def show_thumbnail(
    camera_id: CameraId,
    resources: Res,
    staff: Watcher,
    reason: Annotated[str, Query(max_length=300, description="Why; asked for by restricted cameras")] = "",
    if_none_match: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """The newest key frame in small. It is a look: on record once per session and camera in 15 min."""
    found = await resources.thumbnails.get(staff, camera_id, reason=reason, if_none_match=if_none_match)
    media_type = "image/jpeg" if found.status == 200 else None
    return Response(found.jpeg, status_code=found.status, headers=found.headers, media_type=media_type)


@router.post("/{camera_id}/probes", status_code=202, summary="Probe a camera")
async def start_probe(camera_id: CameraId, resources: Res, staff: Keeper, stream: StreamName = "main") -> Probe:
    """Listens to the camera for a minute; the card comes by `GET`, as event `camera-event`, and stays among its events."""
    probe = await resources.probes.start(camera_id, stream)
    async with resources.database.transaction() as session:
        await publish_audit(session, staff, "camera.probed", resources.clock.now(), camera_id=camera_id)
    return probe


@router.get("/{camera_id}/probes/{probe_id}", summary="How far a probe is")
async def show_probe(camera_id: CameraId, probe_id: ProbeId, resources: Res, _staff: Keeper) -> Probe:
    """With its card when it is done."""
    return await resources.probes.get(camera_id, probe_id)
