"""The peer of bench-live: aiortc's own sender behind a WHEP door, fed by the same relay. Run in a process of its own.

`python tests/bench/live_stock.py PORT RELAY_URL`
"""

import asyncio
import sys
from fractions import Fraction
from typing import Any

import aiohttp
import av
from aiohttp import web
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import RelayDecoder, RelayedUnit


class Track(MediaStreamTrack):
    """Hands packets to aiortc as they come, from the next key frame on (it has no cache and ignores PLI)."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.units: asyncio.Queue[av.Packet] = asyncio.Queue(500)
        self.started = False

    def offer(self, packet: av.Packet, *, key_frame: bool) -> None:
        """Take a picture."""
        self.started = self.started or key_frame
        if self.started and not self.units.full():
            self.units.put_nowait(packet)

    async def recv(self) -> Any:
        """The next picture, for aiortc."""
        return await self.units.get()


def packet_of(unit: AccessUnit) -> av.Packet:
    """The unit as aiortc wants it: start codes, pts at 90 kHz."""
    packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nal_units()))
    packet.pts = packet.dts = unit.ticks
    packet.time_base = Fraction(1, 90_000)
    return packet


class StockServer:
    """One relay in, aiortc's senders out."""

    def __init__(self, relay_url: str) -> None:
        self._relay_url = relay_url
        self._tracks: dict[RTCPeerConnection, Track] = {}

    async def read(self) -> None:
        """Hand every unit to every track."""
        async with (
            aiohttp.ClientSession(read_bufsize=512 * 1024) as session,
            session.get(self._relay_url, timeout=aiohttp.ClientTimeout(total=None)) as answer,
        ):
            decoder = RelayDecoder()
            async for chunk in answer.content.iter_any():
                for record in decoder.feed(chunk):
                    if isinstance(record, RelayedUnit):
                        packet = packet_of(record.unit)
                        for track in self._tracks.values():
                            track.offer(packet, key_frame=record.unit.key_frame)

    async def watch(self, request: web.Request) -> web.Response:
        """WHEP."""
        peer, track = RTCPeerConnection(RTCConfiguration(iceServers=[])), Track()
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peer.addTrack(track)
        codecs = RTCRtpSender.getCapabilities("video").codecs
        peer.getTransceivers()[0].setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() == "video/h264"])
        await peer.setLocalDescription(await peer.createAnswer())
        self._tracks[peer] = track
        return web.Response(text=peer.localDescription.sdp, status=201, content_type="application/sdp")

    async def leave(self, _request: web.Request) -> web.Response:
        """All viewers go."""
        peers, self._tracks = list(self._tracks), {}
        await asyncio.gather(*(peer.close() for peer in peers))
        return web.Response(status=204)

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def serve(self, port: int) -> None:
        """Serve for ever."""
        app = web.Application()
        app.router.add_post("/api/v1/whep/{camera}", self.watch)
        app.router.add_get("/ready", self._ready)
        app.router.add_post("/leave", self.leave)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await self.read()


if __name__ == "__main__":
    import uvloop

    uvloop.run(StockServer(sys.argv[2]).serve(int(sys.argv[1])))
