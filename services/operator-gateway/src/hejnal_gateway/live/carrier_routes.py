"""What can carry a camera's live picture, and the way for what WebRTC cannot: fMP4 over WebSocket."""

from fastapi import APIRouter, WebSocket

from hejnal_contracts.base import CameraId
from hejnal_gateway.access import Res
from hejnal_gateway.live.door import LiveCarriers, StreamName
from hejnal_gateway.live.routes import Reason, Watcher
from hejnal_gateway.live.socket import serve_socket

router = APIRouter(prefix="/api/v1", tags=["live"])


@router.get("/cameras/{camera_id}/live", summary="What can carry a camera's live picture now")
async def carriers(camera_id: CameraId, resources: Res, staff: Watcher, stream: StreamName = "main") -> LiveCarriers:
    """Asked before a view is opened, where the browser's codecs matter; shows no picture, so it is no look.

    The WebSocket `/api/v1/live/{camera_id}?stream=&reason=` sends `{"mime": …}` as text, then an init segment and fragments as
    binary messages; `{"mime": …}` comes again before each new init segment, `{"gone": true}` when the camera drops,
    `{"back": true}` before its next pictures. A refusal is `{"problem": …}` and close code 4000 + status; 1001: reconnect.
    """
    return await resources.live.carriers(staff, camera_id, stream)


@router.websocket("/live/{camera_id}")
async def live_socket(
    camera_id: CameraId, websocket: WebSocket, resources: Res, staff: Watcher, stream: StreamName = "main", reason: Reason = ""
) -> None:
    """A live view as fMP4 for Media Source Extensions; starts with the newest group of pictures at once."""
    await serve_socket(websocket, lambda target: resources.live.watch(staff, camera_id, stream, reason.strip(), target))
