"""RTSP 1.0 messages (RFC 2326): requests out, responses and the camera's own requests in."""

import re
from dataclasses import dataclass, field

MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 65_536
_STATUS_LINE = re.compile(r"^RTSP/(\d)\.(\d)\s+(\d{3})\s*(.*)$")
_REQUEST_LINE = re.compile(r"^([A-Z_]{3,20})\s+(\S+)\s+RTSP/\d\.\d$")


class MessageError(ValueError):
    """The bytes are no RTSP message."""


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order; names are case-insensitive."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key == wanted), default)

    def all(self, name: str) -> list[str]:
        """Every value of a repeated field."""
        wanted = name.lower()
        return [value for key, value in self.fields if key == wanted]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `sequence` is its CSeq, -1 when missing."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def sequence(self) -> int:
        """CSeq."""
        return _cseq(self.headers)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, ours or the camera's."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def sequence(self) -> int:
        """CSeq."""
        return _cseq(self.headers)


def _cseq(headers: Headers) -> int:
    text = headers.get("cseq")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1


def encode_request(method: str, url: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """Bytes of a request. Raises ValueError when a field would break out of its line."""
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header field holds a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def encode_response(status: int, reason: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """Bytes of a response."""
    lines = [f"RTSP/1.0 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def parse_head(head: bytes) -> tuple[Response | Request, int]:
    """The message whose head (up to and with the empty line) is given, and the size of the body that follows.

    Raises MessageError. Bare line feeds and blanks at line ends are taken.
    """
    lines = head.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and fields:  # folded
            fields[-1] = (fields[-1][0], fields[-1][1] + " " + line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip().lower(), value.strip()))
    headers = Headers(tuple(fields))
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 6 or int(length) > MAX_BODY_BYTES:
        raise MessageError(f"body of {length[:20]!r} bytes")
    first = lines[0].strip()
    if status := _STATUS_LINE.match(first):
        return Response(int(status[3]), status[4][:100], headers), int(length)
    if request := _REQUEST_LINE.match(first):
        return Request(request[1], request[2], headers), int(length)
    raise MessageError(f"not RTSP: {first[:60]!r}")
