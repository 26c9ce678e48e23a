"""Our side of ICE: lite (RFC 8445 §2.5), one UDP port for all viewers.

The browser checks, we answer; nothing is gathered, trickled or retried on our side, so a view starts as soon as the first
check arrives, and a firewall needs one open port. Viewers are told apart by the ICE user name, then by address.
"""

import asyncio
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ifaddr
import structlog
from aioice import stun

log = structlog.get_logger()

CONSENT_S = 30.0
_SWEEP_S = 2.0
_READS_PER_WAKE = 128
_QUEUED_DATAGRAMS = 256
_MAX_ADDRESSES = 8
_SEND_BUFFER_BYTES = 4 * 1024 * 1024
_ICE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

SocketAddress = tuple[Any, ...]
Socket = socket.socket


def _ice_string(length: int) -> str:
    return "".join(secrets.choice(_ICE_CHARS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class HostCandidate:
    """An address at which browsers reach the port."""

    host: str
    port: int
    priority: int


@dataclass(eq=False)
class IcePath:
    """The way to one viewer. aiortc's DTLS transport uses it as its ICE transport (`_recv`, `_send`, `role`)."""

    remote_ufrag: str
    remote_pwd: str
    sock: Socket
    clock: asyncio.AbstractEventLoop
    local_ufrag: str = field(default_factory=lambda: _ice_string(12))
    local_pwd: str = field(default_factory=lambda: _ice_string(24))
    address: SocketAddress | None = None
    addresses: set[SocketAddress] = field(default_factory=set)
    role: str = "controlled"

    def __post_init__(self) -> None:
        self.reached = asyncio.Event()
        self.last_check = self.clock.time()
        self._nominated = False
        self._closed = False
        self._datagrams: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUED_DATAGRAMS)

    def checked(self, address: SocketAddress, sock: socket.socket, *, nominated: bool) -> None:
        """A connectivity check with the right password came from there."""
        self.last_check = self.clock.time()
        if nominated or not self._nominated:
            self.address, self.sock = address, sock
            self._nominated = self._nominated or nominated
        self.reached.set()

    def deliver(self, datagram: bytes) -> None:
        """DTLS or RTCP from the viewer; dropped like any datagram when it cannot be taken in time."""
        if not self._datagrams.full():
            self._datagrams.put_nowait(datagram)

    def close(self) -> None:
        """Nothing comes any more: who waits in `_recv` is told."""
        if not self._closed:
            self._closed = True
            while self._datagrams.full():
                self._datagrams.get_nowait()
            self._datagrams.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._datagrams.get() if not (self._closed and self._datagrams.empty()) else None
        if datagram is None:
            raise ConnectionError("the viewer is gone")
        return datagram

    async def _send(self, datagram: bytes) -> None:
        if self._closed or self.address is None:
            raise ConnectionError("the viewer is gone")
        try:
            self.sock.sendto(datagram, self.address)
        except OSError as error:
            log.debug("datagram_not_sent", error=repr(error))


class UdpPort:
    """The live view's UDP port, on one or more local addresses."""

    def __init__(self, hosts: Sequence[str], port: int, announce: Sequence[str], *, consent_s: float = CONSENT_S) -> None:
        self._hosts = hosts
        self._port = port
        self._announce = announce
        self._consent_s = consent_s
        self._sockets: list[socket.socket] = []
        self._by_ufrag: dict[str, IcePath] = {}
        self._by_address: dict[SocketAddress, IcePath] = {}

    def open(self) -> None:
        """Bind; OSError when the port is taken. With port 0 all addresses share the port the first one got."""
        loop, port = asyncio.get_running_loop(), self._port
        for host in self._hosts:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            if ":" in host:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            sock.setblocking(False)
            sock.bind((host, port))
            port = sock.getsockname()[1]
            self._sockets.append(sock)
            loop.add_reader(sock.fileno(), self._readable, sock)

    def close(self) -> None:
        """Unbind and tell every viewer's transport."""
        loop = asyncio.get_running_loop()
        for path in list(self._by_ufrag.values()):
            self.forget(path)
        for sock in self._sockets:
            loop.remove_reader(sock.fileno())
            sock.close()
        self._sockets.clear()

    def candidates(self) -> list[HostCandidate]:
        """Where browsers are told to send their checks, best first."""
        hosts = list(self._announce)
        for sock in self._sockets if not hosts else ():
            host = sock.getsockname()[0]
            hosts.extend(_own_addresses(sock.family) if host in ("0.0.0.0", "::") else [host])  # noqa: S104 compared, not bound
        port = self._sockets[0].getsockname()[1]
        # RFC 8445 §5.1.2: type preference 126 of host candidates, local preference in order, component 1
        return [HostCandidate(host, port, (126 << 24) | ((65535 - index) << 8) | 255) for index, host in enumerate(hosts)]

    def path(self, remote_ufrag: str, remote_pwd: str) -> IcePath:
        """A new viewer's path, known by its user name from now on."""
        path = IcePath(remote_ufrag, remote_pwd, self._sockets[0], asyncio.get_running_loop())
        self._by_ufrag[path.local_ufrag] = path
        return path

    def forget(self, path: IcePath) -> None:
        """The view is over."""
        self._by_ufrag.pop(path.local_ufrag, None)
        for address in path.addresses:
            if self._by_address.get(address) is path:
                del self._by_address[address]
        path.close()

    async def watch_consent(self) -> None:
        """End paths from which no check has come for too long (RFC 7675 §5.1: 30 s)."""
        while True:
            await asyncio.sleep(min(_SWEEP_S, self._consent_s / 2))
            oldest = asyncio.get_running_loop().time() - self._consent_s
            for path in list(self._by_ufrag.values()):
                if path.last_check < oldest:
                    self.forget(path)

    def _readable(self, sock: socket.socket) -> None:
        for _ in range(_READS_PER_WAKE):
            try:
                data, address = sock.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP error of an earlier datagram
                log.debug("datagram_refused", error=repr(error))
                continue
            if not data:
                continue
            if data[0] < 4:  # RFC 7983: 0-3 STUN, 20-63 DTLS, 128-191 RTP and RTCP
                self._check(data, address, sock)
            elif (path := self._by_address.get(address)) is not None:
                path.deliver(data)

    def _check(self, data: bytes, address: SocketAddress, sock: socket.socket) -> None:
        try:
            message = stun.parse_message(data)
            if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
                return
            ours, _, theirs = str(message.attributes.get("USERNAME", "")).partition(":")
        except Exception as error:  # noqa: BLE001 bytes from anywhere; the parser raises many things
            log.debug("stun_unreadable", error=repr(error))
            return
        path = self._by_ufrag.get(ours)
        if path is None or theirs != path.remote_ufrag or not message.check_message_integrity(path.local_pwd.encode()):
            return
        if address not in path.addresses:
            if len(path.addresses) >= _MAX_ADDRESSES:
                return
            path.addresses.add(address)
            self._by_address[address] = path
        answer = stun.Message(
            stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id, {"XOR-MAPPED-ADDRESS": (address[0], address[1])}
        )
        answer.add_message_integrity(path.local_pwd.encode())
        try:
            sock.sendto(bytes(answer), address)
        except OSError as error:
            log.debug("stun_answer_not_sent", error=repr(error))
        path.checked(address, sock, nominated="USE-CANDIDATE" in message.attributes)


def _own_addresses(family: int) -> list[str]:
    wanted_v6 = family == socket.AF_INET6
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if ip.is_IPv6 and wanted_v6 and ip.ip[2] == 0 and ip.ip[0] != "::1":  # no scope id: not link-local
                found.append(str(ip.ip[0]))
            elif ip.is_IPv4 and not wanted_v6 and ip.ip != "127.0.0.1":
                found.append(str(ip.ip))
    return found or (["::1"] if wanted_v6 else ["127.0.0.1"])
