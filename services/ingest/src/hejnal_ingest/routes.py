"""The internal API: live relay for the gateway, spool files for the recorder."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from hejnal_contracts.base import CameraId
from hejnal_contracts.cameras import StreamName
from hejnal_ingest.lease import CameraLeases
from hejnal_ingest.relay.response import MEDIA_TYPE, open_relay
from hejnal_ingest.spool.files import SEGMENT_PATH
from hejnal_ingest.spool.taken import FetchedSegments
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller


def create_router(leases: CameraLeases | None, spool_dir: Path, verifier: TokenVerifier, fetched: FetchedSegments) -> APIRouter:
    """Routes of the internal port. Without `leases` they can only be described. `fetched` notes what the recorder has got."""
    router = APIRouter(prefix="/internal/v1", tags=["internal"])
    gateway = service_caller(verifier, "operator-gateway")
    recorder = service_caller(verifier, "recorder")

    @router.get(
        "/relay/{camera_id}/{stream}",
        response_class=Response,
        responses={
            200: {"content": {MEDIA_TYPE: {}}, "description": "Relay records without end, the last group of pictures first"},
            404: {"description": "The camera is not held here, or has no such stream"},
            409: {"description": "The camera is not live; the problem tells the cause"},
        },
    )
    async def relay(camera_id: CameraId, stream: StreamName, _caller: Annotated[Caller, Depends(gateway)]) -> Response:
        """Live pictures of a stream. A slow reader is moved on to the next key frame."""
        runner = leases.runner(camera_id) if leases is not None else None
        if runner is None:
            raise AppError(Kind.NOT_FOUND, "camera-not-held", "This ingest process does not hold the camera.")
        return await open_relay(runner, stream)

    @router.get(
        "/spool/{path:path}",
        response_class=FileResponse,
        responses={
            200: {"content": {"video/mp4": {}}},
            206: {"content": {"video/mp4": {}}, "description": "The bytes asked for with Range"},
            404: {"description": "Not in the spool, or no more"},
            416: {"description": "The range is not in the file"},
        },
    )
    async def spool(path: str, request: Request, _caller: Annotated[Caller, Depends(recorder)]) -> FileResponse:
        """A segment file, `<camera>/<run>/<segment>.mp4`."""
        file = spool_dir / path
        if not SEGMENT_PATH.match(path) or not file.is_file():
            raise AppError(Kind.NOT_FOUND, "not-in-spool", "There is no such file in the spool.")
        size_bytes = file.stat().st_size
        done = BackgroundTask(fetched.note, path, request.headers.get("range", ""), size_bytes)
        return FileResponse(file, media_type="video/mp4", background=done)

    return router
