"""A client session: from a URL to access units (RFC 2326 over TCP, interleaved)."""

import asyncio
import time
from collections.abc import Callable

from hejnal_media.audio import AudioDepacketizer
from hejnal_media.depacketizers import VideoDepacketizer
from hejnal_media.rtcp import parse_compound
from hejnal_media.rtsp.auth import Credentials
from hejnal_media.rtsp.camera_clock import CameraClock
from hejnal_media.rtsp.dialogue import REDIRECTS, RtspDialogue, SessionLimits
from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import Request, Response
from hejnal_media.rtsp.negotiation import DEFAULT_SESSION_TIMEOUT_S, KeepAlive, expect_ok, read_grant
from hejnal_media.rtsp.reception import Reception
from hejnal_media.rtsp.stale_sessions import StaleSessions
from hejnal_media.rtsp.tls import TlsPolicy
from hejnal_media.rtsp.track import Track, choose_audio, choose_video
from hejnal_media.rtsp.transport import ReceiveBuffer
from hejnal_media.rtsp.url import parse_url, resolve_control, session_base
from hejnal_media.sdp import SessionDescription, parse_sdp
from hejnal_media.sink import AccessUnitSink, AudioSink, BreakReason

_MAX_REDIRECTS = 3
_REPORT_INTERVAL_S = 5.0
_WITHOUT_SOUND = frozenset({RtspFault.CLOSED, RtspFault.STALLED})


class _RedirectedError(Exception):
    def __init__(self, location: str) -> None:
        super().__init__("redirected")
        self.location = location


