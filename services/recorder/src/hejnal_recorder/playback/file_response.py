"""A byte range as a streamed response; neither disk nor store holds up the event loop."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hejnal_recorder import metrics
from hejnal_recorder.playback.reading import FileReading, Reading
from hejnal_runtime.errors import AppError, Kind

OpenRange = Callable[[int, int], Awaitable[Reading]]
"""First byte and length to an open range; FileNotFoundError when it is not there."""


class RangeResponse(Response):
    """200 with the whole or 206 with one range of footage, wherever it lies."""

    media_type = "video/mp4"

    def __init__(self, reading: Reading, length: int, status: int, headers: dict[str, str]) -> None:
        self._reading = reading
        self._length = length
        self.status_code = status
        self.background = None
        self.body = b""
        self.init_headers(headers)
        self.headers["Content-Length"] = str(length)

    @classmethod
    async def open(
        cls, source: Path | OpenRange, *, size_bytes: int, wanted: tuple[int, int] | None, headers: dict[str, str]
    ) -> Self:
        """Opens the range; a 410 problem when the index knows the file but it is not there (any more), or is shorter."""
        first, last = wanted or (0, size_bytes - 1)
        length = last - first + 1
        try:
            if isinstance(source, Path):
                reading: Reading = await FileReading.open(source, first, length)
            else:
                reading = await source(first, length)
        except FileNotFoundError:
            metrics.MEDIA_MISSING.inc()
            raise AppError(Kind.GONE, "segment-file-missing", "The segment's file is missing from the archive.") from None
        if wanted is not None:
            headers = headers | {"Content-Range": f"bytes {first}-{last}/{size_bytes}"}
        return cls(reading, length, 200 if wanted is None else 206, headers)

    async def read(self, change: Callable[[bytes], bytes], *, at_most: int) -> Response:
        """The range in one piece, changed without a change of its length; a 422 problem when it is longer than `at_most`."""
        data = bytearray()
        try:
            if self._length > at_most:
                raise AppError(Kind.INVALID, "range-too-long", f"Ask for a range of at most {at_most} bytes.")
            while piece := await self._reading.next():
                data += piece
        finally:
            self._reading.close()
        return Response(change(bytes(data)), status_code=self.status_code, headers=dict(self.headers), media_type=self.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the bytes; the range is closed however it ends."""
        del receive
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            sent = 0
            while sent < self._length:
                piece = await self._reading.next()  # its error breaks the connection: the length was promised
                sent += len(piece)
                metrics.MEDIA_SENT_BYTES.inc(len(piece))
                await send({"type": "http.response.body", "body": piece, "more_body": sent < self._length})
        finally:
            self._reading.close()
