"""WS-Discovery: who answers on the camera network (ONVIF Core §7)."""

import asyncio
import socket
from urllib.parse import unquote
from uuid import uuid4

import structlog
from pydantic import BaseModel

from hejnal_ingest.onvif.address import read_address
from hejnal_ingest.onvif.errors import OnvifError
from hejnal_media.onvif import MalformedXmlError, envelope, read_envelope
from hejnal_media.onvif.xml import find, find_all, text_of

log = structlog.get_logger()

GROUP, PORT = "239.255.255.250", 3702
_PROBE = "http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe"
_TO = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_SCOPE = "onvif://www.onvif.org/"
_MAX_DATAGRAM_BYTES = 65_536
_MAX_FOUND = 2_000
_REPEAT_S = 0.5
"""Datagrams get lost: a probe is sent twice."""


class DiscoveredDevice(BaseModel):
    """A device that has answered."""

    endpoint: str
    """Its stable name, a URN."""
    addresses: list[str]
    """Of its device service, without user and password."""
    name: str
    hardware: str
    location: str
    scopes: list[str]
    answered_from: str
    """The IP address from which the answer came."""


async def discover(*, wait_s: float, host: str = GROUP, port: int = PORT, interface: str | None = None) -> list[DiscoveredDevice]:
    """Probes the group (or one host) and collects answers for `wait_s` seconds, by endpoint. Raises OSError.

    What is found is a claim of the network, to be looked at by a person; nothing is connected to.
    """
    loop = asyncio.get_running_loop()
    message_id = f"urn:uuid:{uuid4()}"
    answers = _Answers(message_id)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if interface is not None:
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            udp.bind((interface, 0))
        else:
            udp.bind(("", 0))
        transport, _ = await loop.create_datagram_endpoint(lambda: answers, sock=udp)
    except OSError:
        udp.close()
        raise
    try:
        probe = _probe(message_id)
        transport.sendto(probe, (host, port))
        await asyncio.sleep(min(_REPEAT_S, wait_s / 2))
        transport.sendto(probe, (host, port))
        await asyncio.sleep(max(0.0, wait_s - _REPEAT_S))
    finally:
        transport.close()
    return sorted(answers.found.values(), key=lambda one: (one.name, one.endpoint))


def _probe(message_id: str) -> bytes:
    header = f"<wsa04:Action>{_PROBE}</wsa04:Action><wsa04:MessageID>{message_id}</wsa04:MessageID><wsa04:To>{_TO}</wsa04:To>"
    return envelope("<wsd:Probe><wsd:Types>dn:NetworkVideoTransmitter</wsd:Types></wsd:Probe>", header)


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, message_id: str) -> None:
        self._message_id = message_id
        self.found: dict[str, DiscoveredDevice] = {}

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) > _MAX_DATAGRAM_BYTES or len(self.found) >= _MAX_FOUND:
            return
        try:
            header, body = read_envelope(data)
        except MalformedXmlError:
            return
        if text_of(header, "wsa04:RelatesTo") != self._message_id:
            return
        for match in find_all(find(body, "wsd:ProbeMatches"), "wsd:ProbeMatch"):
            endpoint = text_of(match, "wsa04:EndpointReference/wsa04:Address")[:200]
            addresses = [text for text in map(_readable, text_of(match, "wsd:XAddrs").split()[:8]) if text]
            if endpoint and addresses:
                scopes = [scope[:200] for scope in text_of(match, "wsd:Scopes").split()[:64]]
                self.found[endpoint] = DiscoveredDevice(
                    endpoint=endpoint,
                    addresses=addresses,
                    name=_scope(scopes, "name"),
                    hardware=_scope(scopes, "hardware"),
                    location=_scope(scopes, "location"),
                    scopes=scopes,
                    answered_from=addr[0],
                )

    def error_received(self, exc: Exception) -> None:
        """ICMP says that nobody is there: the others may still answer."""
        log.debug("discovery_error", error=repr(exc))


def _readable(uri: str) -> str:
    try:
        return read_address(uri, schemes=("http", "https")).text
    except OnvifError:
        return ""


def _scope(scopes: list[str], kind: str) -> str:
    start = f"{_SCOPE}{kind}/"
    return next((unquote(scope[len(start) :])[:120] for scope in scopes if scope.startswith(start)), "")
