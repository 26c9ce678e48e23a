"""The newest thumbnail of a camera, for the gateway."""

import hashlib
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response

from hejnal_contracts.base import CameraId
from hejnal_ingest.picture.room import PictureRoom
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller

MEDIA_TYPE = "image/jpeg"


def create_router(pictures: PictureRoom | None, verifier: TokenVerifier) -> APIRouter:
    """Routes of the internal port. Without `pictures` they can only be described."""
    router = APIRouter(prefix="/internal/v1", tags=["internal"])
    gateway = service_caller(verifier, "operator-gateway")

    @router.get(
        "/cameras/{camera_id}/thumbnail",
        response_class=Response,
        responses={
            200: {"content": {MEDIA_TYPE: {}}, "description": "JPEG, 320 pixels wide; Last-Modified and Age tell how old it is"},
            304: {"description": "Still the picture of If-None-Match"},
            404: {"description": "The camera is not held here, or none of its pictures has been decoded yet"},
        },
    )
    async def thumbnail(
        camera_id: CameraId,
        _caller: Annotated[Caller, Depends(gateway)],
        if_none_match: Annotated[str, Header(max_length=200)] = "",
    ) -> Response:
        """The newest key frame, small: seconds old while the camera is live, else the last one that came."""
        found = await pictures.thumbnail(camera_id) if pictures is not None else None
        if pictures is None or found is None:
            raise AppError(Kind.NOT_FOUND, "no-thumbnail", "There is no picture of this camera here yet.")
        etag = f'"{hashlib.sha256(found.jpeg).hexdigest()[:24]}"'
        headers = {
            "ETag": etag,
            "Last-Modified": format_datetime(found.taken_at, usegmt=True),
            "Age": str(pictures.age_s(found)),
            "X-Taken-At": found.taken_at.isoformat(),
            "Cache-Control": "no-cache",
        }
        if etag in if_none_match:
            return Response(status_code=304, headers=headers)
        return Response(found.jpeg, media_type=MEDIA_TYPE, headers=headers)

    return router
