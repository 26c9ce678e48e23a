"""The viewers of bench-live: real WebRTC clients (aiortc) that connect, then only count packets with the kernel's time stamps."""

import asyncio
import socket
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc import rtcdtlstransport as dtls

SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_RTP = struct.Struct(">BBHI")
TICKS = 3600


@dataclass(eq=False)
class Viewer:
    """One view. `markers`: (kernel time in µs, RTP time) of each picture's last packet."""

    peer: RTCPeerConnection
    asked_at: float = 0.0
    first_picture_s: float | None = None
    location: str = ""
    packets: int = 0
    lost: int = 0
    markers: list[tuple[int, int]] = field(default_factory=list)
    last_seq: int | None = None
    started: bool = False
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def first_packet(self, plain: bytes) -> None:
        """Look for the first complete key frame: SPS seen, then a marker."""
        extension = 4 + 4 * int.from_bytes(plain[14:16], "big") if plain[0] & 0x10 else 0
        kind = plain[12 + extension] & 0x1F
        self.started = self.started or kind in (7, 24)  # alone or in a STAP-A
        if self.started and plain[1] & 0x80 and self.first_picture_s is None:
            self.first_picture_s = time.perf_counter() - self.asked_at
            self.complete.set()

    def count(self, data: bytes, at_us: int) -> None:
        """Take note of a packet."""
        _, second, seq, rtp_time = _RTP.unpack_from(data)
        if 64 <= second & 0x7F < 96:
            return  # RTCP
        self.packets += 1
        if self.last_seq is not None:
            step = (seq - self.last_seq) & 0xFFFF
            if 0 < step < 0x8000:
                self.lost += step - 1
            else:
                self.lost -= 1  # late or sent again
                seq = self.last_seq
        self.last_seq = seq
        if second & 0x80:
            self.markers.append((at_us, rtp_time))


_by_transport: dict[Any, Viewer] = {}


_handle_rtp_data = dtls.RTCDtlsTransport._handle_rtp_data


async def _first(self: Any, data: bytes, arrival_time_ms: int) -> None:
    viewer = _by_transport.get(self)
    if viewer is not None:
        viewer.first_packet(data)
    else:
        await _handle_rtp_data(self, data, arrival_time_ms=arrival_time_ms)


dtls.RTCDtlsTransport._handle_rtp_data = _first  # type: ignore[method-assign]


async def join(session: aiohttp.ClientSession, url: str, *, at_most_s: float = 10) -> Viewer:
    """Open a view and wait for its first complete key frame."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = peer.addTransceiver("video", direction="recvonly")
    codecs = RTCRtpReceiver.getCapabilities("video").codecs  # aiortc as the answering side would choose VP8
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() == "video/h264"])
    viewer = Viewer(peer)
    _by_transport[peer.getReceivers()[0].transport] = viewer
    await peer.setLocalDescription(await peer.createOffer())
    viewer.asked_at = time.perf_counter()
    async with session.post(url, data=peer.localDescription.sdp, headers={"Content-Type": "application/sdp"}) as answer:
        sdp = await answer.text()
        if answer.status != 201:
            raise RuntimeError(sdp)
        viewer.location = answer.headers.get("Location", "")
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
    await asyncio.wait_for(viewer.complete.wait(), at_most_s)
    return viewer


def count_raw(viewer: Viewer) -> None:
    """From now on read the viewer's socket directly: aiortc's receiver would cost more than the sender that is measured."""
    connection = viewer.peer.getReceivers()[0].transport.transport._connection
    protocol = connection._nominated[1].protocol
    sock: socket.socket = protocol.transport.get_extra_info("socket")
    descriptor = sock.fileno()
    raw = socket.fromfd(descriptor, sock.family, sock.type)
    raw.setblocking(False)
    raw.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    loop: Any = asyncio.get_running_loop()

    def readable() -> None:
        for _ in range(200):
            try:
                data, control, _, address = raw.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if data[0] < 4:
                protocol.datagram_received(data, address)  # consent checks go on
            elif 127 < data[0] < 192:
                seconds, nanoseconds = _TIMESPEC.unpack(control[0][2][:16])
                viewer.count(data, seconds * 1_000_000 + nanoseconds // 1000)

    loop._remove_reader(descriptor)
    loop._add_reader(descriptor, readable)


def latencies_ms(viewer: Viewer, times: list[tuple[int, int]]) -> dict[int, float]:
    """Unit number → ms from its being written into the relay to its last packet here."""
    sent = dict(times)
    numbers = sorted(sent)
    votes: Counter[int] = Counter()
    position = 0
    for at_us, rtp_time in viewer.markers:
        while position + 1 < len(numbers) and sent[numbers[position + 1]] <= at_us:
            position += 1
        votes[(rtp_time - numbers[position] * TICKS) & 0xFFFFFFFF] += 1
    if not votes:
        return {}
    base = votes.most_common(1)[0][0]
    found = {}
    for at_us, rtp_time in viewer.markers:
        number, rest = divmod((rtp_time - base) & 0xFFFFFFFF, TICKS)
        if rest == 0 and number in sent:
            found[number] = (at_us - sent[number]) / 1000
    return found
