"""The notifier's one app: internal API, health and metrics. It has no public door."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI

from hejnal_notifier.announcement_wordings import router as wordings_router
from hejnal_notifier.direct import router as direct_router
from hejnal_notifier.oversight import router as oversight_router
from hejnal_notifier.receipt_routes import router as receipt_router
from hejnal_notifier.report import router as report_router
from hejnal_notifier.resources import Resources, get_resources
from hejnal_notifier.settings import Settings
from hejnal_notifier.statement import router as statement_router
from hejnal_notifier.town_templates.routes import router as templates_router
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app
from hejnal_runtime.tokens import TokenVerifier, service_caller

CALLERS = ("citizen-api", "operator-gateway")
"""The services that may use the internal API."""

push_router = APIRouter(prefix="/internal/v1", tags=["push"])


@push_router.get("/push-key")
async def push_key(resources: Annotated[Resources, Depends(get_resources)]) -> dict[str, str]:
    """The applicationServerKey with which browsers subscribe; 404 where push is off."""
    if resources.vapid is None:
        raise AppError(Kind.NOT_FOUND, "push-off", "Web push is not set up here.")
    return {"public_key": resources.vapid.read().current.public_key}


def create_app(settings: Settings, resources: Resources | None = None, health: Health | None = None) -> FastAPI:
    """The app behind the internal port. Without `resources` it can only describe itself (OpenAPI)."""
    verifier = TokenVerifier(settings.service, settings.trusted_jwks_file or Path("jwks.json"))
    guarded = APIRouter(dependencies=[Depends(service_caller(verifier, *CALLERS))])
    rooms = (direct_router, report_router, oversight_router, statement_router, push_router, templates_router, wordings_router)
    for router in rooms:
        guarded.include_router(router)
    jwks = resources.issuer.jwks() if resources is not None and resources.issuer is not None else None
    app = create_internal_app(health or Health(), [guarded, receipt_router], jwks=jwks, title="Hejnał notifier")
    app.state.resources = resources
    app.state.verifier = verifier
    return app


def openapi_document() -> dict[str, Any]:
    """The internal API as OpenAPI, without health and metrics."""
    document = create_app(Settings()).openapi()
    return {**document, "paths": {path: item for path, item in document["paths"].items() if path.startswith("/internal/")}}
