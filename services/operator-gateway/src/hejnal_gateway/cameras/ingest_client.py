"""Asking the ingest process that holds a camera."""

from collections.abc import Callable
from typing import Any

import aiohttp
import structlog

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=6, sock_connect=2)
_MAX_BYTES = 1024 * 1024


class IngestClient:
    """One request, one answer, bounded in time and size."""

    def __init__(self, session: aiohttp.ClientSession, issuer: TokenIssuer, relay_url: Callable[[str], str | None]) -> None:
        self._session = session
        self._issuer = issuer
        self._relay_url = relay_url

    async def ask(
        self, camera_id: str, method: str, path: str, *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers in lower case). AppError(NOT_FOUND) when nobody holds the camera, UNAVAILABLE without answer."""
        base = self._relay_url(camera_id)
        if base is None:
            raise AppError(Kind.NOT_FOUND, "camera-not-held", "No ingest process has reported on this camera yet.")
        try:
            async with self._session.request(
                method,
                base.rstrip("/") + path,
                headers=self._issuer.headers("ingest") | (headers or {}),
                json=body,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                content = await answer.content.read(_MAX_BYTES)
                return answer.status, content, {name.lower(): value for name, value in answer.headers.items()}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("ingest_unavailable", camera_id=camera_id, path=path, error=repr(error))
            detail = "The ingest process that holds this camera does not answer right now."
            raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", detail) from error
