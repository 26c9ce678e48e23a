"""Where a camera may send us: to itself, and nowhere else unless allowed."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from hejnal_ingest.onvif.errors import OnvifError, OnvifFault

_HOST = re.compile(r"^[A-Za-z0-9._-]{1,253}$|^[0-9A-Fa-f:.]{2,45}$")
_DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """A URL taken apart; `text` is without user, password and fragment."""

    scheme: str
    host: str
    port: int
    text: str
    path: str


def read_address(uri: str, *, schemes: tuple[str, ...]) -> CameraAddress:
    """Raises OnvifError (malformed) for what is no URL with one of these schemes and a plain host."""
    problem = OnvifError(OnvifFault.MALFORMED, "the camera names an address that cannot be read")
    if len(uri) > 1000 or any(ord(letter) <= 32 or ord(letter) == 127 for letter in uri.strip()):
        raise problem
    try:
        parts = urlsplit(uri.strip())
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise problem from None
    scheme = parts.scheme.lower()
    if scheme not in schemes or not _HOST.match(host):
        raise problem
    shown = f"[{host}]" if ":" in host else host
    where = f"{shown}:{port}" if port is not None else shown
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return CameraAddress(scheme, host.lower(), port or _DEFAULT_PORTS[scheme], f"{scheme}://{where}{path}", path)


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """Which hosts a camera's answers may lead to."""

    own_host: str
    allowed: frozenset[str] = frozenset()

    def checked(self, uri: str, *, schemes: tuple[str, ...]) -> str:
        """The URI without user and password. Raises OnvifError (foreign_address, malformed)."""
        address = read_address(uri, schemes=schemes)
        if address.host != self.own_host.lower() and address.host not in self.allowed:
            raise OnvifError(OnvifFault.FOREIGN_ADDRESS, f"the camera at {self.own_host} points to {address.host}")
        return address.text
