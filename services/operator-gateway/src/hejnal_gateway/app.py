"""The staff door as an application. Building it connects to nothing."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from hejnal_gateway import console, event_routes, events, map_files
from hejnal_gateway.access import SameOriginMiddleware
from hejnal_gateway.accounts import admin_routes, own_routes, provider_routes, setup_routes
from hejnal_gateway.accounts import routes as session_routes
from hejnal_gateway.alerts import routes as alert_routes
from hejnal_gateway.alerts import rule_routes as alert_rule_routes
from hejnal_gateway.audit import routes as audit_routes
from hejnal_gateway.bodies import BodyLimitMiddleware
from hejnal_gateway.cameras import desk_routes, picture_routes, transfer_routes
from hejnal_gateway.cameras import routes as camera_routes
from hejnal_gateway.doors import routes as door_routes
from hejnal_gateway.incidents import routes as incident_routes
from hejnal_gateway.live import carrier_routes
from hejnal_gateway.live import routes as live_routes
from hejnal_gateway.ptz import routes as ptz_routes
from hejnal_gateway.resources import Resources
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.views import routes as view_routes
from hejnal_gateway.webhooks import routes as webhook_routes
from hejnal_runtime import security_txt
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.serve import install_common

DESCRIPTION = (
    "Hejnał for staff. Sign in with POST /api/v1/session; a cookie carries the session. Errors are application/problem+json "
    "(RFC 9457). /api/v1/archive/…, /api/v1/town/… and /api/v1/messages/… are handed on to recorder, citizen-api and notifier: "
    "their own OpenAPI documents describe the bodies."
)


class GatewayApp(FastAPI):
    """FastAPI whose document also describes the server-sent events."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, with the event payloads among its schemas."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, definitions = models_json_schema(
                [(model, "serialization") for model in events.EVENT_MODELS], ref_template="#/components/schemas/{model}"
            )
            schemas = document["components"]["schemas"]
            for name, schema in definitions.get("$defs", {}).items():
                schemas.setdefault(name, schema)
            document["components"]["schemas"] = dict(sorted(schemas.items()))
        assert self.openapi_schema is not None
        return self.openapi_schema


def create_app(settings: GatewaySettings, resources: Resources | None = None) -> FastAPI:
    """The public application. Without resources it can describe itself (OpenAPI) and nothing else."""
    app = GatewayApp(
        title="Hejnał operator gateway",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.resources = resources
    now = (resources.clock if resources else SystemClock()).now
    for router in (
        session_routes.router,
        provider_routes.router,
        setup_routes.router,
        own_routes.router,
        admin_routes.router,
        transfer_routes.router,  # before the camera of this id
        camera_routes.router,
        desk_routes.router,
        picture_routes.router,
        event_routes.router,
        live_routes.router,
        carrier_routes.router,
        audit_routes.router,
        view_routes.router,
        alert_routes.router,
        alert_rule_routes.router,
        incident_routes.router,
        webhook_routes.router,
        ptz_routes.router,
        door_routes.create_router(),
        map_files.router,
        security_txt.create_router(settings.security_contacts, settings.public_url, settings.security_policy_url, now),
        console.router,  # last: it answers every other path
    ):
        app.include_router(router)
    install_common(app)
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(SameOriginMiddleware, public_url=settings.public_url)
    app.add_middleware(console.SecurityHeadersMiddleware, https=settings.public_url.startswith("https://"))
    return app
