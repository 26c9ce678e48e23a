"""Every route is on the public list, or asks who is calling. Nothing is open by accident."""

import inspect

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from hejnal_citizen import access, staff_access
from hejnal_citizen.app import create_public_app, create_staff_app
from hejnal_citizen.settings import Settings
from hejnal_runtime.health import Health

OPERATIONS = {"/healthz", "/readyz", "/metrics", "/.well-known/jwks.json"}


def calls(dependant: Dependant):
    for sub in dependant.dependencies:
        yield sub.call
        yield from calls(sub)


def routes(app):
    """Every route with the dependencies it inherits; FastAPI keeps included routers as a tree."""
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        elif hasattr(route, "effective_route_contexts"):
            found += list(route.effective_route_contexts())
        elif route.path != "/openapi.json":
            raise AssertionError(f"a route of an unknown kind: {route!r}")
    assert len(found) > 10
    return found


def test_every_public_route_is_listed_or_authenticated():
    guards = {access.signed_in, access.bearer_secret}
    seen = set()
    for route in routes(create_public_app(Settings())):
        guarded = guards & set(calls(route.dependant))
        if route.name in access.PUBLIC_ROUTES:
            seen.add(route.name)
            assert not guarded, f"{route.name} is on the public list but asks for a caller"
        else:
            assert guarded, f"{route.name} ({route.path}) is neither public nor guarded"
    assert seen == access.PUBLIC_ROUTES, "the public list names routes that are gone"


def test_every_changing_public_api_route_checks_the_origin():
    for route in routes(create_public_app(Settings())):
        if route.path.startswith("/api/"):
            assert access.same_origin in set(calls(route.dependant)), route.path


def test_every_staff_route_asks_for_staff():
    for route in routes(create_staff_app(Health())):
        if route.path in OPERATIONS:
            continue
        assert route.path.startswith("/staff/v1/"), route.path
        guards = [call for call in calls(route.dependant) if inspect.getmodule(call) is staff_access]
        assert guards, f"{route.path} asks nobody"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}])
async def test_staff_routes_refuse_strangers(house, headers):
    client = house.staff()
    for route in routes(house.staff_app):
        if route.path in OPERATIONS:
            continue
        for method in route.methods:
            client.headers.pop("Authorization", None)
            url = "http://internal" + route.path.replace("{", "").replace("}", "")
            answer = await client.request(method, url, headers=headers)
            assert answer.status_code == 401, (method, route.path, answer.status_code)


async def test_only_the_gateways_word_counts(house):
    client = house.staff()
    for token in (
        house.res.issuer.issue("citizen-api", subject="staff-1", role="admin"),
        house.gateway.issue("recorder", subject="staff-1", role="admin"),
        house.gateway.issue("citizen-api", subject="staff-1"),
        house.gateway.issue("citizen-api", subject="staff-1", role="admin", ttl_s=-30),
    ):
        answer = await client.get("/reports", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {401, 403}


async def test_residents_routes_refuse_strangers(house):
    client = house.client()
    for route in routes(house.public_app):
        if access.signed_in not in set(calls(route.dependant)):
            continue
        for method in route.methods:
            url = "http://localhost:8080" + route.path.replace("{", "").replace("}", "")
            answer = await client.request(method, url, json={})
            assert answer.status_code == 401, (method, route.path)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_every_answer_is_protected(house):
    client = house.client()
    for path in ("/town", "/nothing-here", "/me"):
        headers = (await client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (await client.get("/me")).headers["cache-control"] == "no-store"
    assert (await client.get("http://localhost:8080/healthz")).status_code == 404
    assert (await client.get("http://localhost:8080/metrics")).status_code == 404


async def test_api_is_described_without_a_database():
    public = create_public_app(Settings()).openapi()
    staff = create_staff_app(Health()).openapi()
    assert "Problem" in public["components"]["schemas"]
    assert "HTTPValidationError" not in public["components"]["schemas"]
    assert all(path.startswith(("/api/v1/", "/map/")) for path in public["paths"])
    assert "/staff/v1/reports" in staff["paths"]


def test_committed_openapi_is_current(tmp_path):
    from pathlib import Path

    from hejnal_citizen.__main__ import _openapi

    _openapi(tmp_path)
    committed = Path(__file__).parents[3] / "web" / "shared" / "openapi"
    for name in ("citizen.json", "citizen-staff.json"):
        assert (tmp_path / name).read_text() == (committed / name).read_text(), "run `hejnal_citizen openapi`"
