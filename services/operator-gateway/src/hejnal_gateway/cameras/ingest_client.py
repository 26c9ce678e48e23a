"""Asking the ingest process that holds a camera."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import structlog

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_TIME_LIMIT_S = 6.0
_MAX_BYTES = 1024 * 1024


class IngestClient:
    """One request, one answer, bounded in time and size."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        relay_url: Callable[[str], str | None],
        everybody: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        """`relay_url`: of the process that holds a camera; `everybody`: addresses of all processes that are known."""
        self._session = session
        self._issuer = issuer
        self._relay_url = relay_url
        self._everybody = everybody

    async def ask(
        self, camera_id: str, method: str, path: str, *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers in lower case). AppError(NOT_FOUND) when nobody holds the camera, UNAVAILABLE without answer."""
        base = self._relay_url(camera_id)
        if base is None:
            raise AppError(Kind.NOT_FOUND, "camera-not-held", "No ingest process has reported on this camera yet.")
        return await self._ask(base, method, path, body, headers)

    async def ask_anybody(self, path: str, body: dict[str, Any], *, time_limit_s: float) -> tuple[int, bytes]:
        """POST to the first process that answers: (status, body). AppError(UNAVAILABLE) when nobody does."""
        failure: AppError | None = None
        for base in self._everybody():
            try:
                status, content, _ = await self._ask(base, "POST", path, body, None, time_limit_s=time_limit_s)
            except AppError as error:
                failure = error
            else:
                return status, content
        raise failure or AppError(Kind.UNAVAILABLE, "upstream-unavailable", "No ingest process is known.")

    async def ask_everybody(self, path: str, body: dict[str, Any], *, time_limit_s: float) -> tuple[list[tuple[int, bytes]], int]:
        """POST to all processes at once: the answers that came, and how many processes were asked."""
        bases = self._everybody()
        asked = (self._ask(base, "POST", path, body, None, time_limit_s=time_limit_s) for base in bases)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return [(answer[0], answer[1]) for answer in answers if not isinstance(answer, BaseException)], len(bases)

    async def _ask(
        self,
        base: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str] | None,
        *,
        time_limit_s: float = _TIME_LIMIT_S,
    ) -> tuple[int, bytes, dict[str, str]]:
        try:
            async with self._session.request(
                method,
                base.rstrip("/") + path,
                headers=self._issuer.headers("ingest") | (headers or {}),
                json=body,
                timeout=aiohttp.ClientTimeout(total=time_limit_s, sock_connect=2),
                allow_redirects=False,
            ) as answer:
                content = await answer.content.read(_MAX_BYTES)
                return answer.status, content, {name.lower(): value for name, value in answer.headers.items()}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("ingest_unavailable", url=base, path=path, error=repr(error))
            detail = "The ingest process does not answer right now. Please try again in a moment."
            raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", detail) from error
