"""WS-Discovery: answers probes and resolves (ONVIF Core §7, WS-Discovery 2005/04)."""

import asyncio
import socket
import struct
import uuid
from collections.abc import Sequence

from hejnal_media.onvif.soap import envelope, read_envelope
from hejnal_media.onvif.xml import MalformedXmlError, find, quote, text_of
from hejnal_media.simulator.onvif.state import Identity

GROUP, PORT = "239.255.255.250", 3702
_MATCHES = "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches"
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_TYPES = ("NetworkVideoTransmitter", "Device", "")


class DiscoveryResponder(asyncio.DatagramProtocol):
    """One UDP socket that answers for several devices: `(identity, address of the device service)`."""

    def __init__(self, devices: Sequence[tuple[Identity, str]]) -> None:
        self._devices = devices
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    async def start(self, *, host: str = "127.0.0.1", port: int = 0, multicast: bool = False) -> None:
        """Unicast on a port of `host`; with `multicast` also for the group on that interface. Raises OSError."""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind(("" if multicast else host, port))
            if multicast:
                membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(host))
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            udp.setblocking(False)
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=udp)
        except OSError:
            udp.close()
            raise
        self.port = udp.getsockname()[1]

    def stop(self) -> None:
        """Closes the socket."""
        if self._transport is not None:
            self._transport.close()

    # --- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A probe, perhaps."""
        try:
            header, body = read_envelope(data)
        except MalformedXmlError:
            return
        probe = find(body, "wsd:Probe")
        wanted = text_of(probe, "wsd:Types").rpartition(":")[2]
        if probe is None or wanted not in _TYPES or self._transport is None:
            return
        scopes = text_of(probe, "wsd:Scopes").split()
        relates = text_of(header, "wsa04:MessageID")
        for identity, address in self._devices:
            if all(any(own.startswith(scope) for own in identity.all_scopes()) for scope in scopes):
                self._transport.sendto(self._match(identity, address, relates), addr)

    def _match(self, identity: Identity, address: str, relates: str) -> bytes:
        endpoint = uuid.uuid5(uuid.NAMESPACE_URL, address)
        header = (
            f"<wsa04:MessageID>urn:uuid:{uuid.uuid4()}</wsa04:MessageID><wsa04:RelatesTo>{quote(relates)}</wsa04:RelatesTo>"
            f"<wsa04:To>{_ANONYMOUS}</wsa04:To><wsa04:Action>{_MATCHES}</wsa04:Action>"
        )
        body = (
            "<wsd:ProbeMatches><wsd:ProbeMatch><wsa04:EndpointReference><wsa04:Address>"
            f"urn:uuid:{endpoint}</wsa04:Address></wsa04:EndpointReference><wsd:Types>dn:NetworkVideoTransmitter</wsd:Types>"
            f"<wsd:Scopes>{quote(' '.join(identity.all_scopes()))}</wsd:Scopes><wsd:XAddrs>{quote(address)}</wsd:XAddrs>"
            "<wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:ProbeMatch></wsd:ProbeMatches>"
        )
        return envelope(body, header)
