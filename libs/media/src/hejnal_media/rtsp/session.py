"""A client session: from a URL to access units (RFC 2326 over TCP, interleaved)."""

import asyncio
import contextlib
import errno
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from hejnal_media.h264 import AccessUnitSink, H264Depacketizer
from hejnal_media.rtcp import parse_compound, receiver_report
from hejnal_media.rtsp.auth import Authenticator, Credentials
from hejnal_media.rtsp.camera_clock import CameraClock
from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import Request, Response, encode_request, encode_response
from hejnal_media.rtsp.negotiation import choose_video, expect_ok
from hejnal_media.rtsp.transport import ReceiveBuffer, RtspConnection
from hejnal_media.rtsp.url import RtspUrl, parse_url, resolve_control, session_base
from hejnal_media.sdp import Media, SessionDescription, parse_sdp

USER_AGENT = "Hejnal/0.1"
_MAX_REDIRECTS = 3
_REPORT_INTERVAL_S = 5.0
_DEFAULT_SESSION_TIMEOUT_S = 60.0
_REDIRECTS = frozenset({301, 302, 303, 305, 307})
_UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Time limits of a session, seconds."""

    connect_timeout_s: float = 5.0
    response_timeout_s: float = 5.0
    teardown_timeout_s: float = 1.0


class RtspSession:
    """Plays the H.264 video of one RTSP URL into a sink.

    `open()` returns when PLAY was accepted; `run()` keeps the session alive and raises RtspError when it ends; `close()`
    says TEARDOWN. After an error make a new session.
    """

    def __init__(
        self,
        url: str,
        sink: AccessUnitSink,
        *,
        credentials: Credentials | None = None,
        buffer: ReceiveBuffer | None = None,
        limits: SessionLimits | None = None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        on_clock: Callable[[CameraClock], None] | None = None,
    ) -> None:
        self._url = parse_url(url)
        if credentials is None and self._url.username is not None:
            credentials = Credentials(self._url.username, self._url.password or "")
        self._credentials = credentials
        self._sink = sink
        self._buffer = buffer or ReceiveBuffer()
        self._limits = limits or SessionLimits()
        self._now_us = now_us
        self._on_clock = on_clock
        self._authenticator = Authenticator(credentials) if credentials else None
        self._connection: RtspConnection | None = None
        self._closed: asyncio.Future[RtspError] | None = None
        self._pending: dict[int, asyncio.Future[Response]] = {}
        self._sequence = 0
        self._session_id = ""
        self._session_timeout_s = _DEFAULT_SESSION_TIMEOUT_S
        self._aggregate_url = self._url.text
        self._methods: frozenset[str] = frozenset()
        self._control_channel = -1
        self._ssrc = secrets.randbits(32)
        self._reported = (0, 0)
        self.depacketizer: H264Depacketizer | None = None
        self.camera_clock: CameraClock | None = None

    @property
    def bytes_received(self) -> int:
        """Everything read from the socket so far."""
        return self._connection.bytes_received if self._connection else 0

    async def open(self) -> None:
        """Connects, describes, sets up the video track and plays. Raises RtspError with the true cause."""
        description, base = await self._describe()
        media = choose_video(description)
        self._aggregate_url = resolve_control(base, description.control) if description.control else base
        await self._set_up(resolve_control(base, media.control), media)
        response = await self._request("PLAY", self._aggregate_url, [("Session", self._session_id), ("Range", "npt=0.000-")])
        expect_ok(response, "PLAY")

    async def run(self) -> None:
        """Keep-alives at half the session timeout, receiver reports every 5 s. Always ends with RtspError."""
        if self._closed is None:
            raise RuntimeError("the session is not open")
        keep_alive_s = max(1.0, self._session_timeout_s / 2)
        next_keep_alive = time.monotonic() + keep_alive_s
        while True:
            done, _ = await asyncio.wait({self._closed}, timeout=min(_REPORT_INTERVAL_S, keep_alive_s))
            if done:
                raise self._closed.result()
            self._send_receiver_report()
            if time.monotonic() >= next_keep_alive:
                next_keep_alive = time.monotonic() + keep_alive_s
                await self._keep_alive()

    async def close(self) -> None:
        """TEARDOWN (waits a moment for the answer, so that a camera with few sessions has one free again), then closes."""
        connection = self._connection
        if connection is None:
            return
        if self._session_id and self._closed is not None and not self._closed.done():
            with contextlib.suppress(RtspError, TimeoutError):
                async with asyncio.timeout(self._limits.teardown_timeout_s):
                    await self._request("TEARDOWN", self._aggregate_url, [("Session", self._session_id)])
        connection.abort()
        self._connection = None

    # --- steps of open()

    async def _describe(self) -> tuple[SessionDescription, str]:
        for _ in range(_MAX_REDIRECTS + 1):
            await self._connect()
            options = await self._request("OPTIONS", self._url.text, [])
            # cameras that refuse OPTIONS exist; only what forbids going on is an error
            if options.status in (401, 403):
                expect_ok(options, "OPTIONS")
            self._methods = frozenset(word.strip().upper() for word in options.headers.get("public").split(","))
            response = await self._request("DESCRIBE", self._url.text, [("Accept", "application/sdp")])
            if response.status in _REDIRECTS:
                self._redirect(response.headers.get("location"))
                continue
            expect_ok(response, "DESCRIBE")
            base = session_base(self._url.text, response.headers.get("content-base"), response.headers.get("content-location"))
            return parse_sdp(response.body), base
        raise RtspError(RtspFault.PROTOCOL, "the camera redirects in a circle")

    def _redirect(self, location: str) -> None:
        target: RtspUrl = parse_url(location)
        if target.host != self._url.host:
            self._authenticator = None  # a password is for the host it was given for
        elif self._credentials is not None:
            self._authenticator = Authenticator(self._credentials)
        self._url = target
        if self._connection is not None:
            self._connection.abort()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        closed: asyncio.Future[RtspError] = loop.create_future()

        def on_closed(error: RtspError) -> None:
            if not closed.done():
                closed.set_result(error)
            if closed is self._closed:
                self._fail_pending(error)

        self._closed = closed
        factory = lambda: RtspConnection(  # noqa: E731
            self._buffer, on_message=self._on_message, on_control=self._on_control, on_closed=on_closed
        )
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                transport, connection = await loop.create_connection(factory, self._url.host, self._url.port)
        except TimeoutError as error:
            limit = self._limits.connect_timeout_s
            raise RtspError(RtspFault.NO_ROUTE, f"{self._where} does not answer within {limit:g} s") from error
        except ConnectionRefusedError as error:
            raise RtspError(RtspFault.REFUSED, f"{self._where} refuses connections") from error
        except socket.gaierror as error:
            raise RtspError(RtspFault.NO_ROUTE, f"the name {self._url.host} is not known") from error
        except OSError as error:
            fault = RtspFault.NO_ROUTE if error.errno in _UNREACHABLE else RtspFault.REFUSED
            raise RtspError(fault, f"{self._where} cannot be reached: {error.strerror or type(error).__name__}") from error
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    async def _set_up(self, control: str, media: Media) -> None:
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        response = await self._request("SETUP", control, [("Transport", transport)])
        if response.status == 461:
            raise RtspError(RtspFault.UNSUPPORTED, "the camera does not send over TCP")
        expect_ok(response, "SETUP")
        session, _, options = response.headers.get("session").partition(";")
        self._session_id = session.strip()
        if not self._session_id:
            raise RtspError(RtspFault.PROTOCOL, "the camera gave no session id")
        if timeout := re.search(r"timeout\s*=\s*(\d{1,5})", options):
            self._session_timeout_s = float(max(2, int(timeout[1])))
        channel, control_channel = 0, 1
        if given := re.search(r"interleaved\s*=\s*(\d{1,3})(?:-(\d{1,3}))?", response.headers.get("transport")):
            channel = int(given[1])
            control_channel = int(given[2]) if given[2] else channel + 1
        self._control_channel = control_channel
        self.depacketizer = H264Depacketizer(
            self._sink, payload_type=media.payload_type, parameter_sets=media.parameter_sets, now_us=self._now_us
        )
        if self._connection is not None:
            self._connection.take_media(channel, self.depacketizer)

    # --- requests and what comes back

    @property
    def _where(self) -> str:
        return f"{self._url.host}:{self._url.port}"

    async def _request(self, method: str, url: str, headers: list[tuple[str, str]]) -> Response:
        """One request, asked again once with a password when the camera wants one."""
        for _ in range(3):
            response = await self._exchange(method, url, headers)
            if response.status != 401:
                return response
            if self._authenticator is None:
                raise RtspError(RtspFault.UNAUTHORIZED, "the camera asks for a password and none is known")
            if not self._authenticator.challenged(response.headers.all("www-authenticate")):
                raise RtspError(RtspFault.UNAUTHORIZED, "the camera does not accept the user name or password")
        raise RtspError(RtspFault.UNAUTHORIZED, "the camera does not accept the user name or password")

    async def _exchange(self, method: str, url: str, headers: list[tuple[str, str]]) -> Response:
        connection, closed = self._connection, self._closed
        if connection is None or closed is None:
            raise RtspError(RtspFault.CLOSED, "the session is closed")
        if closed.done():
            raise closed.result()
        self._sequence += 1
        number = self._sequence
        fields = [("CSeq", str(number)), ("User-Agent", USER_AGENT), *headers]
        if self._authenticator is not None and (authorization := self._authenticator.header(method, url)) is not None:
            fields.append(("Authorization", authorization))
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            connection.send(encode_request(method, url, fields))
            async with asyncio.timeout(self._limits.response_timeout_s):
                return await answer
        except TimeoutError as error:
            limit = self._limits.response_timeout_s
            raise RtspError(RtspFault.STALLED, f"{self._where} does not answer {method} within {limit:g} s") from error
        finally:
            self._pending.pop(number, None)

    def _on_message(self, message: Response | Request) -> None:
        if isinstance(message, Request):
            if self._connection is not None:
                status = (
                    (200, "OK") if message.method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER") else (501, "Not Implemented")
                )
                self._connection.send(encode_response(*status, [("CSeq", str(message.sequence))]))
            return
        number = message.sequence
        if number < 0 and len(self._pending) == 1:
            number = next(iter(self._pending))  # cameras that forget CSeq answer in order
        answer = self._pending.get(number)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _fail_pending(self, error: RtspError) -> None:
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(error)

    # --- while playing

    async def _keep_alive(self) -> None:
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS"
        try:
            response = await self._request(method, self._aggregate_url, [("Session", self._session_id)])
        except RtspError as error:
            if error.fault is RtspFault.STALLED:
                return  # pictures are the proof of life, not this answer
            raise
        if response.status == 454:
            raise RtspError(RtspFault.CLOSED, "the camera has ended the session")

    def _on_control(self, channel: int, packet: bytes) -> None:
        if channel != self._control_channel:
            return
        reports, _ = parse_compound(packet)
        if reports and reports[-1].ntp:
            ticks = self.depacketizer.ticks_of(reports[-1].rtp_timestamp) if self.depacketizer else None
            self.camera_clock = CameraClock(reports[-1], self._now_us(), ticks)
            if self._on_clock is not None:
                self._on_clock(self.camera_clock)

    def _send_receiver_report(self) -> None:
        depacketizer, connection = self.depacketizer, self._connection
        if depacketizer is None or connection is None or not depacketizer.ssrc:
            return
        lost, highest = depacketizer.packets_lost, depacketizer.highest_sequence
        before_lost, before_highest = self._reported
        expected = max(1, highest - before_highest)
        self._reported = (lost, highest)
        clock = self.camera_clock
        report = receiver_report(
            self._ssrc,
            source=depacketizer.ssrc,
            fraction_lost=min(255, 256 * max(0, lost - before_lost) // expected),
            lost=lost,
            highest_sequence=highest,
            jitter=0,  # over TCP it says nothing
            last_sender_report=clock.report if clock else None,
            delay_s=time.monotonic() - clock.monotonic_s if clock else 0.0,
            cname="hejnal",
        )
        connection.send(bytes((0x24, self._control_channel)) + len(report).to_bytes(2, "big") + report)
