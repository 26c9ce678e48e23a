"""Handing a request on: streaming both ways, with a service token that names the person, and an answer when nobody is there."""

import asyncio
import math
import re
from collections.abc import AsyncIterator

import aiohttp
import structlog
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from yarl import URL

from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.doors.looks import LooksOnRecord, Outcome, export_look
from hejnal_gateway.doors.sight import DoorSight
from hejnal_gateway.doors.table import PREFIX, Door, Upstream
from hejnal_gateway.doors.upstreams import Upstreams
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_UP = (
    "accept", "accept-language", "content-type", "content-length",
    "range", "if-range", "if-none-match", "if-match", "idempotency-key",
)  # fmt: skip
_DOWN = (
    "content-type", "content-length", "content-range", "accept-ranges", "content-disposition", "etag", "last-modified",
    "cache-control", "retry-after", "vary", "link", "x-hejnal-frame-time", "x-content-type-options",
)  # fmt: skip
_EXPORT, _EXPORT_FETCHED = "footage.export", "footage.export-fetched"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAX_BODY_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_CONNECT_S = 2.0
_IDLE_S = 30.0
_IMPATIENT_CONNECT_S = 1.0
_IMPATIENT_S = 3.0
_NOT_ABLE = (502, 503, 504)


class Proxy:
    """Serves the doors of the table."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        database: Database,
        clock: Clock,
        looks: LooksOnRecord,
        sight: DoorSight,
        upstreams: dict[Upstream, Upstreams],
        *,
        answer_within_s: float,
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._database = database
        self._clock = clock
        self._looks = looks
        self._sight = sight
        self._upstreams = upstreams
        self._answer_within_s = answer_within_s

    async def handle(self, door: Door, request: Request, staff: StaffSession) -> Response:
        """The upstream's answer to this request. Looking at footage is on record before the first byte of it is asked for."""
        names = {name: str(value) for name, value in request.path_params.items()}
        if not all(_NAME.fullmatch(value) for value in names.values()):  # `..` must not become part of a path inside
            raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
        sent = {name: request.headers[name] for name in _UP if name in request.headers}
        stream = None if door.method in ("GET", "DELETE") else _bounded(request.stream(), door.body_bytes)
        body: AsyncIterator[bytes] | bytes | None = stream
        if self._sight.concerns(door, staff):
            if stream is not None:
                body = b"".join([chunk async for chunk in stream])
                sent.pop("content-length", None)

            async def ask(path: str, headers: dict[str, str]) -> aiohttp.ClientResponse:
                return await self._ask(door, "GET", path, headers, None, staff)

            await self._sight.demand(door, names, body if isinstance(body, bytes) else b"", staff, ask)
        query = await self._looks.before(door, request.query_params, names, staff)
        if door.audit == _EXPORT and body is not None and not isinstance(body, bytes):
            body = b"".join([chunk async for chunk in body])
            sent.pop("content-length", None)
        if door.audit == _EXPORT_FETCHED:
            refusal = await self._note_export_fetched(door, names, staff)
            if refusal is not None:
                return refusal
        path = door.path.format(**names) + (f"?{query}" if query else "")
        upstream = await self._ask(door, door.method, path, sent, body, staff)
        metrics.PROXIED.labels(door.upstream, str(upstream.status)).inc()
        try:
            await self._note(door, staff, names, request, body, upstream)
        except BaseException:
            upstream.close()
            raise
        if upstream.status == 401:  # our token was refused: not the person's fault, and signing in again would not help
            upstream.close()
            log.error("upstream_refused_our_token", upstream=door.upstream)
            raise _unavailable(door, alone=False)
        headers = {name: upstream.headers[name] for name in _DOWN if name in upstream.headers}
        if location := upstream.headers.get("location"):
            outside, inside = PREFIX[door.upstream]
            headers["location"] = outside + location.removeprefix(inside) if location.startswith(inside) else location
        if self._sight.concerns(door, staff) and self._sight.filters(door) and upstream.status == 200:
            kept = {name: value for name, value in headers.items() if name not in ("content-length", "etag")}
            return Response(await self._sight.thinned(door, upstream, staff), headers=kept)
        if request.method == "HEAD":
            upstream.close()
            return Response(status_code=upstream.status, headers=headers)
        return StreamingResponse(_chunks(upstream), status_code=upstream.status, headers=headers)

    async def _note(
        self,
        door: Door,
        staff: StaffSession,
        names: dict[str, str],
        request: Request,
        body: AsyncIterator[bytes] | bytes | None,
        upstream: aiohttp.ClientResponse,
    ) -> None:
        """What the answer means for the audit log; before a byte of it is handed over."""
        if door.audit == "footage.segment" and upstream.status in (200, 206):
            await self._looks.segment(staff, names["segment_id"], request.query_params, upstream.headers)
        elif door.audit == _EXPORT and isinstance(body, bytes) and (order := export_look(body)) is not None:
            export_id = upstream.headers.get("location", "").rsplit("/", 1)[-1]
            ordered = order.model_copy(update={"export_id": export_id[:64]})
            await self._looks.export(staff, _EXPORT, ordered, outcome=_outcome(upstream))
        elif door.method != "GET" and door.audit is not None:
            await self._note_change(door, staff, names, upstream)

    async def _note_export_fetched(self, door: Door, names: dict[str, str], staff: StaffSession) -> Response | None:
        """Which cameras a package is of, so that the entry can say so; the recorder's refusal to tell is the answer."""
        answer = await self._ask(door, "GET", "/exports/{export_id}".format(**names), {}, None, staff)
        try:
            content = await answer.content.read(_MAX_BODY_BYTES)
        finally:
            answer.close()
        found = export_look(content) if answer.status == 200 else None
        if found is not None:
            package = found.model_copy(update={"export_id": names["export_id"][:64]})
            await self._looks.export(staff, _EXPORT_FETCHED, package, once=True)
            return None
        if answer.status in (200, 401) or answer.status >= 500:
            raise _unavailable(door, alone=False)
        headers = {name: answer.headers[name] for name in ("content-type", "cache-control") if name in answer.headers}
        return Response(content, status_code=answer.status, headers=headers)

    async def _ask(
        self,
        door: Door,
        method: str,
        path: str,
        headers: dict[str, str],
        body: AsyncIterator[bytes] | bytes | None,
        staff: StaffSession,
    ) -> aiohttp.ClientResponse:
        path = PREFIX[door.upstream][1] + path
        headers = headers | self._issuer.headers(door.upstream, subject=staff.account_id, role=staff.role.value)
        upstreams = self._upstreams[door.upstream]
        shared = door.copied and upstreams.several
        urls = upstreams.in_turn() if shared else [upstreams.first]
        if not shared and (rest_s := upstreams.rest_of_first_s()) > 0:
            raise _unavailable(door, alone=upstreams.several, retry_after_s=math.ceil(rest_s))
        refusal: aiohttp.ClientResponse | None = None
        for number, base in enumerate(urls, 1):
            last = number == len(urls)
            try:
                answer = await self._request(method, base + path, headers, body, patient=last)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if isinstance(error.__cause__, AppError):
                    raise error.__cause__ from None
                upstreams.failed(base)
                metrics.PROXIED.labels(door.upstream, "none").inc()
                log.warning("upstream_unavailable", upstream=door.upstream, url=base, error=repr(error))
                continue
            except BaseException:
                if refusal is not None:
                    refusal.close()
                raise
            if answer.status in _NOT_ABLE:
                upstreams.refused(base)
                if refusal is None:
                    refusal = answer
                else:
                    answer.close()
                continue
            upstreams.answered(base)
            if base != upstreams.first:
                metrics.STOOD_IN.labels(door.upstream).inc()
            if refusal is not None:
                refusal.close()
            return answer
        if refusal is not None:  # what the first that answered says of it
            return refusal
        raise _unavailable(door, alone=upstreams.several and not door.copied)

    async def _request(
        self, method: str, url: str, headers: dict[str, str], body: AsyncIterator[bytes] | bytes | None, *, patient: bool
    ) -> aiohttp.ClientResponse:
        """Who is not the last to be asked has less time."""
        async with asyncio.timeout(self._answer_within_s if patient else min(_IMPATIENT_S, self._answer_within_s)):
            return await self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_S if patient else _IMPATIENT_CONNECT_S, sock_read=_IDLE_S
                ),
            )

    async def _note_change(
        self, door: Door, staff: StaffSession, names: dict[str, str], upstream: aiohttp.ClientResponse
    ) -> None:
        assert door.audit is not None
        outcome = _outcome(upstream)
        if outcome == "allowed" and door.upstream_records:
            return
        object_id = next(iter(names.values()), "") or upstream.headers.get("location", "").rsplit("/", 1)[-1]
        async with self._database.transaction() as session:
            await publish_audit(session, staff, door.audit, self._clock.now(), object_id=object_id[:64], outcome=outcome)


