"""What of a camera's offer we take, and what its answers mean."""

import re
from dataclasses import dataclass

from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import Response
from hejnal_media.rtsp.stale_sessions import StaleSessions

DEFAULT_SESSION_TIMEOUT_S = 60.0
_SHORTEST_TIMEOUT_S, _LONGEST_TIMEOUT_S = 2.0, 3600.0
_KEEP_ALIVES = ("GET_PARAMETER", "SET_PARAMETER", "OPTIONS")
_NOT_OFFERED = frozenset({400, 404, 405, 451, 455, 501, 551})


def expect_ok(response: Response, method: str, stale: StaleSessions | None = None) -> None:
    """Raises RtspError with the cause that an error status stands for."""
    status = response.status
    if 200 <= status < 300:
        return
    detail = f"{method} was answered with {status} {response.reason}".strip()
    wait_s = stale.wait_s(status, response.headers.get("retry-after")) if stale is not None else None
    if wait_s is not None:
        detail += f"; it is left alone for {wait_s:.0f} s, an old session may still have its place"
    if status in (401, 403, 407):
        fault = RtspFault.UNAUTHORIZED
    elif status in (404, 410, 454):
        fault = RtspFault.NOT_FOUND
    elif status in (415, 406, 461):
        fault = RtspFault.UNSUPPORTED
    elif status in (453, 503, 500, 502, 504):
        fault = RtspFault.REFUSED
    else:
        fault = RtspFault.PROTOCOL
    raise RtspError(fault, detail, retry_after_s=wait_s)


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """What a camera answered to SETUP."""

    session_id: str
    timeout_s: float
    channel: int
    control_channel: int


def read_grant(response: Response, *, asked_channel: int, session_id: str = "") -> SessionGrant:
    """Reads `Session` and `Transport` (RFC 2326 §12.37, §12.39) with patience; `session_id` is that of an earlier SETUP.

    Raises RtspError (protocol, unsupported).
    """
    session, _, options = response.headers.get("session").partition(";")
    session = session.strip() or session_id
    if not session:
        raise RtspError(RtspFault.PROTOCOL, "the camera gave no session id")
    timeout_s = DEFAULT_SESSION_TIMEOUT_S
    if given := re.search(r"timeout\s*=\s*(\d{1,9})", options, re.IGNORECASE):
        timeout_s = min(max(_SHORTEST_TIMEOUT_S, float(given[1])), _LONGEST_TIMEOUT_S)
    transport = response.headers.get("transport")
    channel, control_channel = asked_channel, asked_channel + 1
    if found := re.search(r"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", transport, re.IGNORECASE):
        channel = int(found[1])
        control_channel = int(found[2]) if found[2] else channel + 1
        if max(channel, control_channel) > 255:
            raise RtspError(RtspFault.PROTOCOL, f"the camera chose channel {channel}, which there is not")
    elif "tcp" not in transport.lower() and re.search(r"(client|server)_port", transport, re.IGNORECASE):
        raise RtspError(RtspFault.UNSUPPORTED, "the camera does not send over TCP")
    return SessionGrant(session, timeout_s, channel, control_channel)


class KeepAlive:
    """Which request keeps the session alive: the first that the camera names in `Public` and does not then refuse."""

    def __init__(self, public: str) -> None:
        offered = {word.strip().upper() for word in public.split(",")}
        self._methods = [method for method in _KEEP_ALIVES if method in offered or method == "OPTIONS"]

    @property
    def method(self) -> str:
        """The method to use now."""
        return self._methods[0]

    def answered(self, status: int) -> None:
        """Takes the answer's status. Raises RtspError (closed) when the session is gone."""
        if status == 454:
            raise RtspError(RtspFault.CLOSED, "the camera has ended the session")
        if status in _NOT_OFFERED and len(self._methods) > 1:
            del self._methods[0]
