"""One GET of ingest's relay, straight from the socket into records: no stream reader, task or timer per picture.

A picture that comes every 40 ms finds cold caches; what it runs through is what it costs (a general HTTP client's way took
0.35 ms of CPU for each). HTTP/1.1 with a chunked body (RFC 9112 §7.1) or one that ends with the connection is understood,
which is what the relay's servers speak.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

from hejnal_media.relay import Record, RelayDecoder, RelayError

_BUFFER_BYTES = 256 * 1024
_MAX_HEAD_BYTES = 16 * 1024
_MAX_SIZE_LINE_BYTES = 256
_SIZE_WINDOW_BYTES = 32
_MAX_PROBLEM_BYTES = 4096
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class RelayRefusedError(Exception):
    """Ingest answered with something else than a stream."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


class RelayConnection(asyncio.BufferedProtocol):
    """Reads into one buffer and hands each record to `take` in the same call. `closed` ends with the reason, if there is one."""

    def __init__(self, request: bytes, take: Callable[[Record], None]) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.last_bytes_at = loop.time()
        self._clock = loop.time
        self._request = request
        self._take = take
        self._feed = RelayDecoder().feed
        self._memory = memoryview(bytearray(_BUFFER_BYTES))
        self._transport: asyncio.Transport | None = None
        self._line = bytearray()
        """The part of a head or of a chunk's size line that has come."""
        self._left = 0
        """Bytes of this chunk that have not come yet."""
        self._read = self._read_head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop may write."""
        del sizehint
        return self._memory

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come: take what is complete. A fault ends the connection, never the loop."""
        self.last_bytes_at = self._clock()
        try:
            rest = self._memory[:nbytes]
            while len(rest):
                rest = self._read(rest)
        except Exception as error:  # noqa: BLE001 whoever waits for `closed` gets it and decides
            self._end(error)

    def eof_received(self) -> None:
        """Nothing comes any more."""

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        if error is None and self._read == self._read_problem:
            error = RelayRefusedError(self._left, self._line.decode(errors="replace"))
        self._end(error)

    def close(self) -> None:
        """Hang up."""
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if not self.closed.done():
            if error is None:
                self.closed.set_result(None)
            else:
                self.closed.set_exception(error)
        if self._transport is not None:
            self._transport.abort()

    # --- the answer, part by part: each takes what is its own and returns the rest ----------------------------------

    def _read_head(self, data: memoryview) -> memoryview:
        self._line += data
        end = self._line.find(b"\r\n\r\n")
        if end < 0:
            if len(self._line) > _MAX_HEAD_BYTES:
                raise RelayError("the answer's head is too long")
            return data[:0]
        rest = data[len(data) - (len(self._line) - end - 4) :]
        status, headers = _parse_head(bytes(self._line[:end]))
        self._line.clear()
        if status != 200:
            self._left = status
            self._read = self._read_problem
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            self._read = self._read_size
        elif "transfer-encoding" in headers:
            raise RelayError("the answer comes in a coding we do not ask for")
        else:
            self._read = self._read_plain
        return rest

    def _read_problem(self, data: memoryview) -> memoryview:
        self._line += data[:_MAX_PROBLEM_BYTES]
        if len(self._line) >= _MAX_PROBLEM_BYTES:
            raise RelayRefusedError(self._left, self._line.decode(errors="replace"))
        return data[:0]

    def _read_plain(self, data: memoryview) -> memoryview:
        for record in self._feed(data):
            self._take(record)
        return data[:0]

    def _read_size(self, data: memoryview) -> memoryview:
        window = bytes(data[:_SIZE_WINDOW_BYTES])
        end = window.find(b"\n")
        self._line += window[: end + 1] if end >= 0 else window
        if len(self._line) > _MAX_SIZE_LINE_BYTES:
            raise RelayError("a chunk's size line is too long")
        if end < 0:
            return data[len(window) :]
        size_line = bytes(self._line).partition(b";")[0].strip()
        self._line.clear()
        if not size_line:
            return data[end + 1 :]  # the line end behind the chunk before
        if not _HEX_DIGITS.issuperset(size_line):
            raise RelayError("a chunk's size is no number")
        self._left = int(size_line, 16)
        if self._left == 0:
            self._end(None)
            return data[:0]
        self._read = self._read_chunk
        return data[end + 1 :]

    def _read_chunk(self, data: memoryview) -> memoryview:
        part = data[: self._left]
        self._left -= len(part)
        if self._left == 0:
            self._read = self._read_size
        for record in self._feed(part):
            self._take(record)
        return data[len(part) :]


def _parse_head(head: bytes) -> tuple[int, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise RelayError("the answer is not HTTP/1.1")
    pairs = (line.partition(":") for line in lines)
    return int(rest[:3]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def open_relay(url: str, headers: Mapping[str, str], take: Callable[[Record], None]) -> RelayConnection:
    """Connect to an http(s) URL and ask for the stream. OSError when nobody is there, ValueError for another kind of URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the relay's address is no http(s) URL: {url!r}")
    fields = {"Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity", "Connection": "close", **headers}
    lines = [f"GET {parts.path or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: RelayConnection(request, take),
        parts.hostname,
        parts.port or (443 if parts.scheme == "https" else 80),
        ssl=True if parts.scheme == "https" else None,
    )
    return connection
