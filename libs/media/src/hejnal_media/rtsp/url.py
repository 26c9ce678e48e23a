"""RTSP URLs: taken apart, joined with what a camera calls its tracks, and never shown with a password."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from hejnal_media.rtsp.errors import RtspError, RtspFault

DEFAULT_PORT = 554
DEFAULT_SECURE_PORT = 322
_URL = re.compile(
    r"^(?P<scheme>rtsps?)://(?:(?P<user>[^/\s]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/?#@\[\]\s]+)"
    r"(?::(?P<port>\d{1,5}))?(?P<path>[/?][^\s]*)?$",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?<=//)[^/\s]+@")
_ABSOLUTE = re.compile(r"rtsps?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RtspUrl:
    """A parsed URL. `text` is the URL without user and password, as it is sent."""

    host: str
    port: int
    text: str
    username: str | None = None
    password: str | None = None
    secure: bool = False
    """`rtsps`: TLS before the first byte."""

    def may_have_password_of(self, other: "RtspUrl") -> bool:
        """True when a password given for `other` may be sent here: the same host, and not without TLS if it had TLS."""
        same_host = self.host.lower().rstrip(".") == other.host.lower().rstrip(".")
        return same_host and (self.secure or not other.secure)


def parse_url(url: str) -> RtspUrl:
    """Raises RtspError (unsupported) for anything that is no rtsp or rtsps URL; its detail shows no password."""
    match = _URL.match(url.strip())
    if match is None:
        scheme = url.partition("://")[0].strip().lower() if "://" in url else ""
        known = scheme in ("rtsp", "rtsps")
        raise RtspError(
            RtspFault.UNSUPPORTED, "the URL is malformed" if known else f"the scheme {scheme[:20]!r} is not supported"
        )
    scheme = match["scheme"].lower()
    port = int(match["port"] or (DEFAULT_SECURE_PORT if scheme == "rtsps" else DEFAULT_PORT))
    if not 0 < port < 65_536:
        raise RtspError(RtspFault.UNSUPPORTED, f"port {port} is out of range")
    user, colon, password = (match["user"] or "").partition(":")
    host, path = match["host"], match["path"] or "/"
    text = f"{scheme}://{host}{':' + match['port'] if match['port'] else ''}{path if path.startswith('/') else '/' + path}"
    return RtspUrl(
        host.strip("[]"),
        port,
        text,
        unquote(user) if user else None,
        unquote(password) if colon else ("" if user else None),
        scheme == "rtsps",
    )


def redact_url(text: str) -> str:
    """Any text with the user part of the URLs in it taken out."""
    return _USER_INFO.sub("", text)


def resolve_control(base: str, control: str) -> str:
    """The URL of a track (RFC 2326 §C.1.1): absolute as it is, else behind the base, as cameras and players do."""
    if not control or control == "*":
        return base
    if _ABSOLUTE.match(control):
        return redact_url(control)
    if control.startswith("/"):
        match = re.match(r"rtsps?://[^/]+", base, re.IGNORECASE)
        return (match[0] if match else base) + control
    return base.rstrip("/") + "/" + control


def session_base(request_url: str, content_base: str, content_location: str) -> str:
    """The base for relative control URLs. A base that is no rtsp URL (cameras send such) is passed over."""
    for candidate in (content_base.strip(), content_location.strip()):
        if _ABSOLUTE.match(candidate):
            return redact_url(candidate)
    return request_url
