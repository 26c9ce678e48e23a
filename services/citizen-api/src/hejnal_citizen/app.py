"""The two apps of citizen-api: the residents' public door and the internal one with the staff API."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from hejnal_citizen import api_page, cameras, examples, manners, proof_of_work, pwa
from hejnal_citizen.access import same_origin
from hejnal_citizen.announcements import categories as announcement_categories
from hejnal_citizen.announcements import draft_routes
from hejnal_citizen.announcements import public_routes as public_announcements
from hejnal_citizen.announcements import staff_routes as staff_announcements
from hejnal_citizen.announcements import templates as announcement_templates
from hejnal_citizen.consultations import public_routes as public_consultations
from hejnal_citizen.consultations import staff_routes as staff_consultations
from hejnal_citizen.feeds import routes as feed_routes
from hejnal_citizen.footage_requests import public_routes as public_footage_requests
from hejnal_citizen.footage_requests import staff_routes as staff_footage_requests
from hejnal_citizen.guides import routes as guides
from hejnal_citizen.open311 import back_office as open311_back_office
from hejnal_citizen.open311 import keys as open311_keys
from hejnal_citizen.open311 import routes as open311
from hejnal_citizen.reports import categories as report_categories
from hejnal_citizen.reports import public_routes as public_reports
from hejnal_citizen.reports import reporter_routes
from hejnal_citizen.reports import staff_routes as staff_reports
from hejnal_citizen.resident_imports import routes as resident_imports
from hejnal_citizen.residents import me_routes, push_routes, sign_in_routes, unsubscribe
from hejnal_citizen.residents import staff_routes as staff_residents
from hejnal_citizen.resources import Resources
from hejnal_citizen.schema import Problem
from hejnal_citizen.settings import Settings
from hejnal_citizen.town import routes as public_town
from hejnal_citizen.town import staff_routes as staff_town
from hejnal_runtime import security_txt
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app, install_common

VERSION = "1.0.0"


def operation_id(route: APIRoute) -> str:
    """Operations are named by their functions, so that generated clients read well."""
    return route.name


def create_public_app(settings: Settings, resources: Resources | None = None) -> FastAPI:
    """The residents' door: `/api/v1`, the map and the PWA. `resources` may be None only to describe the API."""
    app = FastAPI(
        title="Hejnał: residents' API",
        version=VERSION,
        summary="Announcements, reports, subscriptions and the public camera register of one town.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.resources = resources
    limit = manners.public_limit(settings, resources.clock if resources else None)
    app.add_middleware(manners.Manners, body_bytes=settings.body_bytes, limit=limit)
    manners.install_data_errors(app)
    install_common(app)
    app.add_middleware(pwa.SecurityHeaders, https=settings.secure_cookies)
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(same_origin)])
    for router in (
        public_town.router,
        public_announcements.router,
        feed_routes.router,
        public_reports.router,
        reporter_routes.router,
        proof_of_work.router,
        sign_in_routes.router,
        me_routes.router,
        push_routes.router,
        cameras.router,
        public_footage_requests.router,
        public_consultations.router,
        guides.router,
    ):
        api.include_router(router)
    app.include_router(api)
    app.include_router(open311.router)
    app.include_router(pwa.map_router)
    _with_problem_schema(app)
    app.include_router(api_page.router)
    app.include_router(unsubscribe.router)
    now = (resources.clock if resources else SystemClock()).now
    app.include_router(
        security_txt.create_router(settings.security_contacts, settings.public_url, settings.security_policy_url, now)
    )
    app.include_router(pwa.router)
    return app


def create_staff_app(health: Health, resources: Resources | None = None, *, jwks: dict[str, Any] | None = None) -> FastAPI:
    """The internal door: the staff API `/staff/v1`, health, metrics and the key set. Never reachable from outside."""
    api = APIRouter(prefix="/staff/v1", generate_unique_id_function=operation_id)
    for router in (
        staff_town.router,
        staff_announcements.router,
        staff_reports.router,
        report_categories.router,
        open311_keys.router,
        open311_back_office.router,
    ):
        api.include_router(router)
    for router in (draft_routes.router, announcement_templates.router, announcement_categories.router):
        api.include_router(router)
    for router in (staff_residents.router, resident_imports.router, staff_footage_requests.router, staff_consultations.router):
        api.include_router(router)
    app = create_internal_app(health, [api], jwks=jwks, title="Hejnał: staff API of citizen-api")
    if resources is not None:
        app.add_middleware(manners.Manners, body_bytes=resources.settings.body_bytes)
    manners.install_data_errors(app)
    app.version = VERSION
    app.state.resources = resources
    _with_problem_schema(app)
    return app


def _with_problem_schema(app: FastAPI) -> None:
    """Errors are problems, not FastAPI's own shape: the document must say so."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = describe()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {})
        schemas["Problem"] = problem
        examples.add_to(document)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
