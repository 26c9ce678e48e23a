"""Ingest's one app: internal API, health and metrics. It has no public door."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from hejnal_ingest.lease import CameraLeases
from hejnal_ingest.onvif.cameras import OnvifCameras
from hejnal_ingest.onvif.routes import DiscoveryPlace, create_onvif_router
from hejnal_ingest.picture.room import PictureRoom
from hejnal_ingest.picture.routes import create_router as create_picture_router
from hejnal_ingest.probe.jobs import ProbeJobs
from hejnal_ingest.probe.routes import create_router as create_probe_router
from hejnal_ingest.resources import Resources
from hejnal_ingest.routes import create_router
from hejnal_ingest.settings import Settings
from hejnal_ingest.spool.taken import FetchedSegments
from hejnal_ingest.thumbnails.routes import create_router as create_thumbnail_router
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app
from hejnal_runtime.tokens import TokenVerifier


def create_app(
    settings: Settings,
    resources: Resources | None = None,
    leases: CameraLeases | None = None,
    health: Health | None = None,
    pictures: PictureRoom | None = None,
    onvif: OnvifCameras | None = None,
    probes: ProbeJobs | None = None,
) -> FastAPI:
    """The app behind the internal port. Without `resources` and `leases` it can only describe itself."""
    verifier = TokenVerifier(settings.service, settings.trusted_jwks_file or Path("jwks.json"))
    place = DiscoveryPlace(host=settings.discovery_host, port=settings.discovery_port, interface=settings.discovery_interface)
    routers = [
        create_router(leases, settings.spool_dir.absolute(), verifier, resources.fetched if resources else FetchedSegments()),
        create_thumbnail_router(pictures, verifier),
        create_picture_router(pictures, verifier),
        create_onvif_router(onvif, place, verifier, on_turn=pictures.expect_move if pictures is not None else lambda _: None),
        create_probe_router(probes, leases, verifier, probe_s=settings.probe_s),
    ]
    jwks = resources.issuer.jwks() if resources is not None and resources.issuer is not None else None
    return create_internal_app(health or Health(), routers, jwks=jwks, title="Hejnał ingest")


def openapi_document() -> dict[str, Any]:
    """The internal API as OpenAPI, without health and metrics."""
    document = create_app(Settings()).openapi()
    return {**document, "paths": {path: item for path, item in document["paths"].items() if path.startswith("/internal/")}}