class RtspSession:
    """Plays the video of one RTSP URL into a sink, and one audio track into `audio` where that is given.

    `open()` returns when PLAY was accepted; `run()` keeps the session alive and raises RtspError when it ends; `close()`
    says TEARDOWN. After an error make a new session; `stale`, handed from one to the next, knows whether an old one may
    still have its place in the camera.
    """

    def __init__(
        self,
        url: str,
        sink: AccessUnitSink,
        *,
        audio: AudioSink | None = None,
        credentials: Credentials | None = None,
        tls: TlsPolicy | None = None,
        buffer: ReceiveBuffer | None = None,
        limits: SessionLimits | None = None,
        stale: StaleSessions | None = None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        target = parse_url(url)
        if credentials is None and target.username is not None:
            credentials = Credentials(target.username, target.password or "")
        self._sink = sink
        self._audio_sink = audio
        self._limits = limits or SessionLimits()
        self._stale = stale or StaleSessions()
        self._now_us = now_us
        self._dialogue = RtspDialogue(
            target,
            credentials=credentials,
            buffer=buffer or ReceiveBuffer(),
            limits=self._limits,
            tls=tls or TlsPolicy(),
            on_control=self._on_control,
            on_request=self._on_request,
        )
        self._session_id = ""
        self._session_timeout_s = DEFAULT_SESSION_TIMEOUT_S
        self._aggregate_url = target.text
        self._keep_alive = KeepAlive("")
        self._tracks: list[Track] = []
        self._receptions: list[tuple[Reception, bool]] = []
        self._ended: asyncio.Future[RtspError] | None = None
        self._moved_to: str | None = None
        self.description: SessionDescription | None = None
        """What the camera offered."""
        self.depacketizer: VideoDepacketizer | None = None
        self.camera_clock: CameraClock | None = None
        """Set by the first sender report of the video."""
        self.sound_clock: CameraClock | None = None
        """Set by the first sender report of the sound."""

    @property
    def bytes_received(self) -> int:
        """Everything read from the socket so far."""
        connection = self._dialogue.connection
        return connection.bytes_received if connection else 0

    @property
    def has_audio(self) -> bool:
        """True when the camera has set up an audio track."""
        return len(self._tracks) > 1

    @property
    def audio_octets(self) -> int:
        """Sound received so far."""
        return sum(track.depacketizer.octets for track in self._tracks[1:])

    def receive_in_batches(self, size_bytes: int) -> None:
        """So many bytes may wait in the kernel before they are taken together; 1: each at once."""
        connection = self._dialogue.connection
        if connection is not None:
            connection.receive_in_batches(size_bytes)

    async def open(self) -> None:
        """Connects, describes, sets up the tracks and plays. Raises RtspError with the true cause."""
        with_audio = self._audio_sink is not None
        redirects = 0
        while True:
            try:
                await self._dialogue.connect()
                self._ended = asyncio.get_running_loop().create_future()
                if await self._open_once(with_audio=with_audio):
                    return
                with_audio = False  # the camera did not survive the question
            except _RedirectedError as redirected:
                redirects += 1
                if redirects > _MAX_REDIRECTS:
                    raise RtspError(RtspFault.PROTOCOL, "the camera redirects in a circle") from redirected
                self._dialogue.redirect(redirected.location)

    async def run(self) -> None:
        """Keep-alives at half the session timeout, receiver reports every 5 s. Always ends with RtspError."""
        next_keep_alive_s = 0.0
        while True:
            closed, ended = self._dialogue.closed, self._ended
            if closed is None or ended is None:
                raise RuntimeError("the session is not open")
            keep_alive_s = max(1.0, self._session_timeout_s / 2)
            next_keep_alive_s = next_keep_alive_s or time.monotonic() + keep_alive_s
            pause_s = min(_REPORT_INTERVAL_S, max(0.05, next_keep_alive_s - time.monotonic()))
            await asyncio.wait({closed, ended}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            if self._moved_to is not None:
                await self._move()
                next_keep_alive_s = 0.0
                continue
            for future in (ended, closed):
                if future.done():
                    raise future.result()
            self._send_receiver_reports()
            if time.monotonic() >= next_keep_alive_s:
                next_keep_alive_s = time.monotonic() + keep_alive_s
                await self._ask_to_stay()

    async def close(self) -> None:
        """TEARDOWN (waits a moment for the answer, so that a camera with few sessions has one free again), then closes."""
        if self._session_id:
            was_open = self._dialogue.is_open
            said = was_open and await self._dialogue.ask_quietly(
                "TEARDOWN", self._aggregate_url, [("Session", self._session_id)], self._limits.teardown_timeout_s
            )
            if not said:
                self._stale.lost(self._session_timeout_s, camera_knows=not was_open)
            self._session_id = ""
        self._dialogue.abort()

    # --- steps of open()

    async def _open_once(self, *, with_audio: bool) -> bool:
        """One connection; False when it was lost over the audio track, without which it is to be tried again."""
        description, base = await self._describe()
        self.description = description
        media, depacketizer = choose_video(description, self._sink, self._now_us)
        self.depacketizer, self.camera_clock, self.sound_clock = depacketizer, None, None
        self._tracks, self._receptions, self._session_id = [], [], ""
        self._aggregate_url = resolve_control(base, description.control) if description.control else base
        await self._set_up(Track(media, depacketizer), base)
        audio = choose_audio(description, self._audio_sink, self._now_us) if with_audio and self._audio_sink else None
        if audio is not None:
            try:
                await self._set_up(audio, base)
            except RtspError as error:
                if error.fault in _WITHOUT_SOUND:
                    await self.close()
                    return False
        await self._play()
        self._stale.opened()
        return True

    async def _describe(self) -> tuple[SessionDescription, str]:
        dialogue = self._dialogue
        url = dialogue.url.text
        options = await dialogue.request("OPTIONS", url, [])
        _follow(options)
        if options.status in (401, 403, 453, 503):
            expect_ok(options, "OPTIONS", self._stale)
        # cameras that refuse OPTIONS in another way exist, and work
        self._keep_alive = KeepAlive(options.headers.get("public"))
        response = await dialogue.request("DESCRIBE", url, [("Accept", "application/sdp")])
        _follow(response)
        expect_ok(response, "DESCRIBE", self._stale)
        base = session_base(url, response.headers.get("content-base"), response.headers.get("content-location"))
        return parse_sdp(response.body), base

    async def _set_up(self, track: Track, base: str) -> None:
        asked = 2 * len(self._tracks)
        headers = [("Transport", f"RTP/AVP/TCP;unicast;interleaved={asked}-{asked + 1}")]
        if self._session_id:
            headers.append(("Session", self._session_id))
        response = await self._dialogue.request("SETUP", resolve_control(base, track.media.control), headers)
        _follow(response)
        if response.status == 461:
            raise RtspError(RtspFault.UNSUPPORTED, "the camera does not send over TCP")
        expect_ok(response, "SETUP", self._stale)
        grant = read_grant(response, asked_channel=asked, session_id=self._session_id)
        self._session_id, self._session_timeout_s = grant.session_id, grant.timeout_s
        self._dialogue.keeps_session = True
        if any(grant.channel in (other.channel, other.control_channel) for other in self._tracks):
            raise RtspError(RtspFault.PROTOCOL, f"the camera sends two tracks over channel {grant.channel}")
        track.channel, track.control_channel = grant.channel, grant.control_channel
        connection = self._dialogue.connection
        if connection is not None:
            if self._tracks:
                connection.take_also(track.channel, track.depacketizer)
            else:
                connection.take_media(track.channel, track.depacketizer)
        self._receptions.append((Reception(track.depacketizer, track.control_channel), not self._tracks))
        self._tracks.append(track)

    async def _play(self) -> None:
        headers = [("Session", self._session_id)]
        try:
            response = await self._dialogue.request("PLAY", self._aggregate_url, [*headers, ("Range", "npt=0.000-")])
            if response.status == 457:  # a live stream has no beginning
                response = await self._dialogue.request("PLAY", self._aggregate_url, headers)
        except RtspError as error:
            if error.fault is RtspFault.STALLED and self.depacketizer is not None and self.depacketizer.ssrc:
                return  # it sends, and has forgotten to answer
            raise
        expect_ok(response, "PLAY", self._stale)

    # --- while playing

    async def _ask_to_stay(self) -> None:
        try:
            response = await self._dialogue.request(self._keep_alive.method, self._aggregate_url, [("Session", self._session_id)])
        except RtspError as error:
            if error.fault is RtspFault.STALLED:
                return  # pictures are the proof of life, not this answer
            raise
        self._keep_alive.answered(response.status)

    async def _move(self) -> None:
        """The camera has asked us to go elsewhere (RFC 2326 §10.10)."""
        location, self._moved_to = self._moved_to or "", None
        await self.close()
        self._dialogue.redirect(location)
        self._sink.stream_broken(BreakReason.LOSS, "the camera has moved to another address")
        await self.open()

    def _on_request(self, request: Request) -> None:
        if request.method == "REDIRECT" and self._ended is not None and not self._ended.done():
            location = request.headers.get("location")
            if location:
                self._moved_to = location
                self._ended.set_result(RtspError(RtspFault.CLOSED, "the camera has moved to another address"))

    def _on_control(self, channel: int, packet: bytes) -> None:
        for track in self._tracks[1:]:
            if channel == track.control_channel and isinstance(track.depacketizer, AudioDepacketizer):
                self._take_sound_report(track.depacketizer, packet)
        if not self._tracks or channel != self._tracks[0].control_channel or self.depacketizer is None:
            return
        reports, goodbyes = parse_compound(packet)
        if reports and reports[-1].ntp:
            if self.camera_clock is None:
                self.camera_clock = CameraClock(self.depacketizer.ticks_of)
            self.camera_clock.take(reports[-1], self._now_us())
        if self.depacketizer.ssrc in goodbyes and self._ended is not None and not self._ended.done():
            self.depacketizer.flush()
            self._ended.set_result(RtspError(RtspFault.CLOSED, "the camera has ended the stream"))

    def _take_sound_report(self, depacketizer: AudioDepacketizer, packet: bytes) -> None:
        reports, _ = parse_compound(packet)
        if reports and reports[-1].ntp:
            if self.sound_clock is None:
                self.sound_clock = CameraClock(depacketizer.ticks_of, clock_rate=depacketizer.parameters.sample_rate)
            self.sound_clock.take(reports[-1], self._now_us())

    def _send_receiver_reports(self) -> None:
        connection = self._dialogue.connection
        for reception, of_video in self._receptions:
            report = reception.report(self.camera_clock if of_video else None)
            if connection is not None and report is not None:
                connection.send(report)


def _follow(response: Response) -> None:
    if response.status in REDIRECTS:
        raise _RedirectedError(response.headers.get("location"))
