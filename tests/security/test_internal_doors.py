"""Every route and WebSocket of every internal port refuses whoever does not bring a token that is good here and now."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import SecretStr
from starlette.testclient import TestClient, WebSocketDenialResponse

from hejnal_citizen import app as citizen
from hejnal_citizen.settings import Settings as CitizenSettings
from hejnal_gateway.internal import create_router as create_gateway_router
from hejnal_gateway.live.workers.routes import create_router as create_live_router
from hejnal_ingest import app as ingest
from hejnal_ingest.settings import Settings as IngestSettings
from hejnal_notifier import app as notifier
from hejnal_notifier.settings import Settings as NotifierSettings
from hejnal_recorder import app as recorder
from hejnal_recorder.settings import Settings as RecorderSettings
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app
from hejnal_runtime.tokens import RETIRED, TokenIssuer, TokenVerifier

SERVICES = ("ingest", "recorder", "notifier", "citizen-api", "operator-gateway")
OPEN = {"/healthz", "/readyz", "/metrics", "/.well-known/jwks.json", "/openapi.json", "/openapi.json/", "/docs/oauth2-redirect"}
"""Figures and public keys; the network policies keep them from outside."""
BY_SECRET_IN_PATH = {
    "notifier": {"/internal/v1/receipts/sms/{secret}", "/internal/v1/receipts/sms/{secret}/messages"},
}
"""Providers of SMS call back without a token; the last part of the address is the secret."""
RECEIPT_SECRET = "the-secret-of-the-callback"
CALLERS = {
    "ingest": ("operator-gateway", "recorder"),
    "recorder": ("operator-gateway",),
    "notifier": ("citizen-api", "operator-gateway"),
    "citizen-api": ("operator-gateway",),
    "operator-gateway": ("ingest", "operator-gateway"),
}


@dataclass(frozen=True)
class Town:
    key_set: Path
    keys: dict[str, Ed25519PrivateKey]
    retired: Ed25519PrivateKey

    def issuer(self, service: str) -> TokenIssuer:
        return TokenIssuer(service, self.keys[service])


@pytest.fixture
def town(tmp_path: Path) -> Town:
    keys, retired = {name: Ed25519PrivateKey.generate() for name in SERVICES}, Ed25519PrivateKey.generate()
    documents = [TokenIssuer(name, key).jwks()["keys"][0] for name, key in keys.items()]
    documents.append(TokenIssuer("operator-gateway", retired).jwks()["keys"][0] | {RETIRED: "2026-11-22T12:00:00Z"})
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": documents}))
    return Town(path, keys, retired)


def app_of(service: str, town: Town) -> FastAPI:
    verifier = TokenVerifier(service, town.key_set)
    match service:
        case "ingest":
            return ingest.create_app(IngestSettings(trusted_jwks_file=town.key_set))
        case "recorder":
            return recorder.create_app(RecorderSettings(trusted_jwks_file=town.key_set))
        case "notifier":
            settings = NotifierSettings(trusted_jwks_file=town.key_set, sms_receipt_secret=SecretStr(RECEIPT_SECRET))
            return notifier.create_app(settings, cast("Any", SimpleNamespace(settings=settings, issuer=None)))
        case "citizen-api":
            resources = SimpleNamespace(verifier=verifier, settings=CitizenSettings())
            return citizen.create_staff_app(Health(), cast("Any", resources))
        case _:
            nothing = cast("Any", None)
            routers = [create_gateway_router(nothing, nothing, verifier), create_live_router(nothing, verifier)]
            return create_internal_app(Health(), routers)


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, Any]]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path, route) for method in sorted(route.methods))
        elif isinstance(route, APIWebSocketRoute):
            yield "WEBSOCKET", route.path, route
        elif hasattr(route, "effective_route_contexts"):
            for context in route.effective_route_contexts():
                if isinstance(context.original_route, APIWebSocketRoute):
                    yield "WEBSOCKET", context.original_route.path, context.original_route
                else:
                    yield from ((method, context.path, context) for method in sorted(context.methods))
        else:
            assert route.path in OPEN, f"a route this walk does not understand: {route!r}"


def concrete(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x1", path)


def bad_tokens(service: str, town: Town) -> dict[str, str]:
    """A name and an Authorization header for each way in which a token can be wrong."""
    gateway, caller = town.issuer("operator-gateway"), CALLERS[service][0]
    kid = gateway.jwks()["keys"][0]["kid"]
    good = gateway.issue(service, subject="s-1", role="admin")
    claims = jwt.decode(good, options={"verify_signature": False})
    head, payload, signature = good.split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "s-2"}).encode()).rstrip(b"=").decode()
    public = town.keys["operator-gateway"].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    stranger = Ed25519PrivateKey.generate()

    def signed(key: Any, algorithm: str = "EdDSA", key_id: str = kid, **changes: Any) -> str:
        present = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(present, key, algorithm=algorithm, headers={"kid": key_id})

    own = town.keys["operator-gateway"]
    tokens = {
        "nonsense": "x.y.z",
        "empty": "",
        "no signature": signed(None, "none"),
        "the public key taken for a shared secret": signed(public, "HS256"),
        "tampered with": f"{head}.{forged}.{signature}",
        "cut short": f"{head}.{payload}.",
        "expired": signed(own, iat=claims["iat"] - 120, exp=claims["iat"] - 60),
        "from the future": signed(own, iat=claims["iat"] + 120, exp=claims["iat"] + 180),
        "lives for a year": signed(own, exp=claims["iat"] + 31_536_000),
        "without an end": signed(own, exp=None),
        "without a subject": signed(own, sub=None),
        "for another service": signed(own, aud="recorder" if service != "recorder" else "ingest"),
        "for nobody": signed(own, aud=None),
        "a statement, no token": gateway.state("hejnal-audit-head+jws", position=1),
        "signed with an unknown key": signed(stranger),
        "of an unknown key id": signed(own, key_id="operator-gateway:unknown"),
        "a retired key": TokenIssuer("operator-gateway", town.retired).issue(service, subject="s-1", role="admin"),
        "a service that speaks in another's name": signed(town.keys["notifier"], key_id=_kid(town, "notifier")),
    }
    headers = {name: f"Bearer {token}" for name, token in tokens.items()}
    return headers | {"another scheme": "Basic " + town.issuer(caller).issue(service), "no scheme": good}


def _kid(town: Town, service: str) -> str:
    return str(town.issuer(service).jwks()["keys"][0]["kid"])


@pytest.mark.parametrize("service", SERVICES)
async def test_no_route_opens_to_a_token_that_is_not_good(service: str, town: Town) -> None:
    app = app_of(service, town)
    guarded = [
        (method, path)
        for method, path, _ in routes_of(app)
        if path not in OPEN | BY_SECRET_IN_PATH.get(service, set()) and method != "WEBSOCKET"
    ]
    assert guarded
    attempts: dict[str, dict[str, str]] = {"nothing": {}}
    attempts |= {name: {"Authorization": value} for name, value in bad_tokens(service, town).items()}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        for method, path in guarded:
            for name, headers in attempts.items():
                answer = await client.request(method, concrete(path), headers=headers)
                assert answer.status_code == 401, (name, method, path, answer.status_code)
                if method != "HEAD":
                    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("service", SERVICES)
async def test_no_route_opens_to_a_service_that_has_no_business_here(service: str, town: Town) -> None:
    app = app_of(service, town)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        for method, path, _ in routes_of(app):
            if path in OPEN | BY_SECRET_IN_PATH.get(service, set()) or method == "WEBSOCKET":
                continue
            for other in set(SERVICES) - set(CALLERS[service]):
                headers = town.issuer(other).headers(service, subject="s-1", role="admin")
                answer = await client.request(method, concrete(path), headers=headers)
                assert answer.status_code == 403, (other, method, path, answer.status_code)


def test_no_websocket_opens_to_them_either(town: Town) -> None:
    app = app_of("operator-gateway", town)
    sockets = [path for method, path, _ in routes_of(app) if method == "WEBSOCKET"]
    assert sockets
    headers = [{}, *({"Authorization": value} for value in bad_tokens("operator-gateway", town).values())]
    foreign = town.issuer("notifier").headers("operator-gateway")
    with TestClient(app) as client:
        for path in sockets:
            for sent in (*headers, foreign):
                with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(concrete(path), headers=sent):
                    pass
                assert refused.value.status_code == (403 if sent is foreign else 401), (path, sent)


async def test_a_providers_callback_needs_its_secret(town: Town) -> None:
    app = app_of("notifier", town)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    gateway = town.issuer("operator-gateway").headers("notifier", subject="s-1", role="admin")
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        for method, path, _ in routes_of(app):
            if path not in BY_SECRET_IN_PATH["notifier"]:
                continue
            for secret in ("x", RECEIPT_SECRET[:-1], RECEIPT_SECRET + "x", RECEIPT_SECRET.upper(), "%00", "..", "ę"):
                answer = await client.request(method, path.replace("{secret}", secret), headers=gateway)
                assert answer.status_code == 404, (method, path, secret)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_open_is_known(service: str, town: Town) -> None:
    paths = {path for _, path, _ in routes_of(app_of(service, town))}
    assert BY_SECRET_IN_PATH.get(service, set()) <= paths
    assert {path for path in paths if not path.startswith(("/internal/v1/", "/staff/v1/"))} <= OPEN
