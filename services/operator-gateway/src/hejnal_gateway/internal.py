"""What other services may ask the gateway."""

from typing import Annotated

from fastapi import APIRouter, Depends

from hejnal_contracts.base import CameraId
from hejnal_gateway.cameras.registry import CameraCredentials, CameraRegistry
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier, service_caller


def create_router(database: Database, registry: CameraRegistry, verifier: TokenVerifier) -> APIRouter:
    """Routes of the internal port."""
    router = APIRouter(prefix="/internal/v1", tags=["internal"])
    ingest = service_caller(verifier, "ingest")

    @router.get("/cameras/{camera_id}/credentials")
    async def credentials(camera_id: CameraId, _caller: Annotated[Caller, Depends(ingest)]) -> CameraCredentials:
        """What ingest needs to open a camera; 404 when it needs nothing or there is no such camera."""
        async with database.read() as session:
            found = await registry.credentials(session, camera_id)
        if found is None:
            raise AppError(Kind.NOT_FOUND, "no-credentials", f"The camera {camera_id!r} has no credentials.")
        return found

    return router
