"""Answers that can be kept: ETag and Last-Modified, 304 for who has it already, made and packed once for many askers."""

import asyncio
import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property

from fastapi import Request, Response

from hejnal_runtime.clock import Clock

MOST_KEPT = 64
WORTH_PACKING_BYTES = 1400
"""Less fits into one packet as it is."""
PACKING_LEVEL = 6
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?P<weight>[01](?:\.[0-9]{0,3})?)\s*)?(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Document:
    """A finished answer."""

    body: bytes
    media_type: str
    changed_at: datetime
    """When what it tells last changed; whole seconds are told."""
    max_age_s: int
    disposition: str = ""
    truncated: bool = False
    immutable: bool = False
    packed: bytes | None = None
    """The body in gzip's form, where that is worth while (`pack`)."""

    @cached_property
    def etag(self) -> str:
        """A strong validator: the same bytes, the same tag, on every replica."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    @property
    def packed_etag(self) -> str:
        """The packed form's own: other bytes, another tag (RFC 9110 §8.8.3.3)."""
        return f'{self.etag[:-1]}-gzip"'


async def pack(document: Document) -> Document:
    """The document with its packed form, made outside the event loop."""
    if len(document.body) < WORTH_PACKING_BYTES:
        return document
    packed = await asyncio.to_thread(gzip.compress, document.body, PACKING_LEVEL, mtime=0)
    return replace(document, packed=packed)


def answer(request: Request, document: Document) -> Response:
    """The document, packed for who takes gzip, or 304 (RFC 9110 §13: If-None-Match decides before If-Modified-Since)."""
    body, etag = document.body, document.etag
    if packs := document.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        body, etag = document.packed or b"", document.packed_etag
    changed = document.changed_at.astimezone(UTC).replace(microsecond=0)
    caching = f"public, max-age={document.max_age_s}" + (", immutable" if document.immutable else "")
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(changed, usegmt=True),
        "Cache-Control": caching,
        "Access-Control-Allow-Origin": "*",  # public documents: any page may read them
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if document.packed is not None:
        headers["Vary"] = "Accept-Encoding"
    if _is_known(request, {document.etag, document.packed_etag}, changed):
        return Response(status_code=304, headers=headers)
    if document.disposition:
        headers["Content-Disposition"] = f'inline; filename="{document.disposition}"'
    if document.truncated:
        headers["X-Hejnal-Truncated"] = "true"
    if packs:
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=document.media_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether gzip is named and not with weight 0 (RFC 9110 §12.5.3)."""
    found = _GZIP.search(accepted)
    return found is not None and float(found["weight"] or 1) > 0


def _is_known(request: Request, etags: set[str], changed: datetime) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return any(tag.strip().removeprefix("W/") in {*etags, "*"} for tag in tags.split(","))
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        known = parsedate_to_datetime(since)
    except ValueError:
        return False
    return changed <= (known if known.tzinfo else known.replace(tzinfo=UTC))


class FeedCache:
    """The last documents by their key. Many who ask at once wait for one making; what failed is not kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, ...], tuple[float, Document]] = OrderedDict()
        self._making: dict[tuple[str, ...], asyncio.Lock] = {}

    async def get(self, key: tuple[str, ...], keep_s: float, make: Callable[[], Awaitable[Document]]) -> Document:
        """The document of a key, at most `keep_s` seconds old."""
        lock = self._making.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                found = self._kept.get(key)
                if found is not None and self._clock.monotonic() - found[0] < keep_s:
                    return found[1]
                document = await pack(await make())
                self._kept[key] = (self._clock.monotonic(), document)
                self._kept.move_to_end(key)
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
                return document
        finally:
            if not lock.locked():
                self._making.pop(key, None)
