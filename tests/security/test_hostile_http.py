"""What a browser never sends: both public doors refuse it, and a second request hidden in the first is not answered."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hejnal_citizen.app import create_public_app
from hejnal_citizen.settings import Settings as CitizenSettings
from hejnal_gateway.app import create_app as create_gateway
from hejnal_gateway.settings import GatewaySettings
from hejnal_local.ports import free_ports
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.serve import serve

HIDDEN = "GET /docs?hidden HTTP/1.1\r\nHost: town\r\n\r\n"


@dataclass(frozen=True)
class Door:
    name: str
    port: int

    async def say(self, sent: bytes) -> bytes:
        """All that the door answers until it closes, or has been silent for a while after an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            writer.write(sent)
            async with asyncio.timeout(20):
                while True:
                    try:
                        piece = await asyncio.wait_for(reader.read(65536), 20 if not answer else 1)
                    except TimeoutError:
                        break
                    if not piece:
                        break
                    answer += piece
        except ConnectionError:
            pass
        finally:
            writer.close()
        return answer

    async def get(self, target: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in ({"Host": "town"} | headers).items())
        answer = await self.say(f"{method} {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode("latin-1"))
        return _status(answer), answer.decode("utf-8", "replace")


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.fixture(params=["citizen-api", "operator-gateway"])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    (site / "index.html").write_text("<title>the page</title>")
    (site / "assets" / "app-1.js").write_text("1")
    (tmp_path / "secret.txt").write_text("the secret")
    (site / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (port,) = free_ports(1)
    if request.param == "citizen-api":
        town = CitizenSettings(site_dir=site, public_url="https://town.example", security_contacts=("mailto:a@town.example",))
        resources: Any = SimpleNamespace(settings=town, clock=SystemClock())
        app = create_public_app(town, resources)
    else:
        console = GatewaySettings(
            static_dir=site, public_url="https://town.example", security_contacts=("mailto:a@town.example",)
        )
        resources = SimpleNamespace(settings=console, clock=SystemClock(), secure_cookies=True)
        app = create_gateway(console, cast("Any", resources))
    stop = asyncio.Event()
    serving = asyncio.create_task(serve([(app, "127.0.0.1", port)], stop=stop))
    opened = Door(request.param, port)
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    await opened.get("/docs")
                    break
                except ConnectionError:
                    await asyncio.sleep(0.05)
        yield opened
    finally:
        stop.set()
        await serving


SMUGGLED = {
    "both lengths": "POST /api/v1/x HTTP/1.1\r\nHost: town\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "two lengths": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n{HIDDEN}",
    "a length with a sign": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nContent-Length: +0\r\n\r\n{HIDDEN}",
    "a length in words": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nContent-Length: none\r\n\r\n{HIDDEN}",
    "an unknown coding": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nTransfer-Encoding: xchunked\r\n\r\n{HIDDEN}",
    "a space before the colon": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nContent-Length : 0\r\n\r\n{HIDDEN}",
    "a chunk with a wrong size": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n{HIDDEN}",
    "a NUL in a header": f"POST /api/v1/x HTTP/1.1\r\nHost: town\r\nX-A: a\0b\r\n\r\n{HIDDEN}",
    "no HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


async def test_a_request_of_two_minds_is_refused_whole(door: Door) -> None:
    said = {name: await door.say(sent.encode("latin-1")) for name, sent in SMUGGLED.items()}
    wrong = {
        name: answer[:60]
        for name, answer in said.items()
        if _status(answer) not in (0, 400) or answer.count(b"HTTP/1.1 ") > 1 or b"<title>" in answer
    }
    assert wrong == {}


OUTWARD = (
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/assets/link.txt",
    "/.%00./secret.txt",
    "/%252e%252e/secret.txt",
    "//etc/passwd",
    "/etc/passwd",
)
NO_PAGES = (
    "/metrics", "/healthz", "/readyz", "/internal/v1/x", "/staff/v1/reports", "/.well-known/jwks.json", "/.env", "/.git/config",
    "/api", "/api/v1/nothing", "/wp-login.php", "/assets/none.js", "/metrics/", "//metrics", "/METRICS",
)  # fmt: skip


async def test_no_path_leads_out_of_the_pages(door: Door) -> None:
    wrong = []
    for target in OUTWARD:
        status, text = await door.get(target)
        shown = status == 200 and "the page" in text  # an address of the page's own, which says itself that there is nothing
        if "the secret" in text or "root:" in text or not (shown or status in (400, 404)):
            wrong.append((target, status))
    assert wrong == []


async def test_what_is_no_page_is_not_answered_with_one(door: Door) -> None:
    wrong = []
    for target in NO_PAGES:
        for method in ("GET", "HEAD"):
            status, text = await door.get(target, method)
            if status != 404 or "the page" in text or "hejnal_" in text:
                wrong.append((method, target, status))
    assert wrong == []


async def test_a_method_is_what_the_request_line_says(door: Door) -> None:
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        status, _ = await door.get("/docs", **{header: "DELETE"})
        assert status == 200, header
    for method in ("TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "DEBUG"):
        status, text = await door.get("/docs", method)
        assert status in (0, 400, 404, 405), (method, status)
        assert "<title>" not in text


async def test_an_address_that_the_caller_made_up_is_nowhere_in_the_answer(door: Door) -> None:
    for target in ("/", "/docs", "/openapi.json", "/.well-known/security.txt", "/nothing.js"):
        for header in ("Host", "X_Forwarded_Host", "X_Forwarded_Server", "X_Original_URL", "X_Rewrite_URL", "Forwarded"):
            value = "host=evil.example" if header == "Forwarded" else "evil.example"
            status, text = await door.get(target, **{header: value})
            assert status in (200, 404), (target, header, status)
            assert "evil.example" not in text, (target, header)


async def test_headers_and_targets_have_a_limit(door: Door) -> None:
    for sent in (
        f"GET /{'a' * 200_000} HTTP/1.1\r\nHost: town\r\n\r\n",
        f"GET /docs HTTP/1.1\r\nHost: town\r\nX-A: {'a' * 200_000}\r\n\r\n",
        "GET /docs HTTP/1.1\r\nHost: town\r\n" + "X-A: a\r\n" * 60_000 + "\r\n",
    ):
        answer = await door.say(sent.encode())
        assert _status(answer) != 500
        status, _ = await door.get("/docs")
        assert status == 200, "the door still answers others"


async def test_every_answer_carries_the_headers_that_protect(door: Door) -> None:
    for target in (
        "/",
        "/assets/app-1.js",
        "/docs",
        "/openapi.json",
        "/nothing.js",
        "/api/v1/nothing",
        "/.well-known/security.txt",
    ):
        _, text = await door.get(target)
        head = text.partition("\r\n\r\n")[0].lower()
        for header in (
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
            "permissions-policy: ",
            "strict-transport-security: max-age=",
            "content-security-policy: ",
        ):
            assert header in head, (target, header)
        policy = next(line for line in head.splitlines() if line.startswith("content-security-policy"))
        assert "unsafe-" not in policy
        for directive in ("script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert directive in policy
        assert "server:" not in head
        assert "access-control-allow-origin" not in head
