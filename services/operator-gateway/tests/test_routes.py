"""Every route: nobody gets in without a session, nobody beyond the role."""

from typing import Any

import aiohttp
import pytest
from gateway_house import Gateway
from gateway_routes import WEBSOCKET, concrete, every_route, is_limited, routes

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.doors.table import DOORS

PUBLIC = {
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/recovery"),
    ("POST", "/api/v1/session/passkey"),
    ("POST", "/api/v1/session/passkey/options"),
    ("GET", "/api/v1/session/methods"),
    ("GET", "/api/v1/session/oidc/start"),
    ("GET", "/api/v1/session/oidc/callback"),
    ("GET", "/api/v1/session/oidc/sign-out"),
    ("POST", "/api/v1/session/oidc/sign-out"),
    ("POST", "/api/v1/account-setups/inspection"),
    ("POST", "/api/v1/account-setups/completion"),
    ("GET", "/docs"),
    ("GET", "/.well-known/security.txt"),
    ("HEAD", "/.well-known/security.txt"),
    ("GET", "/{path:path}"),
    ("HEAD", "/{path:path}"),
}
COUNTED_BY_LOGIN = {("POST", "/api/v1/session"), ("POST", "/api/v1/session/recovery")}


def test_only_the_known_few_ask_for_nobody() -> None:
    open_routes = {(method, path) for method, path, roles in routes() if roles is None}
    assert open_routes == PUBLIC


def test_what_anybody_may_send_is_counted() -> None:
    counted = {(method, path) for method, path, route in every_route() if is_limited(route)}
    assert {(method, path) for method, path in PUBLIC if method == "POST"} - COUNTED_BY_LOGIN <= counted
    assert {("GET", "/api/v1/session/oidc/start"), ("GET", "/api/v1/session/oidc/callback")} <= counted


def test_the_table_of_doors_is_what_is_served() -> None:
    served = {(method, path): roles for method, path, roles in routes()}
    for door in DOORS:
        assert served[door.method, door.outside] == door.roles
    proxied = {path for _, path, _ in routes() if path.startswith(("/api/v1/archive/", "/api/v1/town/", "/api/v1/messages/"))}
    assert proxied == {door.outside for door in DOORS}


async def _status(browser: aiohttp.ClientSession, method: str, path: str) -> tuple[int, str]:
    if method == WEBSOCKET:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await browser.ws_connect(concrete(path))
        return refused.value.status, "application/problem+json"
    kwargs: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    kwargs["headers"] = {"Connection": "close"}  # on a busy machine one kept open is closed just when it is used again
    async with browser.request(method, concrete(path), **kwargs) as answer:
        return answer.status, answer.content_type


async def test_every_route_without_a_session_and_with_each_wrong_role(gateway: Gateway) -> None:
    guarded = [(method, path, roles) for method, path, roles in routes() if roles is not None]
    async with aiohttp.ClientSession(gateway.url) as nobody:
        for method, path, _ in guarded:
            status, content_type = await _status(nobody, method, path)
            assert status == 401, (method, path)
            assert content_type == "application/problem+json" or method == "HEAD"
        async with nobody.get("/api/v1/session", cookies={"hejnal-staff": "made-up"}) as answer:
            assert answer.status == 401
    for role in Role:
        async with gateway.signed_in(role) as browser:
            for method, path, roles in guarded:
                if role not in (roles or ()):
                    assert (await _status(browser, method, path))[0] == 403, (role, method, path)


async def test_health_and_metrics_are_not_on_the_public_door(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(gateway.url) as nobody:
        for path in (
            "/healthz",
            "/readyz",
            "/metrics",
            "/.well-known/jwks.json",
            "/internal/v1/cameras/cam-1/credentials",
            "/api/v2/x",
        ):
            async with nobody.get(path) as answer:
                text = await answer.text()
                assert answer.status == 404, path
                assert "hejnal_" not in text


@pytest.mark.parametrize("path", ["/", "/cameras/cam-1", "/openapi.json", "/docs"])
async def test_public_pages_carry_the_security_headers(gateway: Gateway, path: str) -> None:
    assert gateway.settings.static_dir is not None
    (gateway.settings.static_dir / "index.html").write_text("<title>Console</title>")
    async with aiohttp.ClientSession(gateway.url) as nobody, nobody.get(path) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_static_files_stay_inside_their_folder(gateway: Gateway) -> None:
    assert gateway.settings.static_dir is not None
    root = gateway.settings.static_dir / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<title>Console</title>")
    (root / "assets" / "app-1a2b.js").write_text("1")
    (gateway.settings.static_dir / "secret.txt").write_text("secret")
    object.__setattr__(gateway.settings, "static_dir", root)
    async with aiohttp.ClientSession(gateway.url) as nobody:
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/missing.js"):
            async with nobody.get(path) as answer:
                assert answer.status == 404, path
        async with nobody.get("/assets/app-1a2b.js") as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
        async with nobody.get("/deep/link") as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_map_is_read_by_ranges(gateway: Gateway) -> None:
    assert gateway.settings.static_dir is not None
    tiles = gateway.settings.static_dir / "town.pmtiles"
    tiles.write_bytes(bytes(range(256)) * 100)
    async with gateway.signed_in(Role.CLERK) as browser:
        async with browser.get("/map/town.pmtiles") as answer:
            assert answer.status == 404
        object.__setattr__(gateway.settings, "map_file", tiles)
        async with browser.get("/map/town.pmtiles", headers={"Range": "bytes=256-265"}) as answer:
            assert answer.status == 206
            assert await answer.read() == bytes(range(10))
