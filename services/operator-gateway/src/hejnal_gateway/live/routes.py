"""Live view by WHEP (draft-ietf-wish-whep, with the rules of RFC 9725): one POST with an SDP offer, one answer, pictures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import WATCH_LIVE
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.door import Pictures, StreamName
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/whep", tags=["live"])
Watcher = Annotated[StaffSession, Depends(StaffRequired(WATCH_LIVE))]
Reason = Annotated[str, Query(max_length=300, description="Why; asked for by restricted cameras")]

MAX_OFFER_BYTES = 64 * 1024
_SDP = "application/sdp"
_FRAGMENT = "application/trickle-ice-sdpfrag"
_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}


class ChosenStream(BaseModel):
    """Which of the camera's streams to send, and how much of it."""

    stream: StreamName
    pictures: Pictures | None = Field(
        default=None,
        description="Only key frames spare a viewer that cannot decode them all; `all` comes back with the next key frame. "
        "Left out: as before",
    )


def _accepts_sdp(accept: str | None) -> bool:
    ranges = [item.split(";")[0].strip().lower() for item in (accept or "*/*").split(",")]
    return bool({"*/*", "application/*", _SDP} & set(ranges))


async def _body(request: Request, content_type: str) -> str:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != content_type:
        headers = {"Accept-Post": _SDP} if content_type == _SDP else {"Accept-Patch": _FRAGMENT}
        raise AppError(Kind.UNSUPPORTED, "content-type", f"Send {content_type}.", headers=headers)
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
            "description": "The SDP answer; Location ends, patches or switches the view",
        },
        406: {"description": "not-acceptable: the answer is application/sdp", "content": _PROBLEM},
        422: {"description": "offer-invalid, no-h264, stream-unknown, reason-required", "content": _PROBLEM},
        429: {"description": "own-viewers-full: as many views as the role may have", "content": _PROBLEM},
        503: {"description": "viewers-full, transcodes-full", "content": _PROBLEM},
    },
    openapi_extra={"requestBody": {"required": True, "content": {_SDP: {"schema": {"type": "string"}}}}},
)
async def watch(
    camera_id: CameraId,
    request: Request,
    resources: Res,
    staff: Watcher,
    stream: StreamName = "main",
    reason: Reason = "",
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """Offer in, answer out. The picture starts with the newest key frame at once and goes on by itself after a camera's drop.

    What is not H.264 in the order it is shown, or must be masked for this person, is made anew for all who ask for it.
    """
    if not _accepts_sdp(accept):
        raise AppError(Kind.NOT_ACCEPTABLE, "not-acceptable", f"The answer to an offer is {_SDP}.")
    offer = await _body(request, _SDP)
    opened = await resources.live.open(staff, camera_id, stream, offer, reason.strip())
    headers = {
        "Location": f"/api/v1/whep/{camera_id}/{opened.viewer_id}",
        "ETag": f'"{opened.etag}"',
        "Accept-Patch": _FRAGMENT,
        "Cache-Control": "no-store",
    }
    response = Response(opened.answer, status_code=201, media_type=_SDP, headers=headers)
    for link in resources.ice_servers.links(staff.account_id):
        response.headers.append("Link", link)
    return response


@router.options("/{camera_id}", status_code=204, summary="What can be posted, and which ICE servers there are")
async def options(camera_id: CameraId, resources: Res, staff: Watcher) -> Response:
    """RFC 9725 §4.2, §4.6: a client may learn the ICE servers before it makes its offer."""
    headers = {"Allow": "OPTIONS, POST", "Accept-Post": _SDP, "Content-Location": f"/api/v1/whep/{camera_id}"}
    response = Response(status_code=204, headers=headers)
    for link in resources.ice_servers.links(staff.account_id):
        response.headers.append("Link", link)
    return response


@router.patch(
    "/{camera_id}/{viewer_id}",
    status_code=204,
    summary="Trickle ICE candidates",
    responses={
        412: {"description": "ice-session-changed", "content": _PROBLEM},
        428: {"description": "if-match-required", "content": _PROBLEM},
    },
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
    await resources.live.trickle(staff, camera_id, viewer_id, fragment, if_match)
    return Response(status_code=204)


@router.put(
    "/{camera_id}/{viewer_id}/stream", status_code=204, summary="Switch between main and sub stream, all pictures and key frames"
)
async def switch(camera_id: CameraId, viewer_id: str, body: ChosenStream, resources: Res, staff: Watcher) -> Response:
    """The picture changes with the other stream's next picture that can be shown; there is no black one between."""
    await resources.live.switch(staff, camera_id, viewer_id, body.stream, body.pictures)
    return Response(status_code=204)


@router.delete("/{camera_id}/{viewer_id}", status_code=204, summary="Stop watching")
async def stop_watching(camera_id: CameraId, viewer_id: str, resources: Res, staff: Watcher) -> Response:
    """End the view; 404 when it is over already."""
    await resources.live.close(staff, camera_id, viewer_id)
    return Response(status_code=204)
