"""Live view by WHEP (draft-ietf-wish-whep): one POST with an SDP offer, one answer, pictures."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import WATCH_LIVE
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/whep", tags=["live"])
Watcher = Annotated[StaffSession, Depends(StaffRequired(WATCH_LIVE))]

MAX_OFFER_BYTES = 64 * 1024
_SDP = "application/sdp"
_FRAGMENT = "application/trickle-ice-sdpfrag"


async def _body(request: Request, content_type: str) -> str:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != content_type:
        raise AppError(Kind.UNSUPPORTED, "content-type", f"Send {content_type}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_OFFER_BYTES:
            raise AppError(Kind.TOO_LARGE, "offer-too-large", "An SDP document has at most 64 KiB.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AppError(Kind.INVALID, "offer-invalid", "The SDP document is not UTF-8.") from error


@router.post(
    "/{camera_id}",
    status_code=201,
    summary="Watch a camera",
    response_class=Response,
    responses={
        201: {
            "content": {_SDP: {"schema": {"type": "string"}}},
            "description": "The SDP answer; Location ends or patches the view",
        },
        422: {"description": "offer-invalid, no-h264, reason-required", "content": {"application/problem+json": {}}},
        503: {"description": "viewers-full", "content": {"application/problem+json": {}}},
    },
    openapi_extra={"requestBody": {"required": True, "content": {_SDP: {"schema": {"type": "string"}}}}},
)
async def watch(
    camera_id: CameraId,
    request: Request,
    resources: Res,
    staff: Watcher,
    stream: Literal["main", "sub"] = "main",
    reason: Annotated[str, Query(max_length=300, description="Why; asked for by restricted cameras")] = "",
) -> Response:
    """Offer in, answer out. The picture starts with the newest key frame at once and goes on by itself after a camera's drop."""
    offer = await _body(request, _SDP)
    viewer = await resources.viewers.open(staff, camera_id, stream, offer, reason=reason.strip())
    headers = {
        "Location": f"/api/v1/whep/{camera_id}/{viewer.viewer_id}",
        "ETag": f'"{viewer.ice_etag}"',
        "Accept-Patch": _FRAGMENT,
        "Cache-Control": "no-store",
    }
    response = Response(viewer.answer, status_code=201, media_type=_SDP, headers=headers)
    for link in resources.ice_servers.links(staff.account_id):
        response.headers.append("Link", link)
    return response


@router.patch(
    "/{camera_id}/{viewer_id}",
    status_code=204,
    summary="Trickle ICE candidates",
    openapi_extra={"requestBody": {"required": True, "content": {_FRAGMENT: {"schema": {"type": "string"}}}}},
)
async def trickle(
    camera_id: CameraId,
    viewer_id: str,
    request: Request,
    resources: Res,
    staff: Watcher,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Candidates are welcome and not needed: this side is ICE-lite and learns the path from the browser's checks.

    A fragment with other ICE credentials asks for an ICE restart, which is refused (422): open a new view instead.
    """
    fragment = await _body(request, _FRAGMENT)
    resources.viewers.trickle(staff, camera_id, viewer_id, fragment, if_match)
    return Response(status_code=204)


@router.delete("/{camera_id}/{viewer_id}", status_code=204, summary="Stop watching")
async def stop_watching(camera_id: CameraId, viewer_id: str, resources: Res, staff: Watcher) -> Response:
    """End the view; 404 when it is over already."""
    await resources.viewers.close(staff, camera_id, viewer_id)
    return Response(status_code=204)
