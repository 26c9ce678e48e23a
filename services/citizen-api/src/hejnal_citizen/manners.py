"""What the API does for every request: a limit per caller told in headers, a limit of size, no value that cannot be kept.

Rate limits as draft-ietf-httpapi-ratelimit-headers-10 has them: `RateLimit-Policy: "address";q=6000;w=60`,
`RateLimit: "address";r=5999;t=42`.
"""

import ipaddress
import math
from collections import OrderedDict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from hejnal_citizen.settings import Settings
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.problems import problem_response

WINDOW_S = 60
POLICY = "address"
MOST_CALLERS = 100_000
_API = ("/api/", "/staff/")
_STREAMED = (b"multipart/form-data", b"text/csv")
"""Bodies that have limits of their own, and are read piece by piece."""
_DATA_EXCEPTION = "22"


class RequestLimit:
    """How often one address may ask: a fixed window, in this process. IPv6 is counted by /64, which one household has.

    Generous on purpose: a mobile operator puts thousands behind one address, and all of them look at once when a siren goes.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.most = most
        self._clock = clock
        self._windows: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def spend(self, address: str) -> tuple[int, int]:
        """Count one more: how many are left (negative: refused) and in how many seconds the window ends."""
        now_s = self._clock.now().timestamp()
        window = int(now_s // WINDOW_S)
        caller = _caller(address)
        since, count = self._windows.pop(caller, (window, 0))
        count = count + 1 if since == window else 1
        self._windows[caller] = (window, count)
        while len(self._windows) > MOST_CALLERS:
            self._windows.popitem(last=False)
        return self.most - count, max(1, math.ceil((window + 1) * WINDOW_S - now_s))


class Manners:
    """ASGI middleware in front of the API's routes."""

    def __init__(self, app: Any, *, body_bytes: int, limit: RequestLimit | None = None) -> None:
        self.app = app
        self._body_bytes = body_bytes
        self._limit = limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self.app(scope, receive, send)
            return
        extra: list[tuple[bytes, bytes]] = []
        refusal: JSONResponse | None = None
        if self._limit is not None:
            left, ends_in_s = self._limit.spend(scope["client"][0] if scope.get("client") else "unknown")
            extra = _rate_headers(self._limit.most, max(0, left), ends_in_s)
            refusal = _too_many(scope, ends_in_s) if left < 0 else None

        async def send_with_limits(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        if refusal is None and not _is_streamed(scope):
            body = await _read(scope, receive, self._body_bytes)
            refusal = _too_large(scope, self._body_bytes) if body is None else None
            receive = _replayed(body or b"", receive)
        await (refusal or self.app)(scope, receive, send_with_limits)


def install_data_errors(app: FastAPI) -> None:
    """Values that no column can keep (NUL in a text, a number or date out of range) are the caller's: 422, not 500."""

    def answer(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, DBAPIError) and (getattr(error.orig, "sqlstate", None) or "").startswith(_DATA_EXCEPTION):
            detail = "A value cannot be kept: it holds a control character, or is out of range."
            return problem_response(422, "value-not-storable", detail, instance=request.url.path)
        raise error

    app.add_exception_handler(DBAPIError, answer)


def public_limit(settings: Settings, clock: Clock | None) -> RequestLimit:
    """The limit of the residents' door."""
    return RequestLimit(settings.requests_per_address_minute, clock or SystemClock())


def _caller(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _rate_headers(most: int, left: int, ends_in_s: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-policy", f'"{POLICY}";q={most};w={WINDOW_S}'.encode()),
        (b"ratelimit", f'"{POLICY}";r={left};t={ends_in_s}'.encode()),
    ]


def _too_many(scope: Any, ends_in_s: int) -> JSONResponse:
    detail = f"That was too many requests from this address. Please try again in {ends_in_s} seconds."
    return problem_response(429, "too-many", detail, instance=scope["path"], headers={"Retry-After": str(ends_in_s)})


def _too_large(scope: Any, most: int) -> JSONResponse:
    detail = f"A request has at most {most // 1024} KiB here. Send less at once."
    return problem_response(413, "body-too-large", detail, instance=scope["path"], headers={"Connection": "close"})


def _is_streamed(scope: Any) -> bool:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return bool(kind.strip().lower().startswith(_STREAMED))


async def _read(scope: Any, receive: Any, most: int) -> bytes | None:
    """The whole body; None when it is larger than `most`. A caller that goes away leaves what came."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if announced.isdigit() and int(announced) > most:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Any) -> Any:
    handed_on = False

    async def again() -> Any:
        nonlocal handed_on
        if handed_on:
            return await receive()
        handed_on = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
