"""The recorder's one app: internal API, health and metrics. It has no public door."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from hejnal_recorder.coverage.routes import router as coverage_router
from hejnal_recorder.export.routes import router as export_router
from hejnal_recorder.holds.routes import router as holds_router
from hejnal_recorder.marks.routes import router as marks_router
from hejnal_recorder.playback.routes import router as playback_router
from hejnal_recorder.resources import Resources
from hejnal_recorder.retention.routes import router as retention_router
from hejnal_recorder.settings import Settings
from hejnal_recorder.standby.read_only import refuse_writes
from hejnal_recorder.stills.routes import router as stills_router
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app
from hejnal_runtime.tokens import TokenVerifier, service_caller

CALLERS = ("operator-gateway",)
"""The services that may use the internal API."""


def create_app(settings: Settings, resources: Resources | None = None, health: Health | None = None) -> FastAPI:
    """The app behind the internal port. Without `resources` it can only describe itself (OpenAPI)."""
    verifier = TokenVerifier(settings.service, settings.trusted_jwks_file or Path("jwks.json"))
    guards = [Depends(service_caller(verifier, *CALLERS))]
    if settings.standby:
        guards.append(Depends(refuse_writes))
    guarded = APIRouter(dependencies=guards)
    guarded.include_router(playback_router)
    guarded.include_router(stills_router)
    guarded.include_router(coverage_router)
    guarded.include_router(holds_router)
    guarded.include_router(export_router)
    guarded.include_router(retention_router)
    guarded.include_router(marks_router)
    jwks = resources.issuer.jwks() if resources is not None and resources.issuer is not None else None
    app = create_internal_app(health or Health(), [guarded], jwks=jwks, title="Hejnał recorder")
    app.state.resources = resources
    app.state.verifier = verifier
    return app


def openapi_document() -> dict[str, Any]:
    """The internal API as OpenAPI; operations (health, metrics) left out, errors as what they are: problem documents."""
    document = create_app(Settings()).openapi()
    paths = {path: item for path, item in document["paths"].items() if path.startswith("/internal/")}
    for item in paths.values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content["application/problem+json"] = content.pop("application/json")
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return {**document, "paths": paths}
