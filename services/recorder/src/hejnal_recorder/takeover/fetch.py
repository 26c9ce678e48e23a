"""Fetching footage over HTTP from an ingest whose spool is not on this file system."""

import asyncio
import hashlib
from urllib.parse import quote

import aiohttp
import structlog

from hejnal_recorder.takeover.archive import Archive, Wanted
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

AUDIENCE = "ingest"
_GONE = {404, 410, 416}
LARGEST_FRAGMENT_BYTES = 512 * 1024 * 1024


class SpoolFetcher:
    """Fetches announced fragments into the archive, a few files at a time, checked by hash and synced.

    An ingest that does not answer is asked again (the caller retries) until `give_up_s` have passed since it last did;
    then its footage counts as lost, so that one dead machine does not hold up the others' cameras for ever.
    """

    def __init__(
        self, http: aiohttp.ClientSession, archive: Archive, issuer: TokenIssuer | None, clock: Clock, *, give_up_s: float
    ) -> None:
        self._http = http
        self._archive = archive
        self._issuer = issuer
        self._clock = clock
        self._give_up_s = give_up_s
        self._failing_since: dict[str, float] = {}
        self._slots = asyncio.Semaphore(8)

    async def fetch(self, spool_url: str, wanted: Wanted) -> bool:
        """True when the fragment is durable in the archive, False when its bytes are gone for good.

        Raises AppError(UNAVAILABLE) when it should be tried again.
        """
        if not spool_url:
            return False
        try:
            async with self._slots:
                stored = await self._fetch(f"{spool_url.rstrip('/')}/{quote(wanted.spool_path)}", wanted)
        except (aiohttp.ClientError, TimeoutError, _TryAgainError) as error:
            since = self._failing_since.setdefault(spool_url, self._clock.monotonic())
            silent_s = self._clock.monotonic() - since
            if silent_s >= self._give_up_s:
                log.exception("spool_given_up", spool_url=spool_url, silent_s=round(silent_s))
                return False
            detail = f"The spool at {spool_url} does not give its footage ({error!r})."
            raise AppError(Kind.UNAVAILABLE, "spool-unreachable", detail) from error
        self._failing_since.pop(spool_url, None)
        return stored

    async def _fetch(self, url: str, wanted: Wanted) -> bool:
        ranges = [(wanted.offset_bytes, wanted.size_bytes, wanted.sha256)]
        if not await asyncio.to_thread(self._archive.has_init, wanted):
            ranges.insert(0, (0, wanted.init_size_bytes, wanted.init_sha256))
        pieces = []
        for offset, size, sha256 in ranges:
            if size > LARGEST_FRAGMENT_BYTES:
                return False
            data = await self._range(url, offset, size)
            if data is None:
                return False
            if await asyncio.to_thread(_sha256, data) != sha256:
                raise _TryAgainError("the hash differs from the announced one")
            pieces.append((offset, data))
        return await asyncio.to_thread(self._archive.write, wanted.archive_path, pieces)

    async def _range(self, url: str, offset: int, size: int) -> bytes | None:
        headers = {"Range": f"bytes={offset}-{offset + size - 1}"}
        if self._issuer is not None:
            headers |= self._issuer.headers(AUDIENCE)
        async with self._http.get(url, headers=headers, allow_redirects=False) as response:
            if response.status in _GONE:
                return None
            if response.status != 206:
                raise _TryAgainError(f"status {response.status} instead of 206")
            data = await response.read()
        if len(data) != size:
            raise _TryAgainError(f"{len(data)} bytes instead of {size}")
        return data


class _TryAgainError(Exception):
    """The answer is of no use now."""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