def _outcome(upstream: aiohttp.ClientResponse) -> Outcome:
    return "allowed" if upstream.status < 400 else "refused" if upstream.status in (401, 403) else "failed"


def _unavailable(door: Door, *, alone: bool, retry_after_s: int | None = None) -> AppError:
    """`alone`: others have copies, but only the first may do this."""
    if alone:
        detail = (
            f"The first {door.upstream} does not answer right now, and nobody else may do this. Recorded footage can be "
            "watched meanwhile; please try this again when it is back."
        )
        return AppError(Kind.UNAVAILABLE, "upstream-first-unavailable", detail, retry_after_s=retry_after_s)
    detail = f"{door.upstream} does not answer right now. Please try again in a moment."
    return AppError(Kind.UNAVAILABLE, "upstream-unavailable", detail, retry_after_s=retry_after_s)


async def _bounded(stream: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    size_bytes = 0
    async for chunk in stream:
        size_bytes += len(chunk)
        if size_bytes > most_bytes:
            raise AppError(Kind.TOO_LARGE, "body-too-large", f"A request has at most {most_bytes // 1024**2} MiB here.")
        yield chunk


async def _chunks(upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it comes. An upstream that breaks off breaks the answer off too: half a file must not look whole."""
    try:
        async for chunk in upstream.content.iter_chunked(_CHUNK_BYTES):
            yield chunk
    finally:
        upstream.close()
