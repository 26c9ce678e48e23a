"""One live view: from the answered offer to its end."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.audio_out import AudioOut
from hejnal_gateway.live.audio_sdp import SoundTrack
from hejnal_gateway.live.dtls import Certificates, ViewerDtls
from hejnal_gateway.live.ice_lite import IcePath
from hejnal_gateway.live.path_quality import PathQuality
from hejnal_gateway.live.rtcp import (
    BitrateEstimate,
    Bye,
    KeyFrameWanted,
    Message,
    Nack,
    ReceptionReport,
    ReferenceTime,
    RtcpError,
    read_rtcp,
)
from hejnal_gateway.live.rtp_out import RtpOut
from hejnal_gateway.live.sdp import H264Format, Offer, Track, video_track
from hejnal_gateway.live.sender_report import delay_since_reference, ntp_time
from hejnal_gateway.live.source import Source

log = structlog.get_logger()

ICE_WITHIN_S = 15.0
DTLS_WITHIN_S = 10.0
_RESTART_EVERY_S = {False: 0.3, True: 2.0}
"""How often a group of pictures is sent again at most; seldom on a thin path, which each one makes fuller."""


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
        sound: SoundTrack | None,
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
        self._sound_track = sound
        self._audio_out: AudioOut | None = None
        self._chosen = chosen
        self._opened_at = time.monotonic()
        self._out: RtpOut | None = None
        self._ssrc = channel.stream.ssrc
        self._showing = channel
        """What is sent now: `channel`, or what goes on until that one's key frame is there."""
        self._release: Callable[[Source], None] | None = None
        self._key_frames_only = False
        self.quality = PathQuality()
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
                self._showing.stream.leave(self._out)
                self.channel.stream.leave(self._out)
            if self._audio_out is not None:
                self._showing.sound.leave(self._audio_out)
            if self._release is not None and self._showing is not self.channel:
                self._release(self._showing)
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
        self._out = RtpOut(
            self.path, srtp, self._chosen.payload_type, tag_bytes, ssrc=self._ssrc, on_first_picture=self._first_picture
        )
        self.channel.stream.join(self._out, key_frames_only=self._key_frames_only)
        if self._sound_track is not None:
            track = self._sound_track
            self._audio_out = AudioOut(self.path, srtp, track.payload_type, track.ssrc)
            self.channel.sound.join(self._audio_out, track.coding)

    def tracks(self) -> list[Track]:
        """What is answered to the offer."""
        label = f"{self.camera_id}-{self.channel.key[1]}"
        tracks = [video_track(self._offer, self._chosen, ssrc=self._ssrc, label=label)]
        if self._sound_track is not None:
            tracks.append(self._sound_track.track(f"{label}-sound"))
        return tracks

    def _first_picture(self) -> None:
        metrics.FIRST_PICTURE_S.observe(time.monotonic() - self._opened_at)

    # --- another stream -------------------------------------------------------------------------------------------

    def switch(self, source: Source, release: Callable[[Source], None]) -> None:
        """Show another stream of the camera; `release` is called with each source that is needed no more.

        The present one goes on until the new one's key frame is there, which takes its place in the same track and timeline.
        """
        out, before = self._out, self._showing
        if self.channel is not before:  # an earlier switch that has not come about
            if out is not None:
                self.channel.stream.leave(out)
            release(self.channel)
        self.channel = source
        if out is None:
            self._showing = source
            release(before)
        elif source.stream is before.stream:
            release(source)
            self.channel = before
        else:
            self._release = release
            source.stream.join(out, lambda: self._take_over(out, before, source, release), key_frames_only=self._key_frames_only)

    def _take_over(self, out: RtpOut, before: Source, source: Source, release: Callable[[Source], None]) -> None:
        before.stream.finish_unit(out)
        before.stream.leave(out)
        now_us = time.time_ns() // 1000
        out.shift(before.stream.timeline.at(now_us) - source.stream.timeline.at(now_us))
        if self._audio_out is not None and self._sound_track is not None:
            coding = self._sound_track.coding
            before.sound.leave(self._audio_out)
            self._audio_out.shift(before.sound.clock(coding).at(now_us) - source.sound.clock(coding).at(now_us))
            source.sound.join(self._audio_out, coding)
        self._showing, self._release = source, None
        self.quality = PathQuality()
        release(before)

    def thin(self, *, key_frames_only: bool) -> None:
        """Send only key frames from now on, or all pictures from the next key frame on."""
        self._key_frames_only = key_frames_only
        if self._out is not None:
            for source in (self._showing, self.channel):
                source.stream.thin(self._out, key_frames_only=key_frames_only)

    # --- what the viewer says -------------------------------------------------------------------------------------

    def _on_rtcp(self, data: bytes) -> None:
        try:
            messages = read_rtcp(data)
        except RtcpError as error:
            log.debug("rtcp_unreadable", viewer_id=self.viewer_id, error=str(error))
            return
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        out = self._out
        if isinstance(message, Bye):
            self.end("left")
        elif out is None:
            return
        elif isinstance(message, ReceptionReport):
            if message.ssrc == out.ssrc:
                self._take_report(out, message)
        elif isinstance(message, Nack):
            if message.ssrc == out.ssrc:
                out.resend(message.seqs, time.monotonic())
        elif isinstance(message, KeyFrameWanted):
            every_s = _RESTART_EVERY_S[self.quality.thin]
            self._showing.stream.start_over(out, "asked", every_s=every_s)
        elif isinstance(message, ReferenceTime):
            self._showing.stream.report_to(out, delay_since_reference(self._ssrc, message.ssrc, message.middle_ntp, 0))
        elif isinstance(message, BitrateEstimate):
            self.quality.take_estimate(message)

    def _take_report(self, out: RtpOut, report: ReceptionReport) -> None:
        now_ntp_middle = ntp_time(time.time_ns() // 1000) >> 16 & 0xFFFFFFFF
        was_thin = self.quality.thin
        self.quality.take_report(report, octets=out.octets, now_s=time.monotonic(), now_ntp_middle=now_ntp_middle)
        if self.quality.thin and not was_thin:
            metrics.THIN_PATHS.inc()
            log.info("path_too_thin", viewer_id=self.viewer_id, camera_id=self.camera_id, loss=round(self.quality.loss, 3))
