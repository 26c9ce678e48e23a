"""One live view: from the answered offer to its end."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from aiortc import rtp

from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.dtls import Certificates, ViewerDtls
from hejnal_gateway.live.ice_lite import IcePath
from hejnal_gateway.live.rtp_out import RtpOut
from hejnal_gateway.live.sdp import H264Format, Offer
from hejnal_gateway.live.source import Source

log = structlog.get_logger()

ICE_WITHIN_S = 15.0
DTLS_WITHIN_S = 10.0


class Viewer:
    """Waits for the browser, shakes hands, sends until somebody ends it. `run` never raises; `ended` says why it ended."""

    def __init__(
        self,
        viewer_id: str,
        staff: StaffSession,
        channel: Source,
        offer: Offer,
        chosen: H264Format,
        path: IcePath,
        certificates: Certificates,
        *,
        reason: str,
        started_at: datetime,
    ) -> None:
        self.viewer_id = viewer_id
        self.staff = staff
        self.channel = channel
        self.path = path
        self.reason = reason
        self.started_at = started_at
        self.answer = ""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.remote_ufrag = offer.ice_ufrag
        self.ice_etag = path.local_ufrag
        self._offer = offer
        self._chosen = chosen
        self._opened_at = time.monotonic()
        self._out: RtpOut | None = None
        self.dtls = ViewerDtls(path, certificates.current(), self._on_rtcp, lambda: self.end("left"))

    @property
    def camera_id(self) -> str:
        """The camera that is watched."""
        return self.channel.key[0]

    def end(self, reason: str) -> None:
        """End the view; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(reason)

    async def run(self, on_end: Callable[["Viewer"], None]) -> None:
        """The whole life of the view."""
        talking = asyncio.create_task(self._talk(), name=f"viewer {self.viewer_id}")
        try:
            waited: set[asyncio.Future[Any]] = {self.ended, talking}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if talking.done() and not talking.cancelled() and (error := talking.exception()) is not None:
                log.info("viewer_not_connected", viewer_id=self.viewer_id, camera_id=self.camera_id, error=repr(error))
                self.end("no-connection")
            await self.ended
        finally:
            self.end("stopping")
            talking.cancel()
            if self._out is not None:
                self.channel.stream.leave(self._out)
            await asyncio.gather(talking, self.dtls.stop(), return_exceptions=True)
            self.path.close()
            self.dtls.remove_all_listeners()
            on_end(self)

    async def _talk(self) -> None:
        async with asyncio.timeout(ICE_WITHIN_S):
            await self.path.reached.wait()
        async with asyncio.timeout(DTLS_WITHIN_S):
            await self.dtls.shake_hands(self._offer.fingerprints)
        srtp, tag_bytes = self.dtls.outgoing
        self._out = RtpOut(self.path, srtp, self._chosen.payload_type, tag_bytes, on_first_picture=self._first_picture)
        self.channel.stream.join(self._out)

    def _first_picture(self) -> None:
        metrics.FIRST_PICTURE_S.observe(time.monotonic() - self._opened_at)

    def _on_rtcp(self, packet: rtp.AnyRtcpPacket) -> None:
        if self._out is None:
            return
        if isinstance(packet, rtp.RtcpRtpfbPacket) and packet.fmt == rtp.RTCP_RTPFB_NACK:
            self._out.resend(packet.lost)
        elif isinstance(packet, rtp.RtcpPsfbPacket) and packet.fmt in (rtp.RTCP_PSFB_PLI, rtp.RTCP_PSFB_FIR):
            self.channel.stream.start_over(self._out, "asked")
        elif isinstance(packet, rtp.RtcpByePacket):
            self.end("left")
