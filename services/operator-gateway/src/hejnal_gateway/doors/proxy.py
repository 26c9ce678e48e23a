"""Handing a request on: streaming both ways, with a service token that names the person, and an answer when nobody is there."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Literal

import aiohttp
import structlog
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from yarl import URL

from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.doors.looks import LooksOnRecord
from hejnal_gateway.doors.table import PREFIX, Door, Upstream
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer
from hejnal_runtime.tracing import current_traceparent

log = structlog.get_logger()

_UP = (
    "accept", "accept-language", "content-type", "content-length",
    "range", "if-range", "if-none-match", "if-match", "idempotency-key",
)  # fmt: skip
_DOWN = (
    "content-type", "content-length", "content-range", "accept-ranges", "content-disposition", "etag", "last-modified",
    "cache-control", "retry-after", "vary", "link", "x-hejnal-frame-time", "x-content-type-options",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAX_BODY_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_CONNECT_S = 2.0
_IDLE_S = 30.0


class Proxy:
    """Serves the doors of the table."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        database: Database,
        clock: Clock,
        looks: LooksOnRecord,
        urls: dict[Upstream, str],
        *,
        answer_within_s: float,
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._database = database
        self._clock = clock
        self._looks = looks
        self._urls = urls
        self._answer_within_s = answer_within_s

    async def handle(self, door: Door, request: Request, staff: StaffSession) -> Response:
        """The upstream's answer to this request. Looking at footage is on record before the first byte of it is asked for."""
        names = {name: str(value) for name, value in request.path_params.items()}
        if not all(_NAME.fullmatch(value) for value in names.values()):  # `..` must not become part of a path inside
            raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
        query = await self._looks.before(door, request.query_params, names, staff)
        upstream = await self._ask(door, request, staff, names, query)
        metrics.PROXIED.labels(door.upstream, str(upstream.status)).inc()
        if door.method != "GET" and door.audit is not None:
            await self._note_change(door, staff, names, upstream)
        if upstream.status == 401:  # our token was refused: not the person's fault, and signing in again would not help
            upstream.close()
            log.error("upstream_refused_our_token", upstream=door.upstream)
            raise _unavailable(door.upstream)
        headers = {name: upstream.headers[name] for name in _DOWN if name in upstream.headers}
        if location := upstream.headers.get("location"):
            outside, inside = PREFIX[door.upstream]
            headers["location"] = outside + location.removeprefix(inside) if location.startswith(inside) else location
        return StreamingResponse(_chunks(upstream), status_code=upstream.status, headers=headers)

    async def _ask(
        self, door: Door, request: Request, staff: StaffSession, names: dict[str, str], query: str
    ) -> aiohttp.ClientResponse:
        path = PREFIX[door.upstream][1] + door.path.format(**names)
        url = URL(self._urls[door.upstream] + path + (f"?{query}" if query else ""), encoded=True)
        headers = {name: request.headers[name] for name in _UP if name in request.headers}
        headers |= self._issuer.headers(door.upstream, subject=staff.account_id, role=staff.role.value)
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        body = None if door.method in ("GET", "DELETE") else _bounded(request.stream())
        try:
            async with asyncio.timeout(self._answer_within_s):
                return await self._session.request(
                    door.method,
                    url,
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_IDLE_S),
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error.__cause__, AppError):
                raise error.__cause__ from None
            metrics.PROXIED.labels(door.upstream, "none").inc()
            log.warning("upstream_unavailable", upstream=door.upstream, error=repr(error))
            raise _unavailable(door.upstream) from error

    async def _note_change(
        self, door: Door, staff: StaffSession, names: dict[str, str], upstream: aiohttp.ClientResponse
    ) -> None:
        assert door.audit is not None
        outcome: Literal["allowed", "refused", "failed"] = (
            "allowed" if upstream.status < 400 else "refused" if upstream.status in (401, 403) else "failed"
        )
        if outcome == "allowed" and door.upstream_records:
            return
        object_id = next(iter(names.values()), "") or upstream.headers.get("location", "").rsplit("/", 1)[-1]
        async with self._database.transaction() as session:
            await publish_audit(session, staff, door.audit, self._clock.now(), object_id=object_id[:64], outcome=outcome)


def _unavailable(upstream: str) -> AppError:
    return AppError(
        Kind.UNAVAILABLE, "upstream-unavailable", f"{upstream} does not answer right now. Please try again in a moment."
    )


async def _bounded(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size_bytes = 0
    async for chunk in stream:
        size_bytes += len(chunk)
        if size_bytes > _MAX_BODY_BYTES:
            raise AppError(Kind.TOO_LARGE, "body-too-large", "A request has at most 1 MiB here.")
        yield chunk


async def _chunks(upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it comes. An upstream that breaks off breaks the answer off too: half a file must not look whole."""
    try:
        async for chunk in upstream.content.iter_chunked(_CHUNK_BYTES):
            yield chunk
    finally:
        upstream.close()
