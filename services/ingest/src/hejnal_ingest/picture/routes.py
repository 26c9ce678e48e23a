"""Saying that what a camera shows is right, for the gateway."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from hejnal_contracts.base import CameraId
from hejnal_ingest.picture.room import PictureRoom
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller


def create_router(pictures: PictureRoom | None, verifier: TokenVerifier) -> APIRouter:
    """Routes of the internal port. Without `pictures` they can only be described."""
    router = APIRouter(prefix="/internal/v1", tags=["internal"])
    gateway = service_caller(verifier, "operator-gateway")

    @router.post(
        "/cameras/{camera_id}/view-acceptance",
        status_code=204,
        responses={
            404: {"description": "The camera is not held here"},
            409: {"description": "The picture is covered, blinded or frozen: nothing to accept"},
        },
    )
    async def accept_view(camera_id: CameraId, _caller: Annotated[Caller, Depends(gateway)]) -> Response:
        """The view of a camera that was moved is learned anew; the message that it was moved ends."""
        if pictures is None or not pictures.accept_view(camera_id):
            raise AppError(Kind.NOT_FOUND, "camera-not-held", "This ingest process does not hold the camera.")
        return Response(status_code=204)

    return router
