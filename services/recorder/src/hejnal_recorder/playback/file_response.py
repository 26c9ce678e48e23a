"""A byte range of a file as a streamed response; the disk never holds up the event loop."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hejnal_recorder import metrics
from hejnal_runtime.errors import AppError, Kind

CHUNK_SIZE_BYTES = 512 * 1024


class FileRangeResponse(Response):
    """200 with the whole or 206 with one range. Holds an open descriptor: the file may be unlinked meanwhile."""

    media_type = "video/mp4"

    def __init__(self, descriptor: int, first: int, length: int, status: int, headers: dict[str, str]) -> None:
        self._descriptor = descriptor
        self._first = first
        self._length = length
        self.status_code = status
        self.background = None
        self.body = b""
        self.init_headers(headers)
        self.headers["Content-Length"] = str(length)

    @classmethod
    async def open(cls, path: Path, *, size_bytes: int, wanted: tuple[int, int] | None, headers: dict[str, str]) -> Self:
        """Opens the file; a 410 problem when the index knows it but the disk does not (any more), or has less of it."""
        first, last = wanted or (0, size_bytes - 1)
        try:
            descriptor = await asyncio.to_thread(_open_checked, path, last + 1)
        except FileNotFoundError:
            metrics.MEDIA_MISSING.inc()
            raise AppError(Kind.GONE, "segment-file-missing", "The segment's file is missing from the archive.") from None
        if wanted is not None:
            headers = headers | {"Content-Range": f"bytes {first}-{last}/{size_bytes}"}
        return cls(descriptor, first, last - first + 1, 200 if wanted is None else 206, headers)

    async def read(self, change: Callable[[bytes], bytes], *, at_most: int) -> Response:
        """The range in one piece, changed without a change of its length; a 422 problem when it is longer than `at_most`."""
        try:
            if self._length > at_most:
                raise AppError(Kind.INVALID, "range-too-long", f"Ask for a range of at most {at_most} bytes.")
            data = await asyncio.to_thread(os.pread, self._descriptor, self._length, self._first)
        finally:
            os.close(self._descriptor)
        return Response(change(data), status_code=self.status_code, headers=dict(self.headers), media_type=self.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the bytes; the descriptor is closed however it ends."""
        del receive
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            at, end = self._first, self._first + self._length
            while at < end:
                chunk = await asyncio.to_thread(os.pread, self._descriptor, min(CHUNK_SIZE_BYTES, end - at), at)
                if not chunk:
                    raise OSError(f"the file ended {end - at} bytes early")  # breaks the connection: the length was promised
                at += len(chunk)
                metrics.MEDIA_SENT_BYTES.inc(len(chunk))
                await send({"type": "http.response.body", "body": chunk, "more_body": at < end})
        finally:
            os.close(self._descriptor)


def _open_checked(path: Path, needed_bytes: int) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(descriptor).st_size < needed_bytes:
        os.close(descriptor)
        raise FileNotFoundError(path)
    return descriptor
