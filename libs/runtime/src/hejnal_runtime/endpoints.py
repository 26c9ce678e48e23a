"""Where requests may go whose address somebody else chose: pushes to a stranger's browser, webhooks.

Such an address may name anything (SSRF). What is allowed is decided on the parsed URL, and again on the address that the name
resolves to at the moment of connecting.
"""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

KNOWN_PLACES = 1000


class EndpointRefusedError(ValueError):
    """The endpoint is not one we ever send to."""


def is_public(address: str) -> bool:
    """True for an address on the open internet; mapped IPv4 counts as what it is."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast


def origin_of(endpoint: str) -> str:
    """Scheme, host and port of an endpoint (RFC 6454); EndpointRefusedError when it has none."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise EndpointRefusedError("not a URL") from error
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.password:
        raise EndpointRefusedError("not an http(s) URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" if port in (None, default) else f"{parts.scheme}://{host}:{port}"


class EndpointPolicy:
    """Where requests may go: known hosts (without a list any public name) over TLS, and exactly named origins (a simulator)."""

    def __init__(self, hosts: Collection[str], trusted_origins: Collection[str]) -> None:
        self._hosts = tuple(host.lower().lstrip(".") for host in hosts)
        self._trusted = frozenset(trusted_origins)
        self._allowed: dict[str, tuple[str, bool]] = {}

    def check(self, endpoint: str) -> tuple[str, bool]:
        """(origin, trusted) of an endpoint that is allowed; EndpointRefusedError with the reason otherwise.

        The judgement depends on what stands before the path, so it is kept for that: a burst goes to a handful of hosts.
        """
        path_at = endpoint.find("/", len("https://"))
        if path_at < 0:
            return self._judge(endpoint)
        place = endpoint[:path_at]
        if place not in self._allowed:
            if len(self._allowed) >= KNOWN_PLACES:
                self._allowed.clear()
            self._allowed[place] = self._judge(endpoint)
        return self._allowed[place]

    def _judge(self, endpoint: str) -> tuple[str, bool]:
        origin = origin_of(endpoint)
        if origin in self._trusted:
            return origin, True
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme != "https":
            raise EndpointRefusedError("not https")
        if parts.port not in (None, 443):
            raise EndpointRefusedError("unusual port")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            raise EndpointRefusedError("an address instead of a name")
        if "." not in host or host.endswith((".local", ".internal", ".localhost")):
            raise EndpointRefusedError("not a public name")
        if self._hosts and not any(host == known or host.endswith("." + known) for known in self._hosts):
            raise EndpointRefusedError("not a known host")
        return origin, False


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only: a name that points inside does not exist for us."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Public addresses of a host; OSError when it has none."""
        found = [result for result in await self._resolver.resolve(host, port, family) if is_public(result["host"])]
        if not found:
            raise OSError(f"{host} has no public address")
        return found

    async def close(self) -> None:
        """Close the resolver."""
        await self._resolver.close()


def is_loopback(host: str | None) -> bool:
    """Whether a URL's host is this machine's own; a name other than `localhost` is not looked up."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
